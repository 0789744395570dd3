import builtins
from collections.abc import Iterator
from typing import Any

import pytest

from qwq_magic.errors import ConfigurationError
from qwq_magic.turns import Turn

REASONING = (
    "Okay, so I have this problem about trains. Let me think step by step.\n\n"
    "The first takes 3 * 20 = 60 minutes. Wait, I made a mistake there.\n\n"
    "Alternatively, count the stations one by one. So the total is 14. Let me double-check it."
)
TURN = Turn(
    "t",
    "how many?",
    reasoning=REASONING,
    answer="\\boxed{14}",
    model="a$^b",
    server="demo",
    arrivals=((1, 0.5), (100, 2.5), (len(REASONING), 4.5)),
)


@pytest.fixture
def pyplot() -> Iterator[Any]:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def words(ax: Any) -> list[str]:
    ax.figure.canvas.draw()
    return [text.get_text() for text in (*ax.texts, *ax.get_legend().get_texts())]


def test_it_shows_tokens_bands_switches_and_the_first_sight(pyplot: Any) -> None:
    # By matplotlib's own types, the data of a line cannot be indexed.
    ax: Any = TURN.plot()

    line, switches, flag = ax.lines
    assert list(line.get_xdata())[0::7] == [0.0, pytest.approx(4.0)]
    assert line.get_ydata()[-1] == TURN.metrics.reasoning_tokens
    assert list(switches.get_xdata()) == [pytest.approx(line.get_xdata()[4])]
    assert list(flag.get_xdata()) == [line.get_xdata()[6]] * 2
    assert len({collection.get_hatch() for collection in ax.collections}) == len(ax.collections)
    assert TURN.metrics.first_seen is not None
    value, share = TURN.metrics.first_seen.value, TURN.metrics.first_seen.share
    seen = f"⚑ answer first seen: {value}, at {share:.0%}"
    assert words(ax) == [seen, "orient", "work", "reflect", "conclude", "switch"]
    assert ax.get_xlabel() == "seconds of reasoning"


def test_without_times_the_axis_counts_characters(pyplot: Any) -> None:
    ax = Turn("t", "why?", reasoning=REASONING).plot()

    assert ax.get_xlabel() == "characters of reasoning"
    assert ax.get_xlim() == (0, len(REASONING))


def test_it_draws_into_given_axes(pyplot: Any) -> None:
    _, axes = pyplot.subplots(2, 1)

    assert TURN.plot(axes[1]) is axes[1]


@pytest.mark.parametrize("reasoning", ["", " ", "...", "等等，不对。" * 50])
def test_any_reasoning_can_be_drawn(pyplot: Any, reasoning: str) -> None:
    Turn("t", "why?", reasoning=reasoning).plot().figure.canvas.draw()


def test_without_matplotlib_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def guarded(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", guarded)

    with pytest.raises(ConfigurationError, match=r"qwq-magic\[plot\]"):
        TURN.plot()
