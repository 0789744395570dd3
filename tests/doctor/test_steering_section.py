"""What the doctor reports of steering, for presets and for servers that were asked before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from server import Reply, Request, ScriptedServer, chat, failure

from qwq_magic import Prefix, Session
from qwq_magic.display.text.report import Section
from qwq_magic.doctor import Examination
from qwq_magic.doctor.steering_section import steering_section
from qwq_magic.settings import resolve
from qwq_magic.settings.layers import Choices, layer_of
from qwq_magic.settings.presets import DEMO, SERVERS, ServerPreset

KEY = "sk-0123456789abcdef0123456789"


def rows(**choices: Any) -> dict[str, str]:
    settings = resolve(Choices().override(api_key=KEY, **choices), {})
    return rows_of(steering_section(settings))


def rows_of(section: Section) -> dict[str, str]:
    assert section.table is not None
    return {row[0]: row[1] for row in section.table.rows}


@pytest.mark.parametrize(
    ("server", "continues", "ends", "budget"),
    [
        (
            "llamacpp",
            "natively, in the reasoning field",
            "natively, in the same reply",
            "thinking_budget, sent as thinking_budget_tokens: 0 tokens or more",
        ),
        (
            "vllm",
            "natively, in the content",
            "by closing the stream and going on from the text so far",
            "thinking_budget, sent as thinking_token_budget: 0 tokens or more",
        ),
        (
            "dashscope",
            "only quoted in the prompt",
            "by closing the stream and asking again, with the text so far as a quotation",
            "thinking_budget: 0 to 32,768 tokens",
        ),
        (
            "siliconflow",
            "not known yet: found out with the first act",
            "by closing the stream and going on from the text so far",
            "thinking_budget: 128 to 32,768 tokens",
        ),
        (
            "openai",
            "only quoted in the prompt",
            "by closing the stream and asking again, with the text so far as a quotation",
            "in this client; the server has no thinking_budget, so use reasoning_effort",
        ),
        (
            "sglang",
            "natively, in the content",
            "by closing the stream and going on from the text so far",
            "thinking_budget, sent as custom_params.thinking_budget: 0 tokens or more; the server "
            "has to be started with --enable-strict-thinking",
        ),
    ],
)
def test_a_preset_is_reported_as_it_is(server: str, continues: str, ends: str, budget: str) -> None:
    model = "qwq-plus" if server == "dashscope" else "m"

    assert rows(server=server, model=model) == {
        "continue a given text": continues,
        "end a reasoning": ends,
        "limit the reasoning": budget,
    }


def test_a_protocol_without_prefixes_only_quotes() -> None:
    found = rows(server="anthropic", model="m", protocol="anthropic")

    assert found["continue a given text"] == "only quoted in the prompt"
    assert found["limit the reasoning"] == "thinking_budget: 1,024 tokens or more"


def test_a_server_without_a_preset_is_known_after_the_first_act() -> None:
    def play(request: Request) -> Reply:
        if request.method == "GET":
            return failure(404, {"error": {"message": "no such path"}})
        return chat(reasoning="low, green", answer="Done.")

    with ScriptedServer(play) as server:
        choices = {"base_url": server.url, "model": "m"}
        before = rows(**choices)
        Session(**choices).ask("9.9?", prefix=Prefix("I "))  # type: ignore[arg-type]  # plain choices
        after = rows(**choices)

    assert before["continue a given text"] == "not known yet: found out with the first act"
    assert before["limit the reasoning"] == (
        "in this client; no thinking_budget is known for this server"
    )
    assert after["continue a given text"] == "natively, in the reasoning field"


def test_an_examination_has_the_section_without_a_request_of_its_own() -> None:
    with ScriptedServer(chat(answer="OK")) as server:
        choices: dict[str, Any] = {"base_url": server.url, "model": "m"}
        examination = Examination(
            Session(**choices),
            layer_of(choices, "here"),
            front_end=Section("Front end"),
            environ={},
            addresses=(),
        )
        last = list(examination.reports())[-1]

        assert len([request for request in server.requests if request.method == "POST"]) == 1
    titles = [section.title for section in last.sections]
    assert titles == ["Settings", "Steering", "Servers on this machine", "Front end", "Versions"]


def test_the_demo_has_branches() -> None:
    examination = Examination(
        Session("demo"), {}, front_end=Section("Front end"), environ={}, addresses=()
    )
    last = list(examination.reports())[-1]
    [section] = [section for section in last.sections if section.title == "Steering"]

    assert rows_of(section)["continue a given text"] == "natively, with prewritten branches"


def test_the_page_on_steering_has_the_table_of_the_presets() -> None:
    page = Path(__file__).parents[2] / "docs" / "steering.md"
    written = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| `")]

    assert written == [_row_of(preset) for preset in SERVERS.values() if preset is not DEMO]


def _row_of(preset: ServerPreset) -> str:
    continues = {
        "reasoning_field": "natively, in the reasoning field",
        "think_in_content": "natively, in the content",
        "none": "quoted",
        "auto": "found out with the first act",
    }[preset.continues]
    budget = preset.spellings.get("thinking_budget")
    sent = "not known" if budget is None else f"`{budget.path}`" if budget.path else "none"
    ends = "natively" if preset.ends_reasoning else "closes the stream"
    return f"| `{preset.name}` | {continues} | {ends} | {sent} |"
