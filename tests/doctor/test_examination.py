"""An examination in front of real servers."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest
from server import Reply, Request, ScriptedServer, Step, chat, delta, failure

from qwq_magic import Session
from qwq_magic.display.text.report import Report, Section
from qwq_magic.doctor import Examination
from qwq_magic.doctor.first_text import check_model
from qwq_magic.settings.layers import layer_of

KEY = "sk-0123456789abcdef0123456789"
FRONT_END = Section("Front end")


def examine(
    *addresses: str, environ: Mapping[str, str] | None = None, **choices: Any
) -> list[Report]:
    examination = Examination(
        Session(**choices),
        layer_of(choices, "here"),
        front_end=FRONT_END,
        environ=environ or {},
        addresses=addresses,
    )
    return list(examination.reports())


def rows(report: Report, title: str) -> list[tuple[str, ...]]:
    [section] = [section for section in report.sections if section.title == title]
    return [] if section.table is None else list(section.table.rows)


def test_a_model_that_answers_is_well_and_is_asked_for_no_more() -> None:
    reached, never = threading.Event(), threading.Event()
    steps: list[Step] = [delta(reasoning_content="Hm"), reached.set, never]
    with ScriptedServer(Reply(steps)) as server:
        reports = examine(base_url=server.url, model="m", system="Be brief.")

        assert server.requests[0].disconnected.wait(10)
        never.set()
        sent = server.requests[0].json
    status = reports[-1].status
    assert (status.state, reports[-1].is_last) == ("ok", True)
    works = rf"m at {re.escape(server.url[7:-3])} works: first token after \d+\.\d\d s\."
    assert re.fullmatch(works, status.text)
    assert [message["content"] for message in sent["messages"]] == ["Be brief.", "Reply with OK."]


def test_the_first_report_comes_before_anything_is_asked() -> None:
    with ScriptedServer(chat(answer="ok")) as server:
        session = Session(base_url=server.url, model="m")
        examination = Examination(session, {}, front_end=FRONT_END, addresses=())
        with closing(examination.reports()) as reports:
            first, second = next(reports), next(reports)
            stopped = examination.stopped()

        assert (first.status.state, first.sections) == ("running", ())
        assert rows(second, "Settings")[0][0] == "server"
        assert (stopped.status.state, stopped.is_last) == ("stopped", True)
        assert server.requests == []


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (failure(401, {"error": {"message": f"Wrong key {KEY}"}}), "Check the key from api_key"),
        (failure(404, {"error": {"message": "model not found"}}), "Choose a model that this"),
        (chat(), "ended its reply without any text"),
    ],
)
def test_a_failure_is_the_exact_one_with_its_fix_and_without_the_key(
    reply: Reply, message: str
) -> None:
    with ScriptedServer(reply) as server:
        reports = examine(base_url=server.url, model="m", api_key=KEY)

    assert reports[-1].status.state == "failed"
    assert message in reports[-1].status.text
    assert not [report for report in reports if KEY in report.markdown() + report.plain(width=90)]


def test_a_model_that_says_nothing_is_given_up() -> None:
    never = threading.Event()
    with ScriptedServer(Reply([never])) as server:
        session = Session(base_url=server.url, model="m")
        statuses = list(check_model(session, timeout_s=1))

        assert server.requests[0].disconnected.wait(10)
        never.set()
    assert "sent no text within 1 s" in statuses[-1].text
    assert {status.state for status in statuses[:-1]} == {"running"}


def test_whoever_stops_taking_reports_stops_the_request() -> None:
    never = threading.Event()
    with ScriptedServer(Reply([never])) as server:
        session = Session(base_url=server.url, model="m")
        examination = Examination(session, {}, front_end=FRONT_END, addresses=())
        with closing(examination.reports()) as reports:
            while not server.requests:
                next(reports)

        assert server.requests[0].disconnected.wait(10)
        never.set()
    assert len(session.memory) == 0


def test_a_missing_key_is_told_without_asking_anybody() -> None:
    reports = examine(server="groq")

    assert reports[-1].status.text.startswith("No key for groq. Set GROQ_API_KEY")
    assert rows(reports[-1], "Settings") == [
        ("server", "groq", "here"),
        ("model", "openai/gpt-oss-120b", "default of groq"),
        ("base URL", "https://api.groq.com/openai/v1", "default of groq"),
        ("key", "none", "not set: GROQ_API_KEY"),
    ]


def test_a_newcomer_with_a_local_server_is_told_what_to_type() -> None:
    def answer(request: Request) -> Reply:
        body = {"data": [{"id": "qwq:32b", "owned_by": "vllm"}, {"id": "x", "owned_by": "vllm"}]}
        return Reply([json.dumps(body).encode()], framing="length")

    with ScriptedServer(answer) as server:
        last = examine(server.url)[-1]

    lines = (
        '%config QwqMagics.server = "vllm"',
        f'%config QwqMagics.base_url = "{server.url}"',
        '%config QwqMagics.model = "qwq:32b"',
    )
    assert last.status.state == "failed"
    assert last.status.text.endswith(f"Type: {'; '.join(lines)}")
    assert rows(last, "Servers on this machine") == [
        ("vllm", server.url, "qwq:32b (thinks), x", "\n".join(lines))
    ]


def test_the_key_is_named_by_its_source_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(chat(answer="ok")) as server:
        for name, value in {
            "QWQ_BASE_URL": server.url,
            "QWQ_MODEL": "m",
            "QWQ_API_KEY": KEY,
            "QWQ_PARAMETERS": json.dumps({"user": KEY[:-1]}),
        }.items():
            monkeypatch.setenv(name, value)
        from os import environ

        reports = examine(environ=environ)

    assert ("key", "found", "QWQ_API_KEY") in rows(reports[-1], "Settings")
    assert not [report for report in reports if KEY[:-4] in report.markdown()]


def test_a_key_that_is_not_for_this_host_is_said_to_be_there() -> None:
    environ = {"QWQ_API_KEY": KEY, "QWQ_BASE_URL": "http://other.example/v1"}

    last = examine(environ=environ, base_url="http://127.0.0.1:9/v1", model="m")[-1]

    assert (
        "key",
        "none",
        "QWQ_API_KEY is set, but not for 127.0.0.1:9: see QWQ_BASE_URL",
    ) in rows(last, "Settings")


@pytest.mark.parametrize("place", ["127.0.0.1:9", "127.0.0.1:nine"])
def test_a_refused_address_is_shown_without_its_password(place: str) -> None:
    last = examine(base_url=f"http://user:passw0rd@{place}/v1", model="m")[-1]

    assert last.status.state == "failed"
    assert ("base_url", f"http://***@{place}/v1", "here") in rows(last, "Settings")
    assert "passw0rd" not in last.markdown()
