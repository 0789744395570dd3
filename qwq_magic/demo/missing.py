"""The errors of the demo about what it has no text for; each says what it has instead."""

from __future__ import annotations

from collections.abc import Iterable

from qwq_magic.demo.recordings import Recording, recordings
from qwq_magic.errors import NoRecording

CONNECT = 'to use a real model, set DASHSCOPE_API_KEY or run %config QwqMagics.server = "ollama"'
_NO_MODEL = f"No model is running; {CONNECT}."
_LISTED_CHARACTERS = 60


def no_recording() -> NoRecording:
    """The error for a prompt without a recording."""
    error = NoRecording(
        "The demo has no recording for this prompt. It can replay only these: "
        f"{_listed(recordings())}. {_NO_MODEL}"
    )
    error.lines = (
        "This is the demo: it replays recordings, and no model is running. It has these prompts:",
        *(f"• {_quoted(recording)}" for recording in recordings()),
        f"{CONNECT[0].upper()}{CONNECT[1:]}.",
    )
    return error


def no_earlier_turn(recording: Recording, first: Recording) -> NoRecording:
    """The error for a follow-up whose earlier turn is not in the conversation."""
    return NoRecording(
        f"The recording for {_quoted(recording)} is a follow-up. In the same conversation, first "
        f"send {_quoted(first)}. {_NO_MODEL}"
    )


def no_branches(recording: Recording) -> NoRecording:
    """The error for a recording that has no other way to go on than its own."""
    others = _listed(r for r in recordings() if r.branches.branches)
    return NoRecording(
        f"The recording for {_quoted(recording)} has no branches: it can only be answered early, "
        f"or continued where it was stopped. These have other ends: {others}. {_NO_MODEL}"
    )


def _listed(some: Iterable[Recording]) -> str:
    return "; ".join(map(_quoted, some))


def _quoted(recording: Recording) -> str:
    """Return a prompt as one quoted line, shortened for a list."""
    line = " ".join(recording.prompt.split())
    if len(line) > _LISTED_CHARACTERS:
        line = line[: _LISTED_CHARACTERS - 1].rstrip() + "…"
    return f"“{line}”"
