"""`%qwq_models` and Tab after `-m`, in a real kernel in front of a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kernel import Kernel
from server import Reply, ScriptedServer, Step, failure

KEY = "sk-4c1d9e7a02f85b36qrst"


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel(QWQ_API_KEY=KEY) as kernel:
        kernel.run("%load_ext qwq_magic")
        yield kernel


def listing(*names: str, before: threading.Event | None = None) -> Reply:
    body: Any = {"data": [{"id": name} for name in names]}
    steps: list[Step] = [*([before] if before else []), json.dumps(body).encode()]
    return Reply(steps, 200, {"Content-Type": "application/json"})


def completions(kernel: Kernel, code: str) -> list[str]:
    reply = kernel.client.complete(code, len(code), reply=True, timeout=30)
    matches: list[str] = reply["content"]["matches"]
    return matches


def test_a_servers_models_are_listed_and_tab_knows_them(kernel: Kernel) -> None:
    with ScriptedServer(listing("llama3:8b", "qwq:32b", "a/b-thinking")) as server:
        kernel.point_at(server.url, "")

        done = kernel.run("%qwq_models")
        whole = completions(kernel, "%qwq -m qw")
        behind_colon = completions(kernel, "%%qwq -o x -m llama3:8")
        requests = [request.path for request in server.requests]

    assert [line.split() for line in done.final["text/plain"].splitlines()[5:8]] == [
        ["qwq:32b", "thinks"],
        ["a/b-thinking", "thinks"],
        ["llama3:8b"],
    ]
    assert len(done.of_type("display_data")) == 1
    assert whole == ["qwq:32b"]
    assert behind_colon == ["llama3:8b"]
    # Tab takes what was listed, and asks nobody.
    assert requests == ["/v1/models"]
    assert KEY not in json.dumps(done.messages, default=str)


def test_tab_does_not_wait_for_a_server_and_knows_its_models_later(kernel: Kernel) -> None:
    answer_now = threading.Event()
    with ScriptedServer(listing("zeta-model", before=answer_now)) as server:
        kernel.point_at(server.url, "")

        at_once = completions(kernel, "%qwq -m zet")
        server.wait_for_request()
        answer_now.set()
        kernel.run(
            "import time\n"
            "listed = get_ipython().magics_manager.registry['ModelMagics']._listed\n"
            "give_up_at = time.monotonic() + 10\n"
            "while 'zeta-model' not in listed.names() and time.monotonic() < give_up_at:\n"
            "    time.sleep(0.01)"
        )
        later = completions(kernel, "%qwq -m zet")

    assert (at_once, later) == ([], ["zeta-model"])
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%qwq_models --fresh", "Unexpected options. Use %qwq_models [-s SERVER] [TEXT]."),
        ("%qwq_models -s nope", "Unknown server 'nope'. Known: demo"),
        ("%qwq_models -s groq", "No key for groq."),
        ("%qwq_models -s demo", "The demo has recordings, not models."),
    ],
)
def test_who_cannot_be_asked_is_one_line(kernel: Kernel, line: str, message: str) -> None:
    done = kernel.run(line)

    assert message in done.text("stderr")
    assert done.text("stderr").count("\n") == 1


def test_a_server_without_a_list_is_one_clear_line(kernel: Kernel) -> None:
    with ScriptedServer(failure(404, {"error": "no"})) as server:
        kernel.point_at(server.url)

        done = kernel.run("%qwq_models")

    assert done.final["text/plain"].startswith("✗ 127.0.0.1:")
    assert "has no list of models. Take a name from its documentation" in done.final["text/plain"]


def test_an_interrupt_ends_the_wait(kernel: Kernel) -> None:
    never = threading.Event()
    with ScriptedServer(listing("m", before=never)) as server:
        kernel.point_at(server.url, "")
        asked = kernel.send("%qwq_models")
        server.wait_for_request()

        kernel.interrupt()

        done = kernel.collect(asked)
        assert server.requests[0].disconnected.wait(10)
        never.set()
    assert done.reply["status"] == "ok"
    assert done.final["text/plain"].startswith("■ Stopped.")
