"""What each server accepts of the three words for thinking, and where they have no effect."""

from __future__ import annotations

from typing import Any

import pytest
from server import ScriptedServer, chat

from qwq_magic import Session
from qwq_magic.errors import UnsupportedFeature
from qwq_magic.settings.presets import SERVERS
from qwq_magic.wire.parameters import spelled


def _asked(server: str, *, parameters: dict[str, Any], **call: Any) -> tuple[Any, list[Any]]:
    """The turn, and the bodies that a server of this preset received."""
    with ScriptedServer(chat(answer="Yes.")) as local:
        session = Session(server=server, base_url=local.url, model="m", api_key="k")
        turn = session.ask("Why?", parameters=parameters, **call)
    return turn, [request.json for request in local.requests]


@pytest.mark.parametrize(
    ("server", "word", "hint"),
    [
        ("groq", "thinking_budget", "use reasoning_effort"),
        ("deepseek", "thinking_budget", "use reasoning_effort"),
        ("together", "thinking_budget", "use reasoning_effort"),
        ("openai", "thinking_budget", "use reasoning_effort"),
        ("xai", "thinking_budget", "use reasoning_effort"),
        ("fireworks", "thinking_budget", "use reasoning_effort"),
        ("ollama", "thinking_budget", "use reasoning_effort"),
        ("lmstudio", "thinking_budget", "use reasoning_effort"),
        ("tgi", "thinking_budget", "it has no parameter for this"),
        ("tgi", "reasoning_effort", "it has no parameter for this"),
        ("tgi", "enable_thinking", "it has no parameter for this"),
        ("transformers", "reasoning_effort", "use enable_thinking"),
        ("transformers", "thinking_budget", "use max_tokens"),
        ("ollama", "n", "it generates one reply"),
    ],
)
def test_a_word_without_effect_is_not_sent_and_that_is_shown(
    server: Any, word: Any, hint: Any
) -> None:
    turn, [body] = _asked(server, parameters={word: 2})

    assert turn.notices == (f"{word} has no effect on {turn.server}, so it is not sent; {hint}.",)
    assert word not in body
    assert 2 not in body.values()


@pytest.mark.parametrize("protocol", ["responses", "ollama"])
def test_a_budget_has_no_effect_in_protocols_without_one(protocol: Any) -> None:
    preview = Session(base_url="http://127.0.0.1:9", protocol=protocol, model="m").preview(
        "Why?", parameters={"thinking_budget": 2000, "n": 2}
    )

    assert preview.notices == (
        "thinking_budget has no effect on 127.0.0.1:9, so it is not sent; use reasoning_effort.",
        "n has no effect on 127.0.0.1:9, so it is not sent; it generates one reply.",
    )
    assert "2000" not in str(preview.fields)


def test_a_word_without_effect_is_mentioned_once_a_session() -> None:
    with ScriptedServer(chat(answer="Yes.")) as local:
        session = Session(
            server="lmstudio", base_url=local.url, model="m", parameters={"thinking_budget": 9}
        )

        notices = [session.ask("Why?").notices for _ in range(3)]

    assert [len(lines) for lines in notices] == [1, 0, 0]


@pytest.mark.parametrize(
    ("server", "parameters", "body"),
    [
        ("sglang", {"thinking_budget": 9}, {"custom_params": {"thinking_budget": 9}}),
        ("llamacpp", {"thinking_budget": 0}, {"thinking_budget_tokens": 1}),
        (
            "llamacpp",
            {"reasoning_effort": "low", "enable_thinking": True},
            {"chat_template_kwargs": {"enable_thinking": True, "reasoning_effort": "low"}},
        ),
        ("deepseek", {"reasoning_effort": "medium"}, {"reasoning_effort": "high"}),
        ("ollama", {"reasoning_effort": "xhigh"}, {"reasoning_effort": "max"}),
        ("xai", {"reasoning_effort": "minimal"}, {"reasoning_effort": "low"}),
        ("groq", {"reasoning_effort": "max"}, {"reasoning_effort": "high"}),
        ("openai", {"reasoning_effort": "minimal"}, {"reasoning_effort": "minimal"}),
    ],
)
def test_a_value_is_sent_as_the_server_spells_it(server: Any, parameters: Any, body: Any) -> None:
    assert spelled(parameters, SERVERS[server].spellings) == body


