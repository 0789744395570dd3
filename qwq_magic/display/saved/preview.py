"""A dry run as a cell's output: the messages and the other fields of the request."""

from __future__ import annotations

import json
from collections.abc import Iterator

from qwq_magic.display.captions import counted
from qwq_magic.display.saved.text import escape_code, escape_span, readable
from qwq_magic.keys.lookalikes import without_lookalikes
from qwq_magic.session.preview import Preview, message_tokens
from qwq_magic.turns import Message


def preview_bundle(preview: Preview) -> dict[str, str]:
    """Return the MIME bundle of a preview, which is inert."""
    return {"text/markdown": _markdown(preview), "text/plain": _plain(preview)}


def _markdown(preview: Preview) -> str:
    first, *lines = _lines(preview)
    parts = [f"<p><strong>{escape_span(first)}</strong></p>"]
    parts += (f"<p>{escape_span(line)}</p>" for line in lines)
    parts += (
        f"<details open>\n<summary>{escape_span(_caption(message))}</summary>\n"
        f"<pre>{escape_code(readable(text))}</pre>\n</details>"
        for message in preview.messages
        for text in _texts(message)
    )
    return "\n\n".join(parts)


def _plain(preview: Preview) -> str:
    parts = ["\n".join(map(readable, _lines(preview)))]
    parts += (
        f"── {_caption(message)}\n{readable(text)}"
        for message in preview.messages
        for text in _texts(message)
    )
    return "\n\n".join(parts)


def _lines(preview: Preview) -> Iterator[str]:
    # The URL and fields may contain an API key, so they are masked. The messages are not:
    # they are shown exactly as they would be sent.
    url = without_lookalikes(preview.url)
    fields = without_lookalikes(json.dumps(dict(preview.fields), ensure_ascii=False))
    tokens = counted(preview.tokens, "token")
    yield f"Dry run: nothing was sent. ≈ {tokens} in {counted(len(preview.messages), 'message')}"
    yield " · ".join(part for part in (preview.model, preview.server, url) if part)
    if preview.context:
        yield f"Context: {preview.context}"
    yield f"Other request fields: {fields}"
    yield from preview.notices


def _caption(message: Message) -> str:
    return f"{message.role} · ≈ {counted(round(message_tokens(message)), 'token')}"


def _texts(message: Message) -> Iterator[str]:
    if message.reasoning:
        yield f"(reasoning)\n{message.reasoning}\n\n{message.text}"
    else:
        yield message.text
