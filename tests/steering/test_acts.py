"""Acts on a turn, on a real socket: what is sent, and what the new turn holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from continuing import (
    ANSWER,
    EDITED,
    EDITED_ANSWER,
    REASONING,
    SENTENCES,
    HeldServer,
    dashscope,
    llama_cpp,
    sglang,
    vllm,
)
from fakes import OnceEndlessModel, ScriptedModel
from server import Reply, Request, ScriptedServer, chat, failure

from qwq_magic import Prefix, Session, Turn
from qwq_magic.client.continuations import Continuations
from qwq_magic.errors import ConfigurationError
from qwq_magic.events import ReasoningDelta
from qwq_magic.session.run import Run
from qwq_magic.settings import Settings

NATIVE = {"llamacpp": llama_cpp, "vllm": vllm, "sglang": sglang}
Play = Callable[[Request], Reply]


def _session(local: ScriptedServer, server: str, **settings: Any) -> Session:
    return Session(server=server, model="m", base_url=local.url, api_key="k", **settings)


def _stopped(turn: Turn, steps: int = 2) -> Turn:
    """The turn as it would be if it had been stopped after so many steps."""
    text = "".join(SENTENCES[:steps])
    return Turn.from_dict(
        {
            **turn.to_dict(),
            "reasoning": text,
            "answer": "",
            "complete": False,
            "finish_reason": None,
        }
    )


@pytest.mark.parametrize(("server", "play"), NATIVE.items())
def test_a_given_reasoning_goes_on_where_it_ends(server: str, play: Play) -> None:
    with ScriptedServer(play) as local:
        given = "".join(SENTENCES[:2])
        turn = _session(local, server).ask("9.9 or 9.11?", prefix=Prefix(given))

    assert turn.reasoning == REASONING
    assert turn.answer.strip() == ANSWER
    assert turn.prefix == Prefix(given)
    assert turn.prefix.way == "native"
    assert turn.parent is None


@pytest.mark.parametrize(("server", "play"), NATIVE.items())
def test_a_closed_reasoning_is_answered_at_once(server: str, play: Play) -> None:
    with ScriptedServer(play) as local:
        turn = _session(local, server).ask("9.9 or 9.11?", prefix=Prefix(SENTENCES[0], closed=True))

    assert (turn.reasoning, turn.answer) == (SENTENCES[0], ANSWER)


@pytest.mark.parametrize("server", NATIVE)
@pytest.mark.parametrize("texts", [[" So", " yes."], [" ", "So yes."], ["So yes."]])
def test_a_space_at_the_end_of_a_given_text_is_not_doubled(server: str, texts: list[str]) -> None:
    with ScriptedServer(chat(reasoning=texts, answer=" 42")) as local:
        turn = _session(local, server).ask("9.9?", prefix=Prefix("Hm. "))
        [sent] = [r.json["messages"][-1] for r in local.requests if r.method == "POST"]

    assert (sent.get("reasoning_content") or sent["content"]).endswith("Hm. ")
    assert (turn.reasoning, turn.answer) == ("Hm. So yes.", " 42")


def test_a_space_at_the_end_of_a_given_answer_is_not_doubled() -> None:
    with ScriptedServer(chat(answer=" larger.")) as local:
        given = Prefix("Hm. ", closed=True, answer="9.9 is ")
        turn = _session(local, "llamacpp").ask("9.9?", prefix=given)
        sent = local.requests[0].json["messages"][-1]

    assert (sent["reasoning_content"], sent["content"]) == ("Hm. ", "9.9 is ")
    assert turn.answer == "9.9 is larger."


def test_a_server_that_cannot_continue_gets_the_text_as_a_quotation() -> None:
    with ScriptedServer(dashscope) as local:
        turn = _session(local, "dashscope").ask("9.9?", prefix=Prefix(SENTENCES[0], closed=True))
        [sent] = [r.json for r in local.requests if r.method == "POST"]

    [message] = sent["messages"]
    assert message["role"] == "user"
    assert message["content"].startswith("9.9?\n\n")
    assert SENTENCES[0] in message["content"]
    assert (turn.reasoning, turn.answer) == (SENTENCES[0], ANSWER)
    assert turn.prefix is not None
    assert turn.prefix.way == "quoted"
    assert any("quoted" in notice for notice in turn.notices)
    # The turn keeps what was asked, so that it can be asked again.
    assert [m.text for m in turn.messages] == ["9.9?"]


def test_a_python_model_gets_the_text_as_a_quotation() -> None:
    model = ScriptedModel()

    turn = Session(model=model).ask("9.9?", prefix=Prefix("Let me see. "))

    assert model.requests[0].prefix is None
    assert "Let me see. " in model.requests[0].messages[-1].text
    assert turn.reasoning == "Let me see. Hm. Yes."
    assert turn.prefix is not None
    assert turn.prefix.way == "quoted"


@pytest.mark.parametrize(("server", "play"), NATIVE.items())
def test_answer_now_answers_from_the_reasoning_of_a_stopped_turn(server: str, play: Play) -> None:
    with ScriptedServer(play) as local:
        session = _session(local, server)
        whole = session.ask("9.9?")
        turn = session.answer_now(_stopped(whole))

    assert (turn.reasoning, turn.answer) == ("".join(SENTENCES[:2]), ANSWER)
    assert turn.parent is not None
    assert (turn.parent.id, turn.parent.kind, turn.parent.way) == (whole.id, "answer_now", "native")
    # An attempt of its own, beside its parent.
    assert session.memory.attempts(1) == (whole, turn)


def test_a_reply_whose_thinking_took_all_tokens_is_rescued() -> None:
    replies = iter([chat(reasoning=SENTENCES[0], finish_reason="length"), None])

    def play(request: Request) -> Reply:
        return next(replies) or llama_cpp(request)

    with ScriptedServer(play) as local:
        session = _session(local, "llamacpp")
        cut = session.ask("9.9?")
        turn = session.answer_now(cut)

    assert cut.answer == ""
    assert turn.parent is not None
    assert turn.parent.kind == "rescue"
    assert turn.answer == ANSWER


@pytest.mark.parametrize(("server", "play"), NATIVE.items())
def test_a_stopped_turn_continues(server: str, play: Play) -> None:
    with ScriptedServer(play) as local:
        session = _session(local, server)
        turn = session.go_on(_stopped(session.ask("9.9?")))

    assert (turn.reasoning, turn.answer.strip()) == (REASONING, ANSWER)
    assert turn.parent is not None
    assert turn.parent.kind == "continue"


def test_an_answer_that_was_cut_continues_as_an_answer() -> None:
    answers = iter([chat(reasoning="Hm.", answer="9.9 is", finish_reason="length"), None])

    def play(request: Request) -> Reply:
        if reply := next(answers):
            return reply
        assert request.json["continue_final_message"] == "content"
        assert request.json["messages"][-1] == {
            "role": "assistant",
            "content": "9.9 is",
            "reasoning_content": "Hm.",
        }
        return chat(answer=" larger.")

    with ScriptedServer(play) as local:
        session = _session(local, "llamacpp")
        turn = session.go_on(session.ask("9.9?"))

    assert (turn.reasoning, turn.answer) == ("Hm.", ANSWER)


def test_a_whole_turn_has_nothing_to_continue() -> None:
    with ScriptedServer(llama_cpp) as local:
        session = _session(local, "llamacpp")
        turn = session.ask("9.9?")
        with pytest.raises(ConfigurationError, match="nothing to continue"):
            session.go_on(turn)

        assert len(local.requests) == 1


@pytest.mark.parametrize(("server", "play"), NATIVE.items())
def test_an_edited_step_leads_elsewhere(server: str, play: Play) -> None:
    with ScriptedServer(play) as local:
        session = _session(local, server)
        whole = session.ask("9.9?")
        turn = session.fork(whole, 3, "These are section numbers. ")

    assert turn.reasoning == SENTENCES[0] + SENTENCES[1] + "These are section numbers. " + EDITED
    assert turn.answer == EDITED_ANSWER
    assert turn.parent is not None
    assert (turn.parent.step, turn.parent.kind) == (3, "edit")


def test_a_step_is_sampled_again_with_the_messages_and_parameters_of_its_turn() -> None:
    with ScriptedServer(llama_cpp) as local:
        session = _session(local, "llamacpp", system="Be brief.")
        session.ask("First.")
        whole = session.ask("9.9?", parameters={"temperature": 0.5})
        session.memory.clear()
        turn = session.fork(whole, 2)
        first, *_, last = (r.json for r in local.requests[1:])

    assert last["messages"][:-1] == first["messages"]
    assert last["messages"][-1]["reasoning_content"] == SENTENCES[0]
    assert last["temperature"] == 0.5
    assert turn.parent is not None
    assert turn.parent.kind == "resample"


def test_an_act_reports_no_context_since_its_messages_have_the_earlier_turns() -> None:
    with ScriptedServer(llama_cpp) as local:
        session = _session(local, "llamacpp")
        session.ask("First.")
        turn = session.fork(session.ask("9.9?"), 2)

    assert turn.messages[0].text == "First."
    assert not [notice for notice in turn.notices if notice.startswith("context:")]


def test_several_replies_are_asked_for_and_kept_beside_their_parent() -> None:
    with ScriptedServer(llama_cpp) as local:
        session = _session(local, "llamacpp")
        whole = session.ask("9.9?")
        turns = session.fork(whole, 2, n=3)

        assert isinstance(turns, list)
        assert session.memory.attempts(1) == (whole, *turns)
        assert len(session.memory) == 1


@pytest.mark.parametrize("step", [0, 6, -1, True, 1.5])
def test_a_step_that_does_not_exist_costs_no_request(step: Any) -> None:
    with ScriptedServer(llama_cpp) as local:
        session = _session(local, "llamacpp")
        whole = session.ask("9.9?")
        with pytest.raises(ConfigurationError, match="from 1 to 5"):
            session.fork(whole, step)

        assert len(local.requests) == 1


def test_a_finished_reasoning_is_reopened() -> None:
    with ScriptedServer(llama_cpp) as local:
        session = _session(local, "llamacpp")
        whole = session.ask("9.9?")
        turn = session.think_on(whole)

    assert turn.reasoning == f"{REASONING}Wait{EDITED}"
    assert turn.prefix is not None
    assert turn.prefix.reasoning == f"{REASONING}Wait"


def test_acts_have_twins_for_async_code() -> None:
    async def act(session: Session, whole: Turn) -> list[Turn | list[Turn]]:
        return [
            await session.answer_now_async(_stopped(whole)),
            await session.go_on_async(_stopped(whole)),
            await session.think_on_async(whole),
            await session.fork_async(whole, 2),
        ]

    with ScriptedServer(llama_cpp) as local:
        session = _session(local, "llamacpp")
        turns = asyncio.run(act(session, session.ask("9.9?")))

    kinds = [turn.parent.kind for turn in turns if isinstance(turn, Turn) and turn.parent]
    assert kinds == ["answer_now", "continue", "edit", "resample"]


@pytest.mark.parametrize("owner", ["llamacpp", "vllm"])
def test_a_server_at_an_address_is_known_by_its_list(owner: str) -> None:
    play = NATIVE[owner]
    with ScriptedServer(play) as local:
        session = Session(base_url=local.url, model="m")
        turn = session.ask("9.9?", prefix=Prefix(SENTENCES[0]))
        session.ask("9.9?", prefix=Prefix(SENTENCES[0]))

        assert [r.method for r in local.requests] == ["GET", "POST", "POST"]
    assert turn.reasoning == REASONING


@pytest.mark.parametrize(
    ("continues", "tried"), [("reasoning_field", 1), ("think_in_content", 2), ("none", 2)]
)
def test_an_unknown_server_is_asked_once(continues: str, tried: int) -> None:
    probes: list[Any] = []

    def play(request: Request) -> Reply:
        if request.method == "GET":
            return failure(404, {"error": {"message": "no such path"}})
        last = request.json["messages"][-1]
        if not str(last.get("reasoning_content") or last["content"]).endswith("yel"):
            return chat(reasoning="thought", answer="Done.")
        probes.append(request.json)
        is_field = bool(last.get("reasoning_content"))
        if continues == ("reasoning_field" if is_field else "think_in_content"):
            return chat(reasoning="low, green")
        # Fields that are not known are ignored, and a new reply begins.
        return chat(reasoning="Okay, the user")

    with ScriptedServer(play) as local:
        session = Session(base_url=local.url, model="m")
        turn = session.ask("9.9?", prefix=Prefix("I "))
        session.ask("9.9?", prefix=Prefix("I "))

    assert len(probes) == tried
    assert all(probe["max_tokens"] <= 16 for probe in probes)
    assert turn.prefix is not None
    assert turn.prefix.way == ("quoted" if continues == "none" else "native")


def test_given_text_is_counted_nowhere() -> None:
    usage = {"prompt_tokens": 90, "completion_tokens": 30, "total_tokens": 120}
    given = "I was told that one is one. " * 40

    with ScriptedServer(chat(reasoning="So it is 1.", answer="1", usage=usage)) as local:
        turn = _session(local, "llamacpp").ask("1?", prefix=Prefix(given))

    assert turn.usage.output_tokens == 30
    assert turn.given == (len(given), 0)
    assert turn.metrics.reasoning_tokens < 30
    assert turn.metrics.steps == 1
    assert turn.metrics.loops == 0
    assert turn.metrics.repetition == 0
    assert sum(step.tokens or 0 for step in turn.steps if step.start < len(given)) == 0


def test_a_steered_turn_is_saved_and_loaded_as_it_is(tmp_path: Any) -> None:
    with ScriptedServer(llama_cpp) as local:
        session = _session(local, "llamacpp")
        session.fork(session.ask("9.9?"), 2, "No. ")
        session.memory.save(tmp_path / "c.jsonl")
        other = Session()
        other.memory.load(tmp_path / "c.jsonl")

    assert other.memory.attempts(1) == session.memory.attempts(1)
    assert other.memory.turns[0].parent is not None


def test_forks_of_a_turn_that_was_dropped_stay_together() -> None:
    with ScriptedServer(llama_cpp) as local:
        session = _session(local, "llamacpp")
        whole = session.ask("9.9?")
        session.memory.drop(1)
        forks = session.fork(whole, 2), session.fork(whole, 3)

        assert session.memory.attempts(1) == forks


def test_a_key_in_given_text_costs_no_request() -> None:
    key = "sk-abcdefghijklmnop1234"
    with ScriptedServer(llama_cpp) as local:
        session = Session(server="llamacpp", model="m", base_url=local.url, api_key=key)
        whole = session.ask("9.9?")
        acts: list[Callable[[], object]] = [
            lambda: session.fork(whole, 2, f"My key is {key}."),
            lambda: session.think_on(whole, key),
            lambda: session.ask("9.9?", prefix=Prefix(key)),
            lambda: session.ask("9.9?", prefix=Prefix("Hm.", closed=True, answer=key)),
        ]
        for act in acts:
            with pytest.raises(ConfigurationError, match="key") as caught:
                act()
            assert key not in str(caught.value)

        assert len(local.requests) == 1


def test_a_wrong_type_is_a_clear_error() -> None:
    wrong: Any = None
    with ScriptedServer(llama_cpp) as local:
        session = _session(local, "llamacpp")
        whole = session.ask("9.9?")
        for wrong in ("Let me see.", {"reasoning": "x"}, 5):
            with pytest.raises(ConfigurationError, match="Pass Prefix"):
                session.ask("9.9?", prefix=wrong)
        wrong = 5
        with pytest.raises(ConfigurationError, match="Pass a string"):
            session.fork(whole, 2, wrong)
        wrong = None
        with pytest.raises(ConfigurationError, match="not a turn"):
            session.fork(wrong, 2)
        with pytest.raises(ConfigurationError, match="not a turn"):
            session.go_on(wrong)

        assert len(local.requests) == 1


def test_a_server_that_is_too_slow_to_be_asked_gets_a_quotation() -> None:
    async def send(_request: object, _way: object) -> str:
        raise TimeoutError

    with ScriptedServer(failure(404, {})) as local:
        settings = Settings(server="custom", base_url=local.url, model="m")
        found = asyncio.run(Continuations().of(settings, "m", send))

    assert found == "none"


def test_answer_now_closes_the_stream_and_goes_on_in_the_same_turn() -> None:
    held = HeldServer(vllm)
    with held.server as local:
        session = _session(local, "vllm")
        with session.start("9.9?") as run:
            _press_when_thinking(run)
            turn = run.turn()
        first = local.requests[0]
        assert first.disconnected.wait(5)

    assert (turn.reasoning.rstrip(), turn.answer) == ("".join(SENTENCES[:2]).rstrip(), ANSWER)
    assert turn.complete
    assert turn.prefix is None
    assert turn.stopped_by is not None
    assert (turn.stopped_by.limit, turn.stopped_by.way) == ("user", "native")
    assert len(session.memory) == 1
    assert session.memory.turns[0].answer == ANSWER
    # Only a part of the tokens was counted.
    assert turn.usage.output_tokens is None


def test_answer_now_is_told_to_a_server_that_can_end_a_reasoning() -> None:
    told: list[Any] = []

    def play(request: Request) -> Reply:
        if request.path.endswith("/control"):
            told.append(request.json)
            held.gate.set()
            return failure(200, {"success": True})
        return llama_cpp(request)

    held = HeldServer(play)
    with held.server as local:
        session = _session(local, "llamacpp")
        with session.start("9.9?") as run:
            _press_when_thinking(run)
            turn = run.turn()

        assert [r.path for r in local.requests] == [
            "/v1/chat/completions",
            "/v1/chat/completions/control",
        ]
        assert local.requests[0].json["reasoning_control"] is True
    assert told == [{"id": "c1", "action": "reasoning_end"}]
    assert turn.answer == ANSWER
    assert turn.stopped_by is not None
    assert (turn.stopped_by.limit, turn.stopped_by.way) == ("user", "native")


def test_a_server_that_does_not_end_its_reasoning_is_asked_again() -> None:
    def play(request: Request) -> Reply:
        if request.path.endswith("/control"):
            return failure(200, {"success": False, "message": "not armed"})
        return llama_cpp(request)

    held = HeldServer(play)
    with held.server as local:
        session = _session(local, "llamacpp")
        with session.start("9.9?") as run:
            _press_when_thinking(run)
            turn = run.turn()

    assert turn.answer == ANSWER


def test_a_second_press_stops() -> None:
    def play(request: Request) -> Reply:
        if request.json["messages"][-1]["role"] == "assistant":
            return Reply([held.gate])
        return vllm(request)

    held = HeldServer(play)
    with held.server as local:
        session = _session(local, "vllm")
        with session.start("9.9?") as run:
            _press_when_thinking(run)
            assert local.requests[0].disconnected.wait(5)
            run.answer_now()
            turn = run.turn()
        held.gate.set()

    assert turn.state == "stopped"
    assert turn.reasoning.rstrip() == "".join(SENTENCES[:2]).rstrip()


def test_answer_now_before_any_thought_waits_for_one() -> None:
    with ScriptedServer(vllm) as local:
        session = _session(local, "vllm")
        with session.start("9.9?") as run:
            run.answer_now()
            turn = run.turn()

    assert turn.answer == ANSWER
    assert turn.complete


def test_answer_now_is_asked_of_a_python_model_as_well() -> None:
    model = OnceEndlessModel([ReasoningDelta("Hm. ")])

    with Session(model=model).start("9.9?") as run:
        for event in run.events():
            if isinstance(event, ReasoningDelta):
                run.answer_now()
                break
        turn = run.turn()

    assert model.is_closed
    assert turn.reasoning == "Hm. Hm. Yes."
    assert turn.answer == "42"
    assert turn.stopped_by is not None
    assert turn.stopped_by.way == "quoted"


def _press_when_thinking(run: Run) -> None:
    thought = ""
    for event in run.events():
        thought += event.text if isinstance(event, ReasoningDelta) else ""
        if "equal." in thought:
            run.answer_now()
            return
