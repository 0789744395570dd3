"""Forced answers along a reasoning, from a server that continues a given text."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from continuing import listing, llama_cpp
from server import DROP, Reply, Request, ScriptedServer, chat_steps, delta, failure

from qwq_magic import Budget, Prefix, QwqError, Session, Turn
from qwq_magic.studies import Probes, StudyCost
from qwq_magic.studies.places import even_places
from qwq_magic.studies.probes import PROBE_COLUMNS, forced_value

SENTENCES = (
    "We need the sum of the two rows of the table. ",
    "12 and 7 are the numbers of the first row. ",
    "So the first guess would be that it is 19. ",
    "Wait, the second row has to be counted as well. ",
    "Therefore the sum of both rows is 20 and not 19. ",
)
TURN = Turn(
    "studied", "Sum?", reasoning="".join(SENTENCES), answer="It is **20**.", server="llamacpp",
    model="m", complete=True,
)  # fmt: skip


def answering(request: Request) -> Reply:
    """The model says 19 until its reasoning has the second row."""
    if request.method == "GET":
        return listing("llamacpp")
    last = request.json["messages"][-1]
    value = 20 if "second row" in last["reasoning_content"] else 19
    return Reply(chat_steps(answer=[f"{value}", "}"], finish_reason="length"))


def _session(local: ScriptedServer, **settings: Any) -> Session:
    return Session(server="llamacpp", model="m", base_url=local.url, **settings)


def _sent(local: ScriptedServer) -> list[dict[str, Any]]:
    return [request.json for request in local.requests if request.method == "POST"]


def test_the_answer_is_forced_at_ends_of_steps_and_shows_when_it_was_known() -> None:
    with ScriptedServer(answering) as local:
        probes = _session(local).probe(TURN, n=6, concurrency=1)
        sent = _sent(local)

    assert [probe.place for probe in probes] == [0, 1, 2, 3, 4, 5]
    assert [probe.value for probe in probes] == ["19"] * 4 + ["20"] * 2
    assert (probes.flips, probes.settled) == (1, probes[4].share)
    assert probes.trajectory == {0: "19", 1: "19", 2: "19", 3: "19", 4: "20", 5: "20"}
    given = [body["messages"][-1] for body in sent]
    assert [message["reasoning_content"] for message in given] == [
        "".join(SENTENCES[:place]) for place in range(6)
    ]
    assert {message["content"] for message in given} == {"The final answer is \\boxed{"}
    assert {(body["max_tokens"], body["temperature"]) for body in sent} == {(16, 0)}


def test_a_probe_leaves_the_turn_and_the_conversation_as_they_are() -> None:
    with ScriptedServer(answering) as local:
        session = _session(local)
        probes = session.probe(TURN, n=3)

    assert len(session.memory.turns) == 0
    assert TURN.reasoning == "".join(SENTENCES)
    for probe in probes:
        assert probe.turn.parent is not None
        assert (probe.turn.parent.id, probe.turn.parent.kind) == ("studied", "probe")


def test_several_samples_are_counted_and_take_the_temperature_of_the_server() -> None:
    with ScriptedServer(answering) as local:
        probes = _session(local).probe(TURN, n=2, samples=3)
        sent = _sent(local)

    assert [(probe.place, probe.sample) for probe in probes] == [
        (place, sample) for place in (0, 5) for sample in (1, 2, 3)
    ]
    assert not any("temperature" in body for body in sent)


def test_what_was_asked_before_is_not_asked_again(tmp_path: Path) -> None:
    store = tmp_path / "probes.db"
    with ScriptedServer(answering) as local:
        _session(local).probe(TURN, n=3, store=store)
        first = len(_sent(local))
        probes = _session(local).probe(TURN, n=6, store=store)

    assert first == 3
    assert len(_sent(local)) == 6
    assert [probe.value for probe in probes] == ["19"] * 4 + ["20"] * 2


def test_a_failed_answer_is_a_probe_without_a_value() -> None:
    def failing(request: Request) -> Reply:
        is_first = (
            request.method == "POST" and not request.json["messages"][-1]["reasoning_content"]
        )
        return Reply(status=400) if is_first else answering(request)

    with ScriptedServer(failing) as local:
        probes = _session(local).probe(TURN, n=2)

    assert [probe.value for probe in probes] == [None, "20"]
    assert probes[0].turn.error is not None
    assert "– → 20" in repr(probes)
    assert probes.failure.startswith("1 of 2 probes failed. The first: ")


def test_a_probe_can_be_awaited() -> None:
    # A runner closes its loop also where another test has nested loops; `asyncio.run` does not.
    with ScriptedServer(answering) as local, asyncio.Runner() as runner:
        probes = runner.run(_session(local).probe_async(TURN, n=2))

    assert [probe.value for probe in probes] == ["19", "20"]


def test_the_cost_is_known_before_anything_is_sent() -> None:
    with ScriptedServer(answering) as local:
        cost = _session(local).probe_cost(TURN, n=6, samples=2)

    assert local.requests == []
    assert (cost.calls, cost.output_tokens) == (12, 12 * 16)
    assert cost.new_tokens < cost.input_tokens
    assert str(StudyCost(12, 34_000, 5_200, 192)) == (
        "12 calls · ≈ 34,000 tokens in, ≈ 5,200 of them new to a prefix cache · ≈ 192 out at most"
    )


def test_a_chinese_turn_is_asked_in_chinese() -> None:
    turn = Turn("c", "多少?", reasoning="先算总和。所以总和是二十。", answer="答案是20。")
    with ScriptedServer(llama_cpp) as local:
        probes = _session(local).probe(turn, n=2)

    assert probes[0].turn.prefix == Prefix("", closed=True, answer="最终答案是 \\boxed{")


@pytest.mark.parametrize(
    ("turn", "options", "message"),
    [
        (Turn("a", "", answer="12"), {}, "The turn has no reasoning to study. Choose a model"),
        (TURN, {"n": 0}, "n is 0. Use a whole number, 1 or more."),
        (TURN, {"samples": True}, "samples is True. Use a whole number, 1 or more."),
        (TURN, {"max_tokens": "16"}, "max_tokens is '16'. Use a whole number, 1 or more."),
        ("turn", {}, "str is not a turn. Pass a Turn."),
        (TURN, {"models": ["a", "b"]}, "Unknown setting 'models'. Did you mean model?"),
        (TURN, {"settle": 0.9}, "Unknown setting 'settle'."),
        (TURN, {"parameters": "hot"}, "parameters is 'hot'. Use a mapping of names to values."),
    ],
)
def test_what_cannot_be_probed_is_refused_before_anything_is_sent(
    turn: Any, options: dict[str, Any], message: str
) -> None:
    with ScriptedServer(answering) as local:
        with pytest.raises(QwqError) as error:
            _session(local).probe(turn, **options)
        assert str(error.value).startswith(message)
        assert local.requests == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": "many"}, "samples is 'many'. Use a whole number, 1 or more."),
        ({"max_tokens": 0}, "max_tokens is 0. Use a whole number, 1 or more."),
    ],
)
def test_no_cost_is_computed_of_numbers_that_cannot_be_asked_for(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(QwqError) as error:
        Session("demo").probe_cost(TURN, **options)
    assert str(error.value) == message


def _failing_after(count: int, failed: Reply) -> Callable[[Request], Reply]:
    """The model of `answering`, whose server breaks after so many answers."""
    asked = itertools.count()

    def play(request: Request) -> Reply:
        if request.method == "POST" and next(asked) >= count:
            return failed
        return answering(request)

    return play


def test_an_answer_that_broke_off_has_no_value_and_is_counted() -> None:
    cut = Reply([delta(content="1"), DROP])
    with ScriptedServer(_failing_after(4, cut)) as local:
        probes = _session(local).probe(TURN, n=6, concurrency=1)

    assert [probe.value for probe in probes] == ["19"] * 4 + [None] * 2
    assert probes[4].turn.answer == "The final answer is \\boxed{1"
    # A failure is not another answer.
    assert (probes.flips, probes.settled) == (0, None)
    assert probes.remarks == (probes.failure,)
    assert probes.failure.startswith("2 of 6 probes failed. The first: The connection to ")
    assert repr(probes) == "<Probes: 6 at 6 places (2 failed): 19 → –>"


def test_what_a_budget_left_out_is_named() -> None:
    with ScriptedServer(answering) as local:
        probes = _session(local).probe(TURN, n=6, concurrency=1, budget=Budget(tokens=60))

    missing = sum(probe.turn.state == "stopped" for probe in probes)
    assert missing
    assert probes.remarks == (
        f"{missing} of 6 probes were not asked, or did not end.",
        "The budget of 60 tokens is used up.",
    )


def test_quoted_probes_are_named_so_and_explained_where_the_model_only_thinks() -> None:
    def thinking(request: Request) -> Reply:
        if request.method == "GET":
            return failure(404, {})
        return Reply(chat_steps(reasoning="Okay, the user wants", finish_reason="length"))

    with ScriptedServer(thinking) as local:
        session = Session("dashscope", "qwq-plus", base_url=local.url, api_key="sk-" + "0" * 16)
        probes = session.probe(dataclasses.replace(TURN, model="qwq-plus"), n=2)

    assert [probe.value for probe in probes] == [None, None]
    quoted, empty = probes.remarks
    assert quoted.startswith("The server cannot continue a given text, so the reasoning was quoted")
    assert empty.startswith("No probe has a value. A model that thinks first")
    assert repr(probes) == "<Probes: 2 at 2 places (quoted): –>"


def test_probes_of_another_model_name_both() -> None:
    with ScriptedServer(answering) as local:
        probes = _session(local).probe(
            dataclasses.replace(TURN, model="elsewhere", server="x"), n=2
        )

    assert probes.remarks == ("The probes are from m, and the turn is from elsewhere.",)


def test_probes_are_data() -> None:
    with ScriptedServer(answering) as local:
        probes = _session(local).probe(TURN, n=2)
    frame = probes.to_frame()

    assert tuple(frame.columns) == PROBE_COLUMNS
    assert frame["is_final"].tolist() == [False, True]
    assert frame["answer"].tolist() == [
        "The final answer is \\boxed{19}",
        "The final answer is \\boxed{20}",
    ]
    assert isinstance(probes, Probes)
    assert repr(probes) == "<Probes: 2 at 2 places: 19 → 20, the final value from 100% on>"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("The final answer is \\boxed{\\frac{3}{8}}. So", "3/8"),
        ("The final answer is \\boxed{17", "17"),
        ("最终答案是 \\boxed{C}", "C"),
        ("The final answer is \\boxed{", None),
        ("The final answer is \\boxed{\\frac{3}{8", "3/8"),
        ("The final answer is \\boxed{\\sqrt{2", "sqrt(2)"),
        ("The final answer is \\boxed{\\frac{3", None),
        # Only what was asked for counts.
        ("The final answer is \\boxed{19}. Check: \\boxed{20}", "19"),
        ("The final answer is \\boxed{19}. Wait, no: it is 20", "19"),
        ("The final answer is \\boxed{The final answer is \\boxed{19}", "19"),
        ("Answer: 19", "19"),
    ],
)
def test_a_forced_answer_is_read_though_its_tokens_ran_out(answer: str, value: str | None) -> None:
    assert forced_value(answer) == value


def test_places_are_even_by_characters_and_never_the_same_twice() -> None:
    steps = TURN.steps

    assert even_places(steps, 6) == [0, 1, 2, 3, 4, 5]
    assert even_places(steps, 100) == [0, 1, 2, 3, 4, 5]
    assert even_places(steps, 2) == [0, 5]
    assert even_places(steps, 1) == [0]
    assert even_places(steps, 10**30) == [0, 1, 2, 3, 4, 5]
