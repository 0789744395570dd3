"""Rules of models: rejected features, parameters without effect, successors, limits.

Sources: Alibaba Model Studio's pages on QwQ and on deep thinking (2025-2026), its
notices on retired models, and the model card of Qwen/QwQ-32B.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from qwq_magic.turns import Json


@dataclass(frozen=True, slots=True)
class ModelRules:
    """The rules of one family of models.

    Attributes:
        refused: parameters that the server rejects, with the reason.
        exclusive: parameters that the server accepts only one at a time.
        ineffective: parameters that have no effect on a hosted service.
        system_discouraged: does the vendor advise against a system message?
        most_thinking_tokens: the vendor's highest `thinking_budget`; None where not known.
        successor: the model that replaces a retired one of this family; "" for none.
        successor_parameters: the parameters that make the successor think.
        suggested: sampling parameters for the open weights, for which greedy decoding fails.
        max_input_tokens: the limit of a prompt with its context; None where not known.
        always_thinks: is there nothing to turn thinking on or off?
        is_closed: are the weights unpublished, so that every server is the vendor or a
            gateway to it?
        opens_reasoning: does the chat template end with `<think>`, so that a server which
            does not split the text sends the closing tag only? A reply may show otherwise.
    """

    refused: Mapping[str, str] = field(default_factory=dict)
    exclusive: frozenset[str] = frozenset()
    ineffective: frozenset[str] = frozenset()
    most_thinking_tokens: int | None = None
    system_discouraged: bool = False
    successor: str = ""
    successor_parameters: Mapping[str, Json] = field(default_factory=dict)
    suggested: str = ""
    max_input_tokens: int | None = None
    always_thinks: bool = False
    is_closed: bool = False
    opens_reasoning: bool = False


_QWQ = ModelRules(
    refused=MappingProxyType(
        {
            "response_format": "QwQ has no JSON mode; ask for JSON in the prompt",
            "prefix": "QwQ cannot continue a prefix; put the beginning into the prompt",
            "partial": "QwQ cannot continue a prefix; put the beginning into the prompt",
            "context_cache": "QwQ has no context cache; leave it out",
            "cache_control": "QwQ has no context cache; leave it out",
        }
    ),
    ineffective=frozenset(
        {
            "temperature",
            "top_p",
            "presence_penalty",
            "frequency_penalty",
            "logprobs",
            "top_logprobs",
        }
    ),
    most_thinking_tokens=32_768,
    system_discouraged=True,
    successor="qwen3.6-plus",
    successor_parameters=MappingProxyType({"enable_thinking": True}),
    suggested="temperature=0.6 and top_p=0.95 suit the open weights",
    max_input_tokens=98_304,
    always_thinks=True,
    opens_reasoning=True,
)
# A gateway to it is a hosted service too, so the rules apply at any address.
_QWQ_PLUS = replace(_QWQ, is_closed=True)
_OPENS_REASONING = ModelRules(opens_reasoning=True)
_QWEN_3_8 = ModelRules(
    exclusive=frozenset({"thinking_budget", "reasoning_effort"}),
    most_thinking_tokens=262_144,
    opens_reasoning=True,
)


_ANY = ModelRules()

# The first match counts, so special names come before general ones.
_FAMILIES: tuple[tuple[re.Pattern[str], ModelRules], ...] = (
    (re.compile(r"(^|/)qwq-plus\b", re.IGNORECASE), _QWQ_PLUS),
    # `Qwen/QwQ-32B`, `qwq:32b`, `qwq-32b-q4_k_m.gguf`
    (re.compile(r"(^|/)qwq\b", re.IGNORECASE), _QWQ),
    (re.compile(r"qwen3\.8", re.IGNORECASE), _QWEN_3_8),
    (
        re.compile(
            r"""(?ix) qwen3.*thinking | qwen(3\.[5-9]|[4-9]) | qvq | r1-distill
              | deepseek-?(r1 | v?3\.[1-9] | v[4-9] | flash | pro | reasoner)
              | glm-?(z1 | 4\.[5-9] | [5-9]) | minimax-m[2-9] | kimi-k2.*think
              | exaone-deep | nemotron.*(nano|super|ultra) | step-?3 | skywork-or1""",
        ),
        _OPENS_REASONING,
    ),
)
# Families of reasoning models, by the names that their vendors use.
_THINKS = re.compile(
    r"""(?ix) qwq | qvq | deepseek-(r1|reasoner) | r1-distill | gpt-oss | magistral
      | (?<!non-)(?<!no)(thinking|reasoning|reasoner) | exaone-deep | glm-(z1|4\.[5-9]|[5-9])
      | deepseek-(v[4-9]|flash) | kimi-(k2[.p][5-9]|k[3-9]) | gemma-?[4-9]
      | (^|[/-])seed-(oss|1\.[6-9]|[2-9])
      | gemini-(2\.5|[3-9])(?!.*(image|tts|embed|live|audio)) | hunyuan-(t1|a13b) | hy3
      | nemotron-(3|super|ultra) | step-?3 | mimo-v\d | (^|/)ring-(\d|flash|mini|lite|1t)
      | ernie-(x1|5) | exaone-4 | olmo-3.*-think | openthinker | smollm3 | intellect-[3-9]
      | qwen[4-9](?!.*(embed|rerank|asr|tts)) | minimax-m\d
      | (^|/)o[134](-mini|-pro|-preview)?($|[-:]\d)
      | (^|/)gpt-[5-9](?!.*chat) | grok-(3-mini|[4-9](?!.*non-reasoning))
      | claude-(3-7|(opus|sonnet|haiku)-[4-9]|mythos|fable)
      | qwen3(?!.*(instruct|coder|embed|rerank|asr|tts|-vl-(?!.*thinking)))"""
)
# From Qwen3.5 on, text models too are served only at the multimodal path.
_MULTIMODAL = re.compile(r"qwen(3\.[5-9]|[4-9])|-vl\b|-vl-|^qvq|-omni", re.IGNORECASE)

# Claude models before 4.6, which think only within a given budget.
_CLAUDE = re.compile(r"claude", re.IGNORECASE)
_NOT_ADAPTIVE = re.compile(
    r"(?ix) claude-( v?[0-3]\b | instant"
    r" | (opus|sonnet|haiku)-4 ( $ | [-.@] ( [0-5]\b | 20\d{6} | latest ) ) )"
)


def rules_for(model: str) -> ModelRules:
    """The rules of the family of `model`; empty rules for an unknown one."""
    return next((rules for pattern, rules in _FAMILIES if pattern.search(model)), _ANY)


def thinks(model: str) -> bool:
    """Does the name suggest that the model reasons before it answers?"""
    return _THINKS.search(model) is not None


def thinks_adaptively(model: str) -> bool:
    """Does the model decide itself how much it thinks, so that it may refuse a budget?

    https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
    """
    return bool(_CLAUDE.search(model)) and not _NOT_ADAPTIVE.search(model)


def is_multimodal(model: str) -> bool:
    """Does the hosted model take its content as a list, at a path of its own?"""
    return _MULTIMODAL.search(model) is not None
