import builtins
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.errors import ConfigurationError
from qwq_magic.reasoning import Group, Kind, Step, Steps, steps_of

REASONING = (
    "Okay, so I have this problem about trains. Let me think step by step.\n\n"
    "The first takes 3 * 20 = 60 minutes. Wait, I made a mistake there.\n\n"
    "Alternatively, count the stations one by one. So the total is 14 stations. "
    "**Final Answer** \\boxed{14}"
)


def test_steps_join_to_the_reasoning() -> None:
    steps = steps_of(REASONING)

    assert steps.text == "".join(step.text for step in steps) == REASONING
    assert [REASONING[step.start : step.end] for step in steps] == [step.text for step in steps]
    assert [step.index for step in steps] == list(range(len(steps)))


def test_each_step_knows_its_kind_group_and_episode() -> None:
    assert [(step.kind.value, step.group.value, step.episode) for step in steps_of(REASONING)] == [
        ("setup", "orient", 0),
        ("plan", "orient", 0),
        ("compute", "work", 0),
        ("doubt", "reflect", 0),
        ("switch", "reflect", 1),
        ("conclude", "conclude", 1),
        ("answer", "conclude", 1),
    ]


@given(st.text(max_size=400))
def test_any_text_has_steps(text: str) -> None:
    steps = steps_of(text)

    assert steps.text == text
    assert all(step.cue in step.text for step in steps)


def test_nothing_has_no_steps() -> None:
    assert steps_of("") == Steps()
    assert (len(steps_of("")), steps_of("").text) == (0, "")


def test_blanks_alone_are_a_step_of_no_kind() -> None:
    [step] = steps_of("  \n\n ")

    assert (step.text, step.kind, step.group) == ("  \n\n ", Kind.UNCLASSIFIED, Group.UNCLASSIFIED)


def test_steps_are_a_sequence() -> None:
    steps = steps_of(REASONING)

    assert isinstance(steps[0], Step)
    assert isinstance(steps[1:3], Steps)
    assert [*steps[1:3]] == [steps[1], steps[2]]
    assert steps[-1] in steps
    assert hash(steps) == hash(steps_of(REASONING))
    assert steps != list(steps)
    assert repr(steps) == "<Steps: 7 steps in 2 episodes>"
    assert repr(steps[:1]) == "<Steps: 1 step in 1 episode>"


def test_counted_tokens_are_shared_out_whole() -> None:
    counted = steps_of(REASONING, reasoning_tokens=1_000)
    estimated = steps_of(REASONING)

    assert sum(step.tokens for step in counted) == 1_000  # type: ignore[misc]  # None would fail it
    assert 40 < sum(step.tokens for step in estimated) < 120  # type: ignore[misc]  # None would fail it


def test_arrival_marks_time_the_steps() -> None:
    text = "The first sentence. The second sentence. The third sentence."
    marks = [(10, 1.0), (30, 2.0), (41, 4.5), (60, 5.0)]

    assert [step.seconds for step in steps_of(text, arrivals=marks)] == [0.5, 3.0, 0.5]


def test_without_two_marks_no_step_has_a_time() -> None:
    text = "The first sentence. The second sentence."

    assert [step.seconds for step in steps_of(text)] == [None] * 2
    assert [step.seconds for step in steps_of(text, arrivals=[(40, 1.0)])] == [None] * 2


def test_without_pandas_a_table_names_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_pandas(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pandas)

    with pytest.raises(ConfigurationError, match=r"qwq-magic\[data\]"):
        steps_of(REASONING).to_frame()


def test_a_table_has_a_row_per_step_and_a_column_per_field() -> None:
    pytest.importorskip("pandas")
    frame = steps_of(REASONING).to_frame()

    assert list(frame.columns) == (
        "index start end text kind cue group episode seconds tokens logprob entropy".split()  # noqa: SIM905
    )
    assert "".join(frame["text"]) == REASONING
    assert frame["kind"].iloc[4] == "switch"
    assert frame["seconds"].isna().all()
    assert list(steps_of("").to_frame().columns) == list(frame.columns)


def test_a_long_trace_has_thousands_of_steps() -> None:
    reasoning = (REASONING + "\n\n") * 300
    steps = steps_of(reasoning[:110_000])

    assert len(steps) > 2_000


@pytest.mark.parametrize(
    "text",
    ["...!!!???" * 20_000, "word " * 50_000, "等等" * 50_000, "$x " * 50_000, "\n\n" * 100_000],
)
def test_hostile_text_is_cut_without_a_loss(text: str) -> None:
    assert steps_of(text).text == text
