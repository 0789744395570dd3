r"""The cues of each kind in English, and what the cues of all languages have in common.

The first kind with a cue in a step wins, so the most specific kinds come first. Every pattern
matches in linear time: repetitions are not nested, and runs of blanks are bounded. English
cues are matched against lowercase text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from qwq_magic.reasoning.kind_names import Kind

Find: TypeAlias = Callable[[str], "re.Match[str] | None"]


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of one kind, as regular expressions; three fields, since that is faster.

    Attributes:
        kind: the kind that the cues indicate.
        opens: matched at the beginning of a step.
        words: matched at the beginning of any word.
        signs: matched anywhere.
    """

    kind: Kind
    opens: str = ""
    words: str = ""
    signs: str = ""

    def finders(self, flags: int) -> tuple[Find, ...]:
        """Return one search function per field that is not empty."""
        finds: list[Find] = []
        if self.opens:
            finds.append(re.compile(self.opens, flags).match)
        if self.words:
            finds.append(re.compile(rf"\b(?:{self.words})", flags).search)
        if self.signs:
            finds.append(re.compile(self.signs, flags).search)
        return tuple(finds)


# Words that often precede the cue at the start of a sentence.
_LEAD = (
    r"[\s*#>-]{0,8}(?:(?:so|but|and|ok|okay|alright|now|well|yes|no|then|hmm|oh|ah|actually|"
    r"great|good|right)\b[,.!:]?\s{0,2}){0,3}"
)
# A whole number or decimal, without a full stop at the end.
NUMBER = r"\d[\d.,]{0,12}(?<=\d)"
OPERATION = rf"{NUMBER}\s{{0,2}}[-+*/×÷·^<>≤≥＋－]\s{{0,2}}(?:{NUMBER}|\()"

