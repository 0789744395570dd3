"""A batch as inert Markdown and as plain text: the vote or the rows, and what failed."""

from __future__ import annotations

from typing import Final

from qwq_magic.batch import Sample, Vote
from qwq_magic.display.batch_groups import shown_value
from qwq_magic.display.batch_lanes import turn_line
from qwq_magic.display.batch_view import BatchView
from qwq_magic.display.captions import counted, plain_state
from qwq_magic.display.saved.bundle import answer_markdown, turn_markdown, turn_plain
from qwq_magic.display.saved.text import escape_span
from qwq_magic.display.saved.votes import groups_table, vote_sentence
from qwq_magic.display.tables import Table
from qwq_magic.display.turn_view import TurnView

_SHOWN_ROWS: Final = 20
_MAX_OTHERS: Final = 100
_MAX_OTHER_CHARACTERS: Final = 100_000
_MAX_PLAIN_CHARACTERS: Final = 2_000
_WIDTH: Final = 88


def batch_markdown(view: BatchView) -> str:
    """Return the batch as Markdown in which nothing of the models' is live."""
    body = _samples_markdown(view) if view.is_one_prompt else _rows_markdown(view)
    parts = [*body, *(f"<p>{escape_span(line)}</p>" for line in _failures(view))]
    # Last, as below a turn.
    parts.append(f"<p><sub>{escape_span(footer(view))}</sub></p>")
    return "\n\n".join(part for part in parts if part)


def batch_plain(view: BatchView) -> str:
    """Return the batch as short plain text."""
    if view.is_one_prompt:
        body = [*vote_lines(view), _leader_plain(view)]
    else:
        body = [_rows_table(view).plain(width=_WIDTH), _more_rows(view)]
    return "\n".join(part for part in [*body, *_failures(view), footer(view)] if part)


def summary_lines(view: BatchView) -> list[str]:
    """Return the lines that close a batch in a terminal: the vote, what failed, the figures."""
    lines = vote_lines(view) if view.is_one_prompt else []
    return [*lines, *_failures(view), footer(view)]


def footer(view: BatchView) -> str:
    """Return `8 of 8 · 12,345 tokens · 34 s`."""
    figures = view.figures
    rows = len(view.batch.rows)
    noun = "row" if not view.is_one_prompt and rows == figures.total else "sample"
    done = f"{figures.done:,} of {counted(figures.total, noun)}"
    of_rows = "" if view.is_one_prompt or noun == "row" else f" of {counted(rows, 'row')}"
    return " · ".join([f"{done}{of_rows}", *figures.texts])


def vote_lines(view: BatchView) -> list[str]:
    """Return the final values of one prompt's samples with their counts, a line for each."""
    groups = view.groups
    # A tie or a narrow lead is only seen beside the other values.
    lines = [vote_sentence(view.votes[0])] if view.votes else []
    # The sentence is about the first group.
    lines += [f"{shown_value(value)}: {count:,}" for value, count in groups.values[1:]]
    if groups.others[0]:
        lines.append(f"{counted(groups.others[0], 'other value')}: {groups.others[1]:,}")
    if view.without_value:
        lines.append(f"without a final value: {view.without_value:,}")
    return lines


def _failures(view: BatchView) -> list[str]:
    figures = view.figures
    lines = []
    if figures.failed:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in figures.errors)
        lines.append(f"{figures.failed:,} failed: {kinds}")
    if figures.stopped:
        lines.append(f"{figures.stopped:,} stopped or not asked")
    return [*lines, *filter(None, [figures.notice])]


def _samples_markdown(view: BatchView) -> list[str]:
    parts = (
        [f"<p><strong>{escape_span(vote_sentence(view.votes[0]))}</strong></p>"]
        if view.votes
        else []
    )
    # A table of one value would repeat the sentence.
    if len(view.groups.values) > 1 or view.without_value:
        parts.append(groups_table(view.groups, view.without_value).markdown())
    leader = view.leader
    if leader is not None:
        index = view.batch.samples.index(leader)
        parts.append(turn_markdown(TurnView(leader.turn, view.place_of(index))))
    return [*parts, *_other_answers(view, leader)]


def _other_answers(view: BatchView, leader: Sample | None) -> list[str]:
    parts: list[str] = []
    room, left = _MAX_OTHER_CHARACTERS, 0
    for index, (sample, value) in enumerate(zip(view.batch.samples, view.values, strict=True)):
        turn = sample.turn
        if sample is leader or not turn.answer.strip():
            continue
        # An output with hundreds of long answers would be slow to open.
        room -= len(turn.answer)
        if room < 0 or len(parts) == _MAX_OTHERS:
            left += 1
            continue
        shown = "no final value" if value is None else shown_value(value)
        summary = escape_span(f"{sample_name(view, index)}: {shown}")
        answer = answer_markdown(TurnView(turn, None))
        parts.append(f"<details>\n<summary>{summary}</summary>\n\n{answer}\n\n</details>")
    if left:
        parts.append(f"<p>{escape_span(f'{left:,} more in {view.name}.turns')}</p>")
    return parts


def sample_name(view: BatchView, index: int) -> str:
    """Return how a reader knows a sample: `sample 3`, with its model if there are several."""
    sample = view.batch.samples[index]
    model = f" of {sample.model}" if len(view.models) > 1 else ""
    return f"sample {sample.number}{model}"


def _leader_plain(view: BatchView) -> str:
    leader = view.leader
    if leader is None:
        return ""
    # Its place in the conversation would only lengthen a line that closes the batch.
    text = turn_plain(TurnView(leader.turn, None), max_characters=_MAX_PLAIN_CHARACTERS)
    return f"\n{text}\n"


def _rows_markdown(view: BatchView) -> list[str]:
    more = _more_rows(view)
    return [_rows_table(view).markdown(), f"<p>{escape_span(more)}</p>" if more else ""]


def _more_rows(view: BatchView) -> str:
    left = len(view.votes) - _SHOWN_ROWS
    return f"{counted(left, 'more row')}: see {view.name}.to_frame()" if left > 0 else ""


def _rows_table(view: BatchView) -> Table:
    samples: dict[int, list[Sample]] = {}
    for sample in view.batch.samples:
        samples.setdefault(sample.row, []).append(sample)
    rows = [_table_row(view, vote, samples[vote.row]) for vote in view.votes[:_SHOWN_ROWS]]
    headings = ("row", "prompt", "value or answer", "share", "state")
    return Table(headings, rows, prose=("value or answer",)).without_empty_columns()


def _table_row(view: BatchView, vote: Vote, samples: list[Sample]) -> tuple[str, ...]:
    first = next((s.turn for s in samples if s.turn.answer.strip()), samples[0].turn)
    shown = turn_line(first) if vote.value is None else vote.value
    share = f"{vote.count} of {vote.total}" if len(samples) > 1 and vote.total else ""
    # Each state once, in the order of the samples.
    states = list(dict.fromkeys(plain_state(sample.turn) for sample in samples))
    return (
        str(vote.row),
        view.labels.get(vote.row, ""),
        shown_value(shown),
        share,
        ", ".join(states),
    )
