"""Extra headers of every request, with values that never show, since any of them may be a key.

The values are wrapped where they enter. A header that is public by convention is hidden like
the others, but not searched for in a reply, where it may be an ordinary word.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.keys.lookalikes import without_lookalikes
from qwq_magic.plain_text import one_line

if TYPE_CHECKING:
    from qwq_magic.settings.layers import SettingOptions

Headers: TypeAlias = Mapping[str, ApiKey]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
# They describe the body and the connection, which are the client's.
_RESERVED = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_PUBLIC = frozenset(
    {
        "accept-language",
        "anthropic-beta",
        "anthropic-version",
        "http-referer",
        "openai-beta",
        "referer",
        "user-agent",
        "x-title",
    }
)
# What follows the scheme, such as `Bearer`, is a secret by itself.
_last_words: weakref.WeakKeyDictionary[ApiKey, ApiKey] = weakref.WeakKeyDictionary()


def hidden(value: Any) -> Any:
    """Return a value of this setting, valid or not, without any text that shows."""
    if not isinstance(value, Mapping):
        return None if value is None else ApiKey(repr(value), source="headers")
    return {
        name: text if isinstance(text, ApiKey) else _wrapped(name, text)
        for name, text in value.items()
    }


def hide_headers(options: SettingOptions) -> None:
    """Hide the values among a caller's options, so that no frame keeps their text."""
    if "headers" in options:
        options["headers"] = hidden(options["headers"])


def _wrapped(name: object, value: object) -> ApiKey:
    # A value of another type is wrapped as an invalid text, for the check to refuse.
    text = value if isinstance(value, str) else "\n"
    return ApiKey(text, source=f"the header {_shown(name)}")


def checked_headers(value: Any) -> Headers:
    """Return the headers with their values wrapped.

    Raises:
        ConfigurationError: a name or a value cannot be sent; the message never has the value.
    """
    headers = hidden(value)
    if not isinstance(headers, dict):
        raise ConfigurationError(
            'headers is not a mapping of names to texts. Use, for example, {"X-Title": "Notes"}.'
        )
    for name, text in headers.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"{_shown(name)} is not a valid name of a header. Use letters, digits and hyphens."
            )
        if name.lower() in _RESERVED:
            raise ConfigurationError(f"The header {name} is set automatically. Remove it.")
        if not _VALUE.fullmatch(text.reveal()):
            raise ConfigurationError(
                f"The value of the header {name} cannot be sent. Use one line of ASCII text, "
                "without white space at its ends."
            )
    return headers


def iter_secrets(headers: Headers) -> Iterator[ApiKey]:
    """Yield the values that may be keys, and what follows a scheme in them."""
    for name, text in headers.items():
        if name.lower() in _PUBLIC:
            continue
        yield text
        if " " in text.reveal():
            if text not in _last_words:
                _last_words[text] = ApiKey(text.reveal().split()[-1], source=text.source)
            yield _last_words[text]


def _shown(name: object) -> str:
    return without_lookalikes(
        one_line(name if isinstance(name, str) else repr(name), limit_bytes=60)
    )
