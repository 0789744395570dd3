"""The final output of a turn: data for our renderer, Markdown for others, and plain text.

The order of the MIME types is the order of preference. Nothing from the model or the server is
live in the Markdown. The data contains neither an API key nor the messages that were sent.

The data of a turn with reasoning also has `metrics`, the fields of `Metrics`, and `steps` and
`loops` in the compact form of `step_records`: about 7 bytes per step, where a list would take a
line per number in the notebook. The output of a long turn is 2.3 times as long as its text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from qwq_magic.display.captions import analysed, state_caption
from qwq_magic.display.panel import Show, Start
from qwq_magic.display.saved.outline import outline
from qwq_magic.display.saved.step_records import loop_spans, step_records, sureness_digits
from qwq_magic.display.saved.text import escape_paragraphs, escape_span
from qwq_magic.display.turn_view import TurnView
from qwq_magic.errors import NoRecording
from qwq_magic.memory import TurnPosition
from qwq_magic.plain_text import one_line, strip_controls, well_formed
from qwq_magic.reasoning.outline_text import outline_text
from qwq_magic.turns import Turn, is_cut

TURN_MIME = "application/vnd.qwq.turn.v1+json"

_MAX_PLAIN_CHARACTERS = 2_000
_MAX_LABEL_CHARACTERS = 2_000
_MAX_ATTEMPTS = 12
_MAX_ATTEMPTS_CHARACTERS = 200_000
_MAX_GIVEN_SHOWN = 40
_MAX_VALUES = 200
_MAX_VALUE = 80


def final_bundle(
    turn: Turn,
    *,
    place: TurnPosition | None,
    show: Show = "both",
    start: Start = "auto",
    max_plain_characters: int = _MAX_PLAIN_CHARACTERS,
    attempts: Sequence[Turn] = (),
) -> dict[str, object]:
    """Return the MIME bundle of a turn.

    Args:
        turn: the turn.
        place: its position, if it has one.
        show: which of its texts are shown.
        start: whether its reasoning is initially open.
        max_plain_characters: the most characters of its plain text.
        attempts: all attempts at it, in order, of which the bundle holds as many as is sensible.
    """
    return view_bundle(
        TurnView(turn, place, show, start),
        max_plain_characters=max_plain_characters,
        attempts=attempts,
    )


def view_bundle(
    view: TurnView,
    *,
    max_plain_characters: int = _MAX_PLAIN_CHARACTERS,
    attempts: Sequence[Turn] = (),
) -> dict[str, object]:
    """Return the MIME bundle of a turn whose view already exists; see `final_bundle`."""
    return {
        TURN_MIME: {**turn_data(view), **_attempts_data(view, attempts)},
        "text/markdown": turn_markdown(view),
        "text/plain": turn_plain(view, max_characters=max_plain_characters),
    }


def inspector_bundle(
    turn: Turn, *, place: TurnPosition | None, step: int | None = None
) -> dict[str, Any]:
    """Return the MIME bundle that opens the inspector; its plain text is the outline.

    `step` is the step that is selected, from 1; None for none.
    """
    view = TurnView(turn, place)
    data = turn_data(view)
    data["view"]["inspect"] = True
    if step is not None:
        data["view"]["step"] = step
    return {
        TURN_MIME: data,
        "text/markdown": turn_markdown(view),
        "text/plain": outline_text(turn),
    }


def turn_data(view: TurnView) -> dict[str, Any]:
    """Return the turn as data for our renderer, schema version 1."""
    turn, place = view.turn, view.place
    # What the demo does not have is a notice, not a failure.
    error = turn.error.to_dict() if turn.error and not _is_noted(turn) else None
    timing = asdict(turn.timing)
    return {
        "schema": 1,
        "id": well_formed(turn.id),
        "state": turn.state,
        # `TurnView` has joined its surrogate pairs already.
        "reasoning": turn.reasoning,
        "answer": well_formed(turn.answer),
        "model": well_formed(turn.model),
        "server": well_formed(turn.server),
        "conversation": well_formed(turn.conversation),
        "number": place and place.number,
        "attempt": place and place.attempt,
        "finish_reason": well_formed(turn.finish_reason) if turn.finish_reason else None,
        "usage": asdict(turn.usage),
        "timing": {name: None if s is None else round(s, 3) for name, s in timing.items()},
        "error": error and _well_formed_values(error),
        "caption": well_formed(view.caption),
        "footer": well_formed(view.footer),
        "notices": [well_formed(notice) for notice in view.notices],
        # A view that does not know it shows the state, which is amber as well.
        **({"state_word": word} if (word := state_caption(turn)) else {}),
        **({"parent": _well_formed_values(turn.parent.to_dict())} if turn.parent else {}),
        "ending": well_formed(view.ending) if turn.complete or is_cut(turn) else "",
        **analysed(lambda: _reasoning_data(view), otherwise={}),
        **({"given": list(view.given)} if turn.prefix else {}),
        "view": {"show": view.show, "start": view.start},
    }


def _is_noted(turn: Turn) -> bool:
    """Whether the notices have all that the error has."""
    return isinstance(turn.error, NoRecording) and bool(turn.error.lines)


def _attempts_data(view: TurnView, attempts: Sequence[Turn]) -> dict[str, Any]:
    """Return the other attempts at a turn, the latest ones; empty without any.

    Each is kept in every output that shows one of them, so their number and size are limited.
    """
    place = view.place
    if place is None:
        return {}
    kept: list[dict[str, Any]] = []
    room = _MAX_ATTEMPTS_CHARACTERS
    for number, turn in reversed(list(enumerate(attempts, 1))):
        room -= len(turn.reasoning) + len(turn.answer)
        if turn.id == view.turn.id:
            continue
        if room < 0 or len(kept) == _MAX_ATTEMPTS:
            break
        other = TurnView(turn, TurnPosition(place.number, number), view.show, view.start)
        kept.append(turn_data(other))
    return {"attempts": kept[::-1]} if kept else {}


def _reasoning_data(view: TurnView) -> dict[str, Any]:
    """Return what the inspector needs besides the text; empty without reasoning."""
    if not view.turn.reasoning or view.steps is None or view.metrics is None:
        return {}
    return {
        "steps": step_records(view.steps),
        "loops": loop_spans(view.loops),
        **({"candidates": values} if (values := _candidate_values(view)) else {}),
        **({"sureness": sureness} if (sureness := sureness_digits(view.steps)) else {}),
        "metrics": {name: _rounded(value) for name, value in asdict(view.metrics).items()},
    }


def _candidate_values(view: TurnView) -> str:
    """Return the candidate answers as the values of a lane; empty below two of them."""
    candidates, final = view.candidates, view.turn.final_value
    if len(candidates) < 2:
        return ""
    return lane_values((each.step + 1, each.value, each.value == final) for each in candidates)


def lane_values(values: Iterable[tuple[int, str, bool]]) -> str:
    """Return values along a reasoning as text, the latest ones if there are very many.

    A line each, since a list would take five lines each in the notebook.

    Args:
        values: how many steps precede each, the value, and whether it is marked.
    """
    lines = [
        f"{after}{'*' if is_marked else ''} {one_line(value, limit_bytes=_MAX_VALUE)}"
        for after, value, is_marked in values
    ]
    return "\n".join(lines[-_MAX_VALUES:])


def _rounded(value: object) -> object:
    match value:
        case float():
            return round(value, 4)
        case str():
            return well_formed(value)
        case dict():
            return {name: _rounded(inner) for name, inner in value.items()}
        case _:
            return value


def _well_formed_values(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: well_formed(value) if isinstance(value, str) else value
        for name, value in data.items()
    }


def turn_markdown(view: TurnView) -> str:
    """Return the turn as Markdown, the reasoning collapsed unless there is no answer."""
    answer = "" if view.show == "reasoning" else answer_markdown(view)
    parts: list[str] = []
    if view.caption and view.show != "answer":
        opened = "" if answer else " open"
        parts.append(
            f"<details{opened}>\n<summary>{view.caption}</summary>\n{_outlined(view)}\n</details>"
        )
    parts.append(answer)
    parts.extend(f"<p><sub>{_label(notice)}</sub></p>" for notice in view.notices)
    if view.ending and not _is_noted(view.turn):
        label = "<strong>Error:</strong> " if view.turn.error else ""
        parts.append(f"<p>{label}{_label(view.ending)}</p>")
    parts.append(f"<p><sub>{_label(view.footer)}</sub></p>")
    return "\n\n".join(part for part in parts if part)


def _outlined(view: TurnView) -> str:
    lines = analysed(lambda: outline(view), otherwise="")
    return "\n".join(part for part in (lines, _reasoning_markdown(view)) if part)


def _reasoning_markdown(view: TurnView) -> str:
    """Return the reasoning as paragraphs, with a rule where the given part ends."""
    text, count = view.turn.reasoning, view.given[0]
    if not text[:count].strip():
        return escape_paragraphs(text)
    given = f"<p><sub>given:</sub></p>\n{escape_paragraphs(text[:count])}"
    rest = text[count:]
    return f"{given}\n<hr>\n{escape_paragraphs(rest)}" if rest.strip() else given


def _label(text: str) -> str:
    """Escape and shorten a line of ours, since it may quote a server."""
    cut = text if len(text) <= _MAX_LABEL_CHARACTERS else f"{text[:_MAX_LABEL_CHARACTERS]} …"
    return escape_span(cut)


def answer_markdown(view: TurnView) -> str:
    """Return the answer, below a line about its given part.

    A rule within the answer could cut a list, a table or a block of code, so the line quotes
    the last words of the given part.
    """
    answer, count = well_formed(view.turn.answer), view.given[1]
    given = " ".join(answer[:count].split())
    if not given:
        return _safe_markdown(answer)
    last = given if len(given) <= _MAX_GIVEN_SHOWN else f"… {given[-_MAX_GIVEN_SHOWN:]}"
    return f"<p><sub>given, up to “{escape_span(last)}”:</sub></p>\n\n{_safe_markdown(answer)}"


def _safe_markdown(answer: str) -> str:
    from qwq_magic.display.saved.markdown import saved_markdown

    try:
        return saved_markdown(answer)
    except Exception:
        # A bug in the parser must not lose the answer, so it is saved as plain text.
        return escape_paragraphs(answer)


def turn_plain(view: TurnView, *, max_characters: int) -> str:
    """Return the caption, the answer up to `max_characters`, and how the turn ended."""
    parts = [view.caption]
    if view.show == "reasoning":
        parts.append(_cut(view.turn.reasoning, max_characters, "reasoning"))
    else:
        parts.append(_cut(view.turn.answer, max_characters, "answer"))
    parts += (view.repeats, view.ending)
    text = "\n\n".join(part for part in (part.strip("\n") for part in parts) if part)
    return strip_controls(well_formed(text)) or "(no reply)"


def _cut(text: str, max_characters: int, name: str) -> str:
    if len(text) <= max_characters:
        return text
    left = len(text) - max_characters
    return f"{text[:max_characters]}\n… {left:,} more characters: see _qwq.{name}"
