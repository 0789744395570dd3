"""A server that echoes the key, in a real kernel: no place that can be looked at shows it."""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from kernel import Execution, Kernel
from server import DONE, Reply, Request, ScriptedServer, chat_steps, delta, failure, sse

# `/` and `+`, so that the encoded forms differ.
KEY = "sk-4c1d9e7a/02f85b+36qrstuv"
ENCODED = base64.b64encode(KEY.encode()).decode()
QUOTED = urllib.parse.quote(KEY, safe="")
# What gives a part of the key away that is worth something.
TRACES = (KEY[:11], KEY[3:14], KEY[-8:], ENCODED[:16], ENCODED[-10:], QUOTED[3:15])

FORMS = {
    "whole": [KEY],
    "in a sentence": [f"Your key is {KEY}, is it not?"],
    "in two deltas": [f"It is {KEY[:13]}", f"{KEY[13:]}."],
    "in many deltas": list(KEY),
    "Base64": [f"Basic {ENCODED} "],
    "Base64 in deltas": ["Basic ", *ENCODED],
    "URL-encoded": [f"?key={QUOTED}&x=1"],
    "with an unseen sequence between": ["\x1b[0m".join(KEY)],
    "with unseen characters between": ["\u200b".join(KEY)],
    "its end": [f"ends in {KEY[-8:]}"],
    "its beginning": [f"begins with {KEY[:16]}"],
}


def echo(texts: list[str]) -> Reply:
    return Reply(chat_steps(reasoning=texts, answer=texts))


def counted_in_between(reply: Reply) -> Reply:
    """With a count of tokens behind every delta, as native DashScope sends it."""
    count = sse({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    return Reply([step + count for step in reply.steps if isinstance(step, bytes)])


def cut_in_reads(body: bytes) -> Reply:
    """Cut in the middle of the key's every occurrence, and in the middle of its escape."""
    return Reply([body[at : at + 7] for at in range(0, len(body), 7)])


REPLIES: dict[str, Reply] = {
    **{name: echo(texts) for name, texts in FORMS.items()},
    "in counted deltas": counted_in_between(echo(list(KEY))),
    "in reads": cut_in_reads(b"".join(s for s in echo([KEY]).steps if isinstance(s, bytes))),
    "escaped": Reply(
        [delta(content=KEY).replace(b"sk-4", rb"\u0073k\u002d4"), delta("stop"), DONE]
    ),
    "as the reason": Reply([delta(KEY, content="x"), DONE]),
    "as the model": Reply([sse({"model": KEY, "choices": []}), *chat_steps(answer="x")]),
    "in an error": failure(401, {"error": {"message": f"Bad {KEY} {ENCODED}", "code": KEY}}),
    "in an error in the stream": Reply([delta(content="x"), sse({"error": {"message": KEY}})]),
    # Asked again at once: this is not about waiting.
    "in a page": Reply(
        [f"<title>{KEY}</title>".encode()],
        502,
        {"Content-Type": "text/event-stream", "Retry-After": "0"},
    ),
    "in a line that is none": Reply([f"data: {KEY}\n\n".encode(), DONE]),
    "in a redirect": Reply(
        status=307, headers={"Location": f"https://{KEY.replace('/', '')}/?{QUOTED}"}
    ),
    "in a header": Reply(
        chat_steps(answer="x"),
        headers={"Content-Type": "text/event-stream", "X-Echo": KEY, "X-Request-Id": KEY},
    ),
    "in an encoding": Reply([b"x"], headers={"Content-Encoding": KEY}),
}

SET_UP = """
import io, logging, pickle
from qwq_magic import notebook_session
logged = io.StringIO()
logging.basicConfig(stream=logged, level=logging.DEBUG, force=True)
"""
EVERYWHERE = """
turn = _qwq
print(repr(turn), turn.to_dict(), turn.messages, turn.notices, turn.usage)
print(turn.error and (turn.error, turn.error.args, turn.error.to_dict(), vars(turn.error)))
print(turn.steps, turn.code, pickle.dumps(turn), pickle.loads(pickle.dumps(turn)))
print(vars(notebook_session()), notebook_session().memory.turns)
print(open(saved).read())
print(logged.getvalue())
"""


@pytest.fixture(scope="module")
def place() -> dict[str, Reply]:
    """Where the tests put what the server replies."""
    return {}


@pytest.fixture(scope="module")
def server(place: dict[str, Reply]) -> Iterator[ScriptedServer]:
    def reply(_: Request) -> Reply:
        return place["reply"]

    with ScriptedServer(reply) as server:
        yield server


@pytest.fixture(scope="module")
def kernel(server: ScriptedServer) -> Iterator[Kernel]:
    with Kernel(QWQ_BASE_URL=server.url, QWQ_MODEL="m", QWQ_API_KEY=KEY) as kernel:
        kernel.run("%load_ext qwq_magic")
        kernel.run(SET_UP)
        kernel.run("%xmode Verbose")
        yield kernel


@pytest.mark.parametrize("name", REPLIES)
def test_an_echoed_key_shows_nowhere(
    kernel: Kernel,
    server: ScriptedServer,
    place: dict[str, Reply],
    name: str,
    tmp_path: Path,
) -> None:
    place["reply"] = REPLIES[name]
    saved = tmp_path / "saved.json"

    shown = [
        kernel.run("%%qwq --fresh\nhi"),
        kernel.run(f"saved = {str(saved)!r}\nnotebook_session().memory.save(saved)"),
        kernel.run(EVERYWHERE),
        kernel.run("_qwq"),
        kernel.run("%config QwqMagics"),
        kernel.run("notebook_session().ask('hi')"),
    ]

    assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    told = told_by(*shown)
    # All of it was really there to be seen: the logs, the file, the pickle, the settings.
    there = (
        "receive_response_headers",
        "qwq_magic.conversation",
        "qwq_magic.turns.turn",
        "KeyTrait",
    )
    assert [word for word in there if word not in told] == []
    assert [trace for trace in TRACES if trace in told] == []


def told_by(*executions: Execution) -> str:
    """All that was sent to the front end, without colours, which could cut a key up."""
    told = json.dumps([execution.messages for execution in executions], default=str)
    return re.sub(r"(\\\\)?\\u001b\[[0-9;]*m", "", told)


def test_a_panel_that_breaks_shows_no_key_in_a_verbose_traceback(
    kernel: Kernel,
    place: dict[str, Reply],
    failing_panel: Callable[[], AbstractContextManager[None]],
) -> None:
    place["reply"] = echo([KEY])
    with failing_panel():
        done = kernel.run("%%qwq -c broken\nhi")

    assert done.reply["ename"] == "RuntimeError"
    told = told_by(done)
    # The locals of the frames are shown.
    assert "event = ReasoningDelta(text='***')" in told
    assert [trace for trace in TRACES if trace in told] == []
