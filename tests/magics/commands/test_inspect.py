"""`%qwq_inspect` in a real kernel, and in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clean_environment import clean_environment
from kernel import Execution, Kernel
from shell import piped_ipython

DECIMALS = "Which is larger, 9.11 or 9.9?"
VIEW = "application/vnd.jupyter.widget-view+json"
MIMES = ["application/vnd.qwq.turn.v1+json", "text/markdown", "text/plain"]


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel() as kernel:
        kernel.run("%load_ext qwq_magic")
        kernel.run(f"%%qwq -o reply\n{DECIMALS}")
        kernel.run(f"%%qwq -o reply\n{DECIMALS}")
        kernel.run(f"%%qwq -o other\n{DECIMALS}", cell_id="cell-2")
        yield kernel


def complaint(done: Execution) -> str:
    assert done.of_type("display_data") == []
    return done.text("stderr").strip()


def test_a_notebook_gets_a_widget_that_gives_way_where_the_renderer_is(kernel: Kernel) -> None:
    done = kernel.run("%qwq_inspect")
    assert list(done.final) == [VIEW, "text/markdown", "text/plain"]
    model_id = done.final[VIEW]["model_id"]

    message = {"method": "custom", "content": {"type": "renderer"}}
    content = {"comm_id": model_id, "data": message}
    heard = kernel.client.session.msg("comm_msg", content)
    kernel.client.shell_channel.send(heard)
    answered = kernel.collect(
        heard["header"]["msg_id"], until=lambda seen: bool(seen.of_type("comm_close"))
    )
    [update] = answered.of_type("update_display_data")
    assert list(update["data"]) == MIMES
    assert update["data"][MIMES[0]]["view"]["inspect"] is True
    assert update["transient"] == done.of_type("display_data")[-1]["transient"]
    assert kernel.value(f"'{model_id}' in get_ipython().kernel.comm_manager.comms") == "False"


@pytest.mark.parametrize("turns", ["long", "long reply"])
def test_who_inspects_a_long_reasoning_is_told_what_they_wait_for(
    kernel: Kernel, turns: str
) -> None:
    kernel.run("reply_data = reply.to_dict()\nreply_data['reasoning'] *= 12")
    kernel.run("long = type(reply).from_dict(reply_data)")

    done = kernel.run(f"%qwq_inspect {turns}")

    [first] = done.of_type("display_data")
    assert list(first["data"]) == ["text/plain"]
    assert first["data"]["text/plain"].endswith(" characters of reasoning …")
    [then] = done.of_type("update_display_data")
    assert list(then["data"]) == [VIEW, "text/markdown", "text/plain"]
    assert then["transient"] == first["transient"]


def test_a_batch_gets_the_bundle_at_once(kernel: Kernel) -> None:
    done = kernel.run("%qwq_inspect 1", cell_id=None, allow_stdin=False)

    assert list(done.final) == MIMES
    assert done.turn["view"] == {"show": "both", "start": "auto", "inspect": True}
    assert done.of_type("comm_open") == []


def test_turns_go_by_number_attempt_and_name(kernel: Kernel) -> None:
    def inspected(line: str) -> tuple[int, int]:
        done = kernel.run(f"%qwq_inspect {line}", cell_id=None, allow_stdin=False)
        return done.turn["number"], done.turn["attempt"]

    assert [inspected(line) for line in ("", "1", "1.1", "reply", "-c main 2", "2 -c main")] == [
        (2, 1),
        (1, 2),
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 1),
    ]


def test_a_turn_shows_its_inspector_as_the_value_of_a_cell(kernel: Kernel) -> None:
    done = kernel.run("reply.inspect()", cell_id=None, allow_stdin=False)

    assert done.turn["view"]["inspect"] is True
    assert done.of_type("execute_result") == []


def test_a_loaded_turn_is_inspected_like_any_other(kernel: Kernel, tmp_path: Path) -> None:
    kernel.run(f"%qwq_memory save {tmp_path / 'kept.jsonl'}")
    with Kernel() as fresh:
        fresh.run("%load_ext qwq_magic")
        fresh.run(f"%qwq_memory load {tmp_path / 'kept.jsonl'}")
        done = fresh.run("%qwq_inspect 2", cell_id=None, allow_stdin=False)

    assert (done.turn["number"], done.turn["steps"][:1]) == (2, "U")


def test_two_turns_are_compared(kernel: Kernel) -> None:
    done = kernel.run("%qwq_inspect 1 2", cell_id=None, allow_stdin=False)

    assert "Comparison of demo" in done.final["text/plain"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("7", "No turn 7 in conversation 'main', which has 2."),
        ("1.3", "Turn 1 has no attempt 3. The latest is 2."),
        ("nobody", "'nobody' is not a turn. Use a turn number from %qwq_memory"),
        ("-c", "-c needs the name of a conversation"),
        ("1 2 3", "3 turns cannot be inspected at once. Use one turn, or two to compare."),
        ('-c "two words" 1', "Unknown conversation 'two words'. Conversations: main."),
        ("-c empty", "Unknown conversation 'empty'. Conversations: main."),
    ],
)
def test_what_cannot_be_inspected_is_said_in_one_line(
    kernel: Kernel, line: str, words: str
) -> None:
    said = complaint(kernel.run(f"%qwq_inspect {line}"))

    assert said.startswith(f"UsageError: {words}")
    assert "\n" not in said


def test_a_terminal_gets_a_readable_outline(tmp_path: Path) -> None:
    code = f"%load_ext qwq_magic\n%qwq {DECIMALS}\nprint('=' * 9)\n%qwq_inspect"
    environ = clean_environment(IPYTHONDIR=str(tmp_path), QWQ_DEMO_SPEED="1e9", NO_COLOR="1")
    done = piped_ipython(code, environ)

    outline = done.stdout.partition("=" * 9)[2].strip().splitlines()
    assert outline[0].startswith("Reasoning of demo")
    assert "22 steps, ≈ 1 episode" in outline[1]
    assert "Episode 1 · 22 steps" in outline
    [seen] = [line.split() for line in outline if "⚑" in line and "first seen" not in line]
    assert seen[:4] == ["12", "compute", "⚑", "90"]
    assert done.stderr == ""