ENGLISH: tuple[Cues, ...] = (
    Cues(
        Kind.ANSWER,
        opens=r"\W{0,8}(?:final |correct )?(?:answer|choice|result)\W{0,4}:",
        words=(
            r"final answer\b|"
            r"(?:correct )?answer (?:is|should be|must be|would be)\b(?! (?:not|in|that|to)\b)"
        ),
        signs=r"\\boxed\b",
    ),
    Cues(
        Kind.SWITCH,
        words=(
            r"alternatively\b|(?:an)?other (?:way|approach|method|idea|angle|option)\b|"
            r"different (?:way|approach|method|angle)\b|try again\b|start(?:ing)? over\b|"
            r"instead,? (?:let|i|we)\b|let(?:'s| me| us) instead\b|"
            r"alternative (?:approach|attempt|idea|method|solution|strategy|way)\b"
        ),
    ),
    Cues(
        Kind.CHECK,
        opens=(
            _LEAD + r"(?:(?:correct|check)\b)|"
            r"[\s*#>-]{0,8}(?:(?:yes|no)[,.!:]|(?:good|right|great|perfect|fine)(?:[.!]|,"
            # "Right, so the user asks" only opens a sentence.
            r"(?!\s{1,2}(?:so|let|now|i|the|this|then|we|first|here)\b)))"
        ),
        words=(
            r"double[- ]?check|verif(?:y|ies|ied|ying|ication)\b|make sure\b|"
            r"plug(?:ging)? (?:it |this |that |them )?back\b|"
            r"re-?(?:comput|calculat|count|check|verif|examin)\w{0,8}|match(?:es)?\b|consistent\b|"
            r"checks out\b|let(?:'s| me| us) (?:just |quickly )?(?:check|confirm|test)\b|"
            r"confirms\b|holds up\b|as expected\b|reassuring|sanity|plausib|agrees?\b|"
            r"both (?:\w{1,20} ){0,3}(?:give|yield|lead to)\b|adds? up\b(?! to\b)|"
            r"re-?read|look(?:ing)? back\b|"
            r"(?:go|going|went) (?:through|over) (?:it|this|that|everything) again\b|"
            r"(?:to|i'll|should) (?:check|confirm)\b|to be (?:sure|thorough|safe)\b|"
            r"(?:that|this|it)(?:'s| is| seems| looks)(?: also| indeed)? (?:right|correct)\b"
        ),
        signs=(r"[✓✔✅]"),
    ),
    Cues(
        Kind.DOUBT,
        words=(
            r"wait\b|hold on\b|hmm+\b|"
            r"not (?:entirely |really |quite |so |fully )?(?:sure|certain|convinced|clear)\b|"
            r"unsure\b|unclear\b|(?:don't|do not) know\b|"
            r"ambigu|could mean\b|the (?:mistake|error|flaw) (?:is|was)\b|"
            r"i (?:missed|forgot|overlooked)\b|doubt\b|what if\b|"
            r"(?:made|make) (?:a|an|some) (?:mistake|error)\b|mistaken?\b|contradict|"
            r"confus(?:ed|ing|ion)\b|"
            r"(?:can't|cannot|doesn't|isn't|not) (?:be |seem |look |quite )?(?:right|correct)\b|"
            r"seems? (?:odd|off|strange|wrong|weird)\b|am i\b|did(?:n't)? i\b|miscalculat|miscount|"
            r"misunder|something'?s? (?:is )?(?:wrong|off)\b|conflicting\b|discrepan|messed up\b|"
            r"which (?:one )?is (?:right|correct)\b"
        ),
    ),
    Cues(
        Kind.SETUP,
        words=(
            r"i(?:'ve| have)(?: got)? (?:this|a|the|to solve) (?:\w{1,20} )?(?:problem|question)\b|"
            r"(?:the|this) (?:problem|question) "
            r"(?:says|asks|states|gives|wants|is asking|is about)\b|"
            r"i(?:'m| am) (?:given|asked|told)\b|we(?:'re| are) (?:given|asked|told)\b|"
            r"the user (?:asks|wants|is asking|asked|says|has|gave|needs|provided)\b|"
            r"they (?:want|ask|also said|say|gave)\b|it says that\b|needs? to find\b|"
            r"understanding the\b|i(?:'m| am) looking at\b|"
            r"(?:need|have|trying) to (?:figure out|find|solve|determine)\b"
        ),
    ),
    Cues(
        Kind.PLAN,
        opens=(
            # "Let me recall" is not a plan.
            _LEAD + r"(?:(?:let me|let's|let us)\b(?! (?:denote|call|define|recall|remember))|"
            r"(?:first|next),|"
            r"(?:to (?:find|do|solve|compute|calculate|get|convert)|starting (?:with|from))\b)"
        ),
        words=(
            r"i(?:'ll| will| should| need to| have to| can try| could try| might need)\b|"
            r"we (?:should|need to|have to|can try|could try)\b|"
            r"how (?:to|(?:do|can|could|should|would) (?:i|we)|many .{0,60}\?)|step by step\b|"
            r"(?:the next step|(?:my|the) plan)\b|"
            r"i(?:'d| would) suggest\b|(?:maybe|perhaps) (?:i|we) (?:can|should|could)\b"
        ),
    ),
    Cues(
        Kind.RECALL,
        words=(
            r"(?:remember|recall|known)\b|(?<!want to )(?<!to )(?<!n't )(?<!not )know\b|"
            r"formula\b|theorem\b|by definition\b|"
            r"is defined as\b|definition of\b|in general\b|the (?:rule|property|identity) \b|"
            r"rule of thumb\b|usually\b|typically\b|commonly\b|by convention\b|lemma\b|law of\b|"
            r"(?:in|since) (?:python|javascript|typescript|java|rust|sql|css|html|numpy|"
            r"pandas|c\+\+)(?: [\d.]{1,6})?[ ,]|"
            r"stands for\b|each (?:\w{1,20} ){1,3}(?:is|has|represents|corresponds)\b"
        ),
    ),
    Cues(
        Kind.CONCLUDE,
        opens=(
            _LEAD + r"(?:(?:therefore|thus|hence|in total|in conclusion|overall|in summary)\b)|"
            r"[\s*#>-]{0,8}so,? (?:the|that|there|it|this|that's|in|all|both|total|overall)\b"
        ),
        words=(
            r"therefore\b|in total\b|that means\b|which means\b|that gives\b|"
            r"i (?:think|believe|am confident) (?:that(?:'s)?|the|this)\b"
        ),
    ),
    Cues(
        Kind.COMPUTE,
        words=(
            r"(?:plus|minus|times|divided by|equals|multipl(?:y|ied|ying)|subtract\w{0,4}|"
            r"add(?:ing)?|substitut\w{0,4}|plugging|comput(?:e|ing)|calculat(?:e|ing))\b"
        ),
        signs=(
            rf"[=≈]|{OPERATION}|"
            r"\\(?:frac|times|cdot|sqrt|approx|div|sum)\b"
        ),
    ),
)


def compiled(
    cues: tuple[Cues, ...], *, flags: int = 0
) -> tuple[tuple[Kind, tuple[Find, ...]], ...]:
    """Return each kind with its search functions."""
    return tuple((cue.kind, cue.finders(flags)) for cue in cues)
