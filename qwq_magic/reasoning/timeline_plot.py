"""Plot a reasoning over time: tokens received, groups as bands, switches, and first seen.

Groups differ in hatching as well as colour, and the colours are the Okabe-Ito palette, so that
the plot is readable without colour vision. Text and lines follow the matplotlib style and the
bands are translucent, so that it is readable on light and dark backgrounds.
"""

from __future__ import annotations

from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from qwq_magic.errors import ConfigurationError
from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.kind_names import Group, Kind
from qwq_magic.reasoning.reasoned_turn import ReasonedTurn, name_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The Okabe-Ito palette: https://jfly.uni-koeln.de/color/
_BANDS = {
    Group.ORIENT: ("#56B4E9", "//"),
    Group.WORK: ("#009E73", ""),
    Group.REFLECT: ("#E69F00", "xx"),
    Group.CONCLUDE: ("#CC79A7", ".."),
    Group.UNCLASSIFIED: ("#999999", "--"),
}


def plot_timeline(turn: ReasonedTurn, ax: Axes | None = None) -> Axes:
    """Plot the reasoning of a turn over time or, without arrival times, over characters.

    Raises:
        ConfigurationError: matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ConfigurationError(
            "Plots require matplotlib, which is not installed. "
            'Install it with: pip install "qwq-magic[plot]"'
        ) from error
    if ax is None:
        _, ax = pyplot.subplots(figsize=(9, 3.2), layout="constrained")
    bounds, unit = _bounds(turn)
    tokens = [0, *accumulate(step.tokens or 0 for step in turn.steps)]
    _draw_bands(ax, turn, bounds)
    ink = pyplot.rcParams["text.color"]
    ax.plot(bounds, tokens, color=ink, linewidth=1.8)
    _mark_switches(ax, turn, bounds, ink)
    _flag_first_seen(ax, turn, bounds, ink)
    ax.set(xlabel=unit, ylabel=_token_label(turn))
    # A model's name may contain a dollar sign.
    ax.set_title(name_of(turn, limit_bytes=80), parse_math=False)
    # Matplotlib warns about two equal limits.
    ax.set_xlim(bounds[0], max(bounds[-1], bounds[0] + 1e-6))
    ax.set_ylim(0, max(1, tokens[-1]) * 1.18)
    if turn.steps:
        ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, title="likely")
    return ax


def _bounds(turn: ReasonedTurn) -> tuple[list[float], str]:
    """Return the start of each step and the end of the last, and the label of the axis."""
    seconds = [step.seconds for step in turn.steps if step.seconds is not None]
    if len(seconds) == len(turn.steps) and sum(seconds) > 0:
        return [0.0, *accumulate(seconds)], "seconds of reasoning"
    return [0.0, *(float(step.end) for step in turn.steps)], "characters of reasoning"


def _draw_bands(ax: Axes, turn: ReasonedTurn, bounds: list[float]) -> None:
    """Draw a band for each run of steps of one group."""
    spans: dict[Group, list[tuple[float, float]]] = {group: [] for group in _BANDS}
    for group, run in groupby(turn.steps, key=lambda step: step.group):
        steps = list(run)
        begin, end = bounds[steps[0].index], bounds[steps[-1].index + 1]
        spans[group].append((begin, end - begin))
    for group, (colour, hatch) in _BANDS.items():
        if spans[group]:
            ax.broken_barh(
                spans[group],
                (0, 1),
                facecolor=(colour, 0.35),
                edgecolor=(colour, 0.9),
                hatch=hatch,
                linewidth=0,
                transform=ax.get_xaxis_transform(),
                label=group.value,
            )


def _mark_switches(ax: Axes, turn: ReasonedTurn, bounds: list[float], ink: str) -> None:
    switches = [bounds[step.index] for step in turn.steps if step.kind is Kind.SWITCH]
    if switches:
        # At the bottom of the plot, in axes coordinates, independent of the tokens.
        ax.plot(
            switches,
            [0.04] * len(switches),
            linestyle="none",
            marker="^",
            color=ink,
            transform=ax.get_xaxis_transform(),
            label="switch",
        )


def _flag_first_seen(ax: Axes, turn: ReasonedTurn, bounds: list[float], ink: str) -> None:
    seen = turn.metrics.first_seen
    if seen is None:
        return
    at = bounds[seen.step + 1]
    is_late = at > (bounds[0] + bounds[-1]) / 2
    ax.axvline(at, linestyle="--", color=ink, linewidth=1.2)
    # The font has no Chinese, and a missing sign is a warning in the notebook.
    value = one_line(f": {seen.value},", limit_bytes=40) if seen.value.isascii() else ""
    ax.annotate(
        f"⚑ answer first seen{value} at {seen.share:.0%}".replace("$", r"\$"),
        (at, 0.98),
        xycoords=ax.get_xaxis_transform(),
        xytext=(-6 if is_late else 6, 0),
        textcoords="offset points",
        horizontalalignment="right" if is_late else "left",
        verticalalignment="top",
        bbox={"facecolor": ax.get_facecolor(), "alpha": 0.85, "linewidth": 0, "pad": 3},
    )


def _token_label(turn: ReasonedTurn) -> str:
    return "≈ tokens" if turn.metrics.tokens_estimated else "tokens"