@pytest.mark.parametrize(
    ("server", "parameters", "message"),
    [
        ("openai", {"reasoning_effort": "extreme"}, "Use one of none, minimal, low, medium, high"),
        ("ollama", {"reasoning_effort": 3}, "Use one of none, low, medium, high, max."),
        ("deepseek", {"reasoning_effort": "none"}, "Use one of low, high, max."),
        ("groq", {"reasoning_effort": True}, "Use one of none, default, low"),
        ("vllm", {"thinking_budget": "lots"}, "Use a whole number of tokens, 0 or more."),
        ("llamacpp", {"thinking_budget": -1}, "Use a whole number of tokens, 0 or more."),
        ("openrouter", {"thinking_budget": 2.5}, "Use a whole number of tokens, 0 or more."),
        ("sglang", {"thinking_budget": True}, "Use a whole number of tokens, 0 or more."),
        ("siliconflow", {"thinking_budget": 64}, "tokens from 128 to 32,768."),
        ("siliconflow", {"thinking_budget": 40_000}, "tokens from 128 to 32,768."),
    ],
)
def test_a_value_out_of_bounds_is_refused_before_it_is_sent(
    server: Any, parameters: Any, message: Any
) -> None:
    with ScriptedServer() as local:
        session = Session(server=server, base_url=local.url, model="m", api_key="k")
        with pytest.raises(UnsupportedFeature) as caught:
            session.ask("Why?", parameters=parameters)

    assert message in str(caught.value)
    assert local.requests == []


@pytest.mark.parametrize(
    ("model", "budget", "is_refused"),
    [
        ("qwq-plus", 32_768, False),
        ("qwq-plus", 32_769, True),
        ("qwen3.8-max", 262_145, True),
        ("qwen3.6-plus", 80_000, False),
    ],
)
def test_the_highest_budget_depends_on_the_hosted_model(
    model: Any, budget: Any, is_refused: Any
) -> None:
    session = Session(server="dashscope", model=model, api_key="k")

    try:
        session.preview("Why?", parameters={"thinking_budget": budget})
        message = ""
    except UnsupportedFeature as error:
        message = str(error)

    assert ("accepts a thinking_budget of at most" in message) == is_refused


@pytest.mark.parametrize(
    ("budget", "is_refused"), [(1023, True), (1, True), ("9k", True), (0, False), (1024, False)]
)
def test_a_budget_of_the_messages_api_has_a_lowest_value(budget: Any, is_refused: Any) -> None:
    session = Session(server="anthropic", model="claude-haiku-4-5", api_key="k")

    try:
        session.preview("Why?", parameters={"thinking_budget": budget})
        message = ""
    except UnsupportedFeature as error:
        message = str(error)

    assert ("Use a whole number of tokens, 1,024 or more." in message) == is_refused


def test_a_budget_that_the_server_has_to_be_started_for_is_sent_with_a_hint() -> None:
    turn, [body] = _asked("sglang", parameters={"thinking_budget": 900})

    assert body["custom_params"] == {"thinking_budget": 900}
    assert turn.notices == (
        "For thinking_budget to have an effect on sglang, the server has to be started with "
        "--enable-strict-thinking.",
    )


@pytest.mark.parametrize(
    ("replies", "notices"),
    [
        (2, ("n=2 costs double and only the first reply is shown.",)),
        (3, ("n=3 costs 3 times as much and only the first reply is shown.",)),
        (1, ()),
        (True, ()),
        ("2", ()),
        (None, ()),
    ],
)
def test_several_replies_are_sent_for_with_their_price(replies: Any, notices: Any) -> None:
    turn, [body] = _asked("vllm", parameters={"n": replies})

    assert turn.notices == notices
    assert body["n"] == replies


def test_a_server_that_is_not_known_gets_every_parameter_unchanged() -> None:
    parameters = {"thinking_budget": "any", "reasoning_effort": 7, "enable_thinking": "perhaps"}
    with ScriptedServer(chat(answer="Yes.")) as local:
        turn = Session(base_url=local.url, model="m").ask("Why?", parameters=parameters)

    body = local.requests[0].json
    assert {name: body[name] for name in parameters} == parameters
    assert turn.notices == ()
