"""Whatever a server does wrong: the text is kept, memory stays valid, one line says why.

Each fault is played by a real server on a real socket, and met through a session.
"""

from __future__ import annotations

import asyncio
import gzip

from corpora import each
from faults.asking import Asking, assert_is_one_clean_line, nothing_has_arrived
from faults.table import (
    GZIP,
    INSTEAD_OF_A_STREAM,
    MID_STREAM,
    REFUSALS,
    Fault,
    native,
    stream,
)
from server import (
    ScriptedServer,
    chat,
    chat_steps,
    failure,
)

from qwq_magic import QwqError
from qwq_magic.advisors import Chain, ModelRulesAdvisor
from qwq_magic.advisors.model_rules import SessionNotices
from qwq_magic.client import HttpChatModel
from qwq_magic.events import AnswerDelta, Event, Notice, StreamFinished
from qwq_magic.settings import Settings
from qwq_magic.turns import ChatRequest, Message


@each(
    "fault",
    [*REFUSALS, *INSTEAD_OF_A_STREAM, *MID_STREAM],
    core=1,
    by=lambda fault: (fault.error, fault.status is None, bool(fault.waits)),
    ids=lambda fault: fault.name,
)
def test_a_fault_keeps_the_text_and_says_why(fault: Fault) -> None:
    tries = 1 + len(fault.waits)
    replies = [*[fault.reply] * tries, chat(answer="Fine.")]
    with nothing_has_arrived(), ScriptedServer(*replies) as server:
        asking = Asking(server.url, **fault.settings)

        error = asking.fail()

        assert type(error) is fault.error
        assert (error.status, error.code) == (fault.status, fault.code)
        assert (error.request_id, error.retryable) == (fault.request_id, fault.retryable)
        assert_is_one_clean_line(error.message, fault.said)
        assert asking.waits == list(fault.waits)
        assert_is_kept(asking, error, fault)
        assert_next_ask_works(asking, server, fault)


def assert_is_kept(asking: Asking, error: QwqError, fault: Fault) -> None:
    turn = error.partial
    assert turn is not None
    assert (turn.reasoning, turn.answer) == (fault.reasoning, fault.answer)
    assert (turn.state, turn.complete, turn.error) == ("error", False, error)
    assert [kept.to_dict() for kept in asking.session.memory.turns] == [turn.to_dict()]
    # Where nothing came, nothing is said to be kept.
    assert "The text so far is kept" not in error.message or fault.reasoning or fault.answer
    # Each wait was announced.
    announced = [line.partition("retrying in ")[2] for line in turn.notices]
    assert [line.split(" s")[0] for line in announced if line] == [f"{w:g}" for w in fault.waits]


def assert_next_ask_works(asking: Asking, server: ScriptedServer, fault: Fault) -> None:
    turn = asking.session.ask("second?")

    assert (turn.answer, turn.state) == ("Fine.", "complete")
    earlier = [("user", "first?"), ("assistant", fault.answer)] if fault.answer else []
    sent = [(m["role"], m["content"]) for m in server.requests[-1].json["messages"]]
    assert sent == [*earlier, ("user", "second?")]


def test_a_compressed_reply_is_read() -> None:
    steps = chat_steps(reasoning="Hm", answer="Yes." * 9)
    body = gzip.compress(b"".join(step for step in steps if isinstance(step, bytes)))
    with ScriptedServer(stream(*[body[at : at + 9] for at in range(0, 999, 9)], headers=GZIP)) as s:
        turn = Asking(s.url).session.ask("Hi")

    assert (turn.reasoning, turn.answer, turn.complete) == ("Hm", "Yes." * 9, True)


def test_a_retired_model_at_a_native_address_gives_way_to_its_successor() -> None:
    gone = failure(400, {"code": "InvalidParameter", "message": "Model not exist."})
    yes = {"output": {"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]}}
    with ScriptedServer(gone, stream(native(yes))) as server:
        model = HttpChatModel(
            Settings("dashscope", f"{server.origin}/api/v1", "qwq-plus", protocol="dashscope")
        )
        advisor = ModelRulesAdvisor(SessionNotices(), is_hosted=True, is_pinned=False)
        request = ChatRequest("Hi", "qwq-plus", (Message("user", "Hi"),))

        async def ask() -> list[Event]:
            return [event async for event in Chain([advisor], model).stream(request)]

        events = asyncio.run(ask())

    assert events == [
        Notice("qwq-plus has been retired; using qwen3.6-plus instead.", model="qwen3.6-plus"),
        AnswerDelta("Yes."),
        StreamFinished("stop"),
    ]
    assert server.requests[1].path.endswith("/multimodal-generation/generation")
    assert server.requests[1].json["parameters"]["enable_thinking"] is True
