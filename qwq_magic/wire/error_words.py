"""The words by which servers explain an error, where they leave no doubt about its kind.

They are those of the servers in the presets, of their gateways and firewalls, in English and
Chinese. Every gap in a pattern is bounded, so that a search is linear in the length of the
text. Words that are also used for other errors are not here: the status decides those.
"""

from __future__ import annotations

import re


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


NO_MONEY = _words(
    r"insufficient[ _](?:account[ _]|user[ _])?(?:balance|credits?|funds)",
    r"balance is (?:too low|insufficient|not enough)",
    r"balance (?:too low|insufficient)",
    r"not enough (?:credits?|balance|funds)",
    r"out of credits",
    r"no credits (?:left|remaining)",
    r"please (?:recharge|top up)",
    r"requires more credits",
    r"can only afford",
    r"exceeded your monthly included credits",
    r"billing(?: is)? not active",
    r"\boverdue (?:payment|balance)",
    r"exceeded_current_quota",
    r"user quota is not enough|insufficient_user_quota",
    r"payment required",
    r"余额不足|账户欠费|已欠费|请充值|额度不足",
)
# A limit that the account's owner has set, by the month as a rule.
SPENT_LIMIT = _words(r"\b(?:spend|spending) limit", r"used all (?:available |your )?credits")
# OpenAI's words for an empty account; DashScope and Gemini use them for limits that pass.
OVER_QUOTA = _words(r"exceeded your current quota")
FREE_QUOTA_USED_UP = _words(r"free allocated quota exceeded")

BAD_KEY = _words(
    r"api key not valid",
    r"\b(?:incorrect|invalid|wrong|expired|missing) api[ _-]?key",
    r"api[ _-]?key (?:is |has )?(?:invalid|missing|required|expired|not found)",
    r"no auth credentials found",
)

# Native DashScope reports an unknown model as an invalid parameter, DeepSeek an unknown name
# with the list of known ones, and LM Studio that none is loaded.
NO_MODEL = _words(
    # "The model `m` has been decommissioned", "Model not exist", "models/m is not found".
    r"\bmodels?(?:[:/] ?| )(?:(?:named?|id|you requested) )?(?:[`'\"]?[^\s`'\"]{1,150}[`'\"]?,? )?"
    r"(?:is |was |has |have |does |do )?(?:been )?(?:permanently )?"
    r"(?:not exist|not found|not supported|not a valid|not deployed|decommissioned|deprecated"
    r"|retired|removed|discontinued|no longer|reached (?:its |the )?end|unknown|invalid)",
    r"\bmodel_(?:decommissioned|not_found|deprecated)\b",
    r"(?:not a valid|unknown|invalid|no such) model\b",
    r"no endpoints found for",
    r"supported (?:api )?model names? (?:are|is)",
    r"end[- ]of[- ]life",
    r"no models? (?:is |are )?(?:currently )?loaded",
    r"模型不存在|模型已下线",
)

# Groq and OpenAI: "TPM: Limit 6000, Used 5000, Requested 9012".
_COUNTS = _words(
    r"limit:? ([\d,]{1,15})[^\d]{1,20}(?:used:? [\d,]{1,15}[^\d]{1,20})?requested:? ([\d,]{1,15})"
)
_TOO_LARGE = _words(r"request (?:is )?too large", r"request entity too large")
TOO_LONG = _words(
    r"(?:maximum|max\.?) context (?:length|window|size)",
    r"exceed\w{0,5} (?:the )?(?:available |maximum |model'?s? )?context",
    r"context (?:length|window|size) (?:is |was )?exceeded",
    r"exceed_context_size",
    r"(?:prompt|input) (?:is )?too long",
    r"reduce the length of the (?:messages|prompt|input)",
)

FILTERED = _words(
    r"content (?:filter|management policy|policy violation)",
    r"content_filter",
    r"\bflagged (?:for|as|by)\b",
    r"(?:was|been) flagged",
    r"\bsensitive (?:content|information|words?)",
    r"(?:input|output)(?: new)? sensitive",
    r"敏感内容|敏感信息|不安全或敏感",
)
NOT_SERVED_HERE = _words(
    r"(?:country|region|territory|user location)\b[^.]{0,60}(?:not supported|not available)",
    r"unsupported_country",
    r"not available in your (?:country|region)",
)
_CHALLENGE = _words(
    r"just a moment",
    r"attention required",
    r"checking your browser",
    r"verify(?:ing)? (?:that )?you are (?:a )?human",
    r"enable javascript and cookies",
    r"challenge page",
    r"(?:have been|was) blocked|to restrict access",
    r"cf[-_]chl|captcha|incapsula|ddos protection|bot detection|security verification",
)
NO_ADDRESS = _words(
    r"unexpected endpoint",
    r"cannot (?:get|post) /",
    r"invalid url \(",
    r"invalid endpoint",
    r"unrecognized request url",
    r"(?:unknown|no such) (?:endpoint|route|path)\b",
    r"(?:page|route|path|endpoint) not found",
    r"no (?:route|handler) (?:found|matched|for)",
    r"method not allowed",
)

# nginx, Go and Apache, at a port of HTTPS.
WANTS_TLS = _words(
    r"plain http request (?:was )?sent to (?:an )?https",
    r"http request to an https server",
    r"speaking plain http to an ssl-enabled",
)

# llama.cpp, Hugging Face and TGI, vLLM, SGLang, Ollama's runner, LM Studio, Fireworks.
_LOADING = _words(
    r"\bloading (?:the )?model",
    r"\bmodel\b[^.]{0,160}\b(?:is|still|currently|being)\b[^.]{0,20} (?:load|warm|start)(?:ing|ed)",
    r"\b(?:still|currently) (?:loading|starting|warming|initiali[sz]ing)",
    r"model (?:is )?not (?:yet )?(?:ready|loaded)",
    r"(?:scaling|warming|starting) up",
    r"server is (?:not ready|starting|loading)",
)
_LOADING_FAILED = _words(
    r"\b(?:fail\w{0,4}|error|unable|could not|cannot|can't|crash\w{0,3}|not enough|out of memory)\b"
)
OF_A_DAY = _words(r"per[- ](?:day|week|month)", r"\b(?:daily|weekly|monthly)\b", r"\b(?:rpd|tpd)\b")


def is_challenge(text: str, *, is_page: bool) -> bool:
    """Is it a page by which a firewall asks for a person with a browser?"""
    return is_page and bool(_CHALLENGE.search(text))


def is_loading(text: str) -> bool:
    """Does the server still load the model, rather than fail to?"""
    return bool(_LOADING.search(text)) and not _LOADING_FAILED.search(text)


def is_too_large(text: str) -> bool:
    """Is the request larger than the limit, so that no wait makes room for it?"""
    counts = _COUNTS.search(text)
    if counts:
        limit, requested = (int(count.replace(",", "") or "0") for count in counts.groups())
        return requested > limit
    return bool(_TOO_LARGE.search(text))
