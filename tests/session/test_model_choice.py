"""A model that nobody named is chosen from what the server offers, with one request a kernel."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fakes import ScriptedModel
from server import Reply, Request, ScriptedServer, chat, failure

from qwq_magic import Session
from qwq_magic.display.text.report import Report
from qwq_magic.errors import ConfigurationError, ModelNotFound
from qwq_magic.session.model_choice import MODEL_CHOICES, choice_among
from qwq_magic.settings.model_rules import thinks
from qwq_magic.settings.presets import SERVERS
from qwq_magic.wire.model_list import ListedModel

ANSWER = chat(answer="Yes.")


def _listing(*names: str) -> Reply:
    return failure(200, {"object": "list", "data": [{"id": name} for name in names]})


def _server(listed: Any, answer: Any = ANSWER) -> ScriptedServer:
    def play(request: Request) -> Reply:
        is_list = request.method == "GET"
        reply = listed if is_list else answer
        return reply(request) if callable(reply) else reply  # type: ignore[no-any-return]  # the scripted replies have no types

    return ScriptedServer(play)


def _session(local: ScriptedServer, server: str = "dashscope", **settings: Any) -> Session:
    return Session(server=server, base_url=local.url, api_key="k", **settings)


def _asked(local: ScriptedServer) -> list[str]:
    """Which model each request was for; `list` for the list of models."""
    return ["list" if r.method == "GET" else r.json["model"] for r in local.requests]


@pytest.mark.parametrize(
    ("server", "offered", "model", "notice"),
    [
        ("dashscope", ("qwen3.6-plus", "qwq-plus"), "qwq-plus", ""),
        (
            "dashscope",
            ("qwen3.8-max", "qwen3.6-plus"),
            "qwen3.6-plus",
            "Using qwen3.6-plus: {} does not offer qwq-plus.",
        ),
        ("deepseek", ("deepseek-flash",), "deepseek-flash", "does not offer deepseek-v4-pro."),
        ("ollama", ("llama3:8b", "qwq:32b"), "qwq:32b", ""),
        ("ollama", ("qwq:latest",), "qwq:latest", ""),
        ("vllm", ("mine",), "mine", "Using mine: the only model that vllm offers."),
        (
            "lmstudio",
            ("text-embedding-nomic", "llama-3"),
            "llama-3",
            "Using llama-3: the only model that lmstudio offers.",
        ),
        (
            "llamacpp",
            ("llama-3", "glm-5-air", "kimi-k3"),
            "glm-5-air",
            "Using glm-5-air: the first reasoning model that llamacpp offers.",
        ),
        ("litellm", ("one",), "one", "Using one: the only model that litellm offers."),
    ],
)
def test_the_model_is_chosen_from_the_list(
    server: Any, offered: Any, model: Any, notice: Any
) -> None:
    with _server(_listing(*offered)) as local:
        session = _session(local, server)
        run = session.start("Why?")
        turn = run.turn()
        again = session.ask("Why?")

    assert _asked(local) == ["list", model, model]
    assert (turn.model, run.request.model, again.model) == (model, model, model)
    assert again.notices == ()
    if notice:
        assert notice.format(turn.server) in turn.notices[0]
    else:
        assert turn.notices == ()


def test_the_list_is_had_once_a_kernel_for_all_sessions_and_conversations() -> None:
    with _server(_listing("qwen3.6-plus")) as local:
        runs = [_session(local).start("Why?", conversation=name) for name in ("a", "b")]
        for run in runs:
            run.turn()
        _session(local).ask("Why?")

    assert sorted(_asked(local)) == ["list", *["qwen3.6-plus"] * 3]


@pytest.mark.parametrize("how", ["session", "call", "cell"])
def test_a_named_model_causes_no_look_at_the_list(how: Any, monkeypatch: Any) -> None:
    with _server(_listing("other")) as local:
        if how == "cell":
            monkeypatch.setenv("QWQ_MODEL", "mine")
        session = Session(
            base_url=local.url, server="vllm", model="mine" if how != "call" else None
        )
        session.ask("Why?", model="mine" if how == "call" else None)

    assert _asked(local) == ["mine"]


def test_neither_the_demo_nor_a_model_object_has_a_list() -> None:
    model = ScriptedModel()

    Session(model=model).ask("Why?")
    Session(server="demo").ask("Which is larger, 9.11 or 9.9?")

    assert [request.model for request in model.requests] == ["scripted-1"]


@pytest.mark.parametrize(
    "listed",
    [
        failure(404, {}),
        failure(500, {}),
        failure(401, {"error": {"message": "no"}}),
        failure(200, b"<html>"),
        _listing(),
    ],
)
def test_without_a_list_the_first_preference_is_used(listed: Any) -> None:
    with _server(listed) as local:
        turn = _session(local, "vllm").ask("Why?")

    assert turn.model == "Qwen/QwQ-32B"
    assert turn.notices == ()


def test_a_server_that_is_slow_with_its_list_is_waited_for_once(monkeypatch: Any) -> None:
    monkeypatch.setattr("qwq_magic.session.model_choice.TIMEOUT_S", 0.05)
    never = threading.Event()
    with _server(Reply([never])) as local:
        session = _session(local, "vllm")
        models = [session.ask("Why?").model for _ in range(2)]
        never.set()

    assert models == ["Qwen/QwQ-32B"] * 2
    assert _asked(local).count("list") == 1


def test_a_server_without_a_suitable_model_gets_no_prompt() -> None:
    with _server(_listing("llama-3", "mistral-7b")) as local:
        run = _session(local, "ollama").start("Why?")
        error = run.turn().error

    assert isinstance(error, ConfigurationError)
    assert "Choose one with -m MODEL, such as llama-3, mistral-7b" in str(error)
    assert not [request for request in local.requests if request.path.endswith("completions")]


def test_a_preset_without_preferences_or_list_needs_a_name() -> None:
    with _server(failure(404, {})) as local:
        error = _session(local, "litellm").start("Why?").turn().error

    assert "No model is set for litellm" in str(error)
    assert _asked(local) == ["list"]


def test_a_model_that_is_gone_is_looked_up_again() -> None:
    listings = iter([_listing("deepseek-flash"), _listing("deepseek-v4-pro")])
    gone = failure(404, {"error": {"message": "model not found", "code": "model_not_found"}})

    def answer(request: Request) -> Reply:
        return gone if request.json["model"] == "deepseek-flash" else ANSWER

    with _server(lambda _: next(listings), answer) as local:
        session = _session(local, "deepseek")
        with pytest.raises(ModelNotFound):
            session.ask("Why?")
        session.ask("Why?")

    assert _asked(local) == ["list", "deepseek-flash", "list", "deepseek-v4-pro"]


@pytest.mark.parametrize(
    ("offered", "parameters", "sent"),
    [
        ("qwen3.6-plus", {}, {"enable_thinking": True}),
        ("qwen3.6-plus", {"thinking_budget": 9}, {"thinking_budget": 9}),
        ("qwen3.6-plus", {"enable_thinking": False}, {"enable_thinking": False}),
        ("qwq-plus", {}, {}),
    ],
)
def test_a_chosen_model_thinks_unless_the_user_decides(
    offered: Any, parameters: Any, sent: Any
) -> None:
    with _server(_listing(offered)) as local:
        _session(local).ask("Why?", parameters=parameters)

    words = {"enable_thinking", "thinking_budget"}
    assert {k: v for k, v in local.requests[1].json.items() if k in words} == sent


def test_the_limit_of_a_prompt_is_that_of_the_chosen_model() -> None:
    long = "word " * 120_000
    with _server(_listing("qwen3.6-plus")) as local:
        assert _session(local).ask(long).complete
    MODEL_CHOICES.clear()
    with _server(_listing("qwq-plus")) as local:
        error = _session(local).start(long).turn().error

    assert "qwq-plus accepts at most 98,304" in str(error)
    assert _asked(local) == ["list"]


def test_a_stopped_prompt_waits_for_no_list() -> None:
    never = threading.Event()
    with _server(Reply([never])) as local:
        with _session(local).start("Why?") as run:
            local.wait_for_request()
            run.stop()
        turn = run.turn()
        never.set()

    assert (turn.complete, turn.error) == (False, None)
    assert _asked(local) == ["list"]


def test_a_dry_run_asks_no_server_and_leaves_the_model_open() -> None:
    with _server(_listing("qwen3.6-plus")) as local:
        session = _session(local)
        before = session.preview("Why?")
        assert local.requests == []
        session.ask("Why?")
        after = session.preview("Why?")

    assert "is asked which models it offers" in before.notices[0]
    assert (after.model, after.notices) == ("qwen3.6-plus", ())
    assert _asked(local) == ["list", "qwen3.6-plus"]


def test_the_doctor_shows_which_model_was_taken_and_why() -> None:
    from qwq_magic.display.text.report import Section
    from qwq_magic.doctor.examination import Examination

    with _server(_listing("llama-3", "qwen3.6-35b")) as local:
        session = _session(local, "sglang")
        examination = Examination(session, {}, front_end=Section("Front end"), addresses=())
        last: Report = list(examination.reports())[-1]

    settings = next(section for section in last.sections if section.title == "Settings")
    assert settings.table is not None
    assert (
        "model",
        "qwen3.6-35b",
        "the first reasoning model that sglang offers",
    ) in [tuple(row) for row in settings.table.rows]
    assert "qwen3.6-35b at sglang works" in last.status.text


DEAD = {
    "deepseek-reasoner",
    "deepseek-chat",
    "qwen/qwen3-32b",
    "deepseek-ai/DeepSeek-R1",
    "accounts/fireworks/models/deepseek-r1-0528",
}


@pytest.mark.parametrize("server", [s for s in SERVERS.values() if s.preferences])
def test_no_preset_prefers_a_model_that_is_gone(server: Any) -> None:
    assert not DEAD & set(server.preferences)


@pytest.mark.parametrize("server", SERVERS.values(), ids=lambda server: server.name)
def test_each_preference_is_found_in_a_list_of_its_own(server: Any) -> None:
    for name in server.preferences:
        choice = choice_among([ListedModel("other", False), ListedModel(name, True)], server, "s")

        assert choice is not None
        assert choice.model == name


@pytest.mark.parametrize(
    "name",
    [
        "deepseek-v4-pro",
        "deepseek-flash",
        "deepseek-ai/DeepSeek-V4-Flash",
        "moonshotai/Kimi-K2.6",
        "accounts/fireworks/models/kimi-k2p6",
        "kimi-k3",
        "gemini-3.1-pro",
        "google/gemini-2.5-flash",
        "gemma4:27b",
        "google/gemma-4-31B-it",
        "ByteDance-Seed/Seed-OSS-36B-Instruct",
        "doubao-seed-1.6",
        "nvidia/nemotron-3-nano",
        "tencent/hunyuan-a13b-instruct",
        "stepfun-ai/step3",
        "mimo-v2-flash",
        "inclusionAI/Ring-1T",
        "ernie-x1.1",
        "allenai/olmo-3-32b-think",
        "qwen4-plus",
        "claude-opus-5-5",
        "claude-fable-5-2",
        "gpt-5.6",
        "grok-4.5",
        "glm-5.2",
        "minimax-m3",
        "openai/gpt-oss-120b",
    ],
)
def test_current_families_are_known_to_think(name: Any) -> None:
    assert thinks(name)


@pytest.mark.parametrize(
    "name",
    [
        "gemma-3-27b-it",
        "gemini-3-pro-image",
        "gemini-embedding-001",
        "moonshotai/Kimi-K2-Instruct",
        "deepseek-v3",
        "llama-3.3-70b-versatile",
        "granite-4.1-8b",
        "qwen4-embedding",
        "string-theory-7b",
        "mistral-7b",
    ],
)
def test_families_that_do_not_think_are_not_taken_for_it(name: Any) -> None:
    assert not thinks(name)
