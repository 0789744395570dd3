"""Text for a stream whose encoding lacks some of its characters, such as cp1252."""

from __future__ import annotations

from collections.abc import Mapping

from qwq_magic.plain_text import well_formed


def encodable(text: str, stream: object) -> str:
    """The text with `?` for each character that the stream cannot encode.

    A narrow encoding or an unpaired surrogate must not raise and end the cell.
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return well_formed(text).encode(encoding, "replace").decode(encoding)


def encodable_bundle(bundle: Mapping[str, object], stream: object) -> dict[str, object]:
    """A MIME bundle whose plain text the stream can encode.

    A terminal prints that text as it is, and would fail at what its encoding lacks.
    """
    text = bundle.get("text/plain")
    if not isinstance(text, str):
        return dict(bundle)
    return {**bundle, "text/plain": encodable(text, stream)}
