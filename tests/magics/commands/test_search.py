"""`%qwq_search` in a real kernel, and in a terminal."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from clean_environment import clean_environment
from display import inertness
from hostile.corpus import TEXTS
from kernel import TURN_MIME, Execution, Kernel
from server import Reply, Request, ScriptedServer, chat
from shell import piped_ipython

REASONING = "Let me compare the decimals first. Then 9.11 is smaller than 9.9. So that settles it."


def _reply(request: Request) -> Reply:
    prompt = request.json["messages"][-1]["content"]
    return chat(reasoning=REASONING if "larger" in prompt else "Hm.", answer=f"needle {prompt}")


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(_reply) as server:
        yield server


def _ready(kernel: Kernel, server: ScriptedServer, store: str = "") -> Kernel:
    kernel.run("%load_ext qwq_magic\nfrom qwq_magic import notebook_session")
    kernel.point_at(server.url)
    kernel.run(f"%config QwqMagics.store = {store!r}")
    return kernel


@pytest.fixture(scope="module")
def kernel(server: ScriptedServer) -> Iterator[Kernel]:
    with Kernel() as kernel:
        _ready(kernel, server)
        for cell, prompt in enumerate(["Which is larger?", "鸡兔同笼", "And larger still?"]):
            kernel.run(f"%%qwq\n{prompt}", cell_id=f"cell-{cell}")
        yield kernel


def _search(kernel: Kernel, line: str) -> Execution:
    return kernel.run(f"%qwq_search {line}", cell_id=None, allow_stdin=False)


def _rows(done: Execution) -> list[list[str]]:
    """The rows of the table, without its headings."""
    lines = [line for line in done.final["text/markdown"].split("\n") if line.startswith("| ")]
    return [
        [inertness.Page(cell).text.strip() for cell in line[2:-2].split(" | ")]
        for line in lines[1:]
    ]


def test_hits_are_listed_with_the_names_to_inspect_them_by(kernel: Kernel) -> None:
    done = _search(kernel, "needle")

    assert done.text("stderr") == ""
    assert [row[:4] for row in _rows(done)] == [
        ["1", "3", "main", "answer"],
        ["2", "2", "main", "answer"],
        ["3", "1", "main", "answer"],
    ]
    assert "%qwq_search needle --open 1 opens the inspector" in done.final["text/plain"]


@pytest.mark.parametrize(("line", "turn"), [("9.11 --open 2", 1), ("9.11 --open 1", 3)])
def test_a_hit_opens_the_inspector_at_its_step(kernel: Kernel, line: str, turn: int) -> None:
    opened, said = _search(kernel, line).of_type("display_data")

    data = opened["data"][TURN_MIME]
    assert data["number"] == turn
    assert data["view"] == {"show": "both", "start": "auto", "inspect": True, "step": 2}
    assert said["data"]["text/plain"].startswith("step 2 of 3: ")


def test_a_single_hit_opens_at_once(kernel: Kernel) -> None:
    [opened, said] = _search(kernel, "鸡兔 笼").of_type("display_data")

    assert opened["data"][TURN_MIME]["view"].get("step") is None
    assert opened["data"][TURN_MIME]["number"] == 2
    assert said["data"]["text/plain"] == "answer: needle 鸡兔同笼"


def test_a_question_mark_is_part_of_the_text(kernel: Kernel) -> None:
    assert len(_rows(_search(kernel, "needle larger?"))) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "Name words to search for"),
        ('"*"', "Name words to search for"),
        ("needle --open", "--open needs a number"),
        ("needle --open x", "--open needs a number"),
        ("needle --open 9", "There is no hit 9: 3 were found."),
        ("needle --limit 0", "--limit needs a number"),
    ],
)
def test_a_mistake_is_one_line(kernel: Kernel, line: str, message: str) -> None:
    [said] = _search(kernel, line).text("stderr").splitlines()

    assert message in said


def test_no_hit_is_one_line(kernel: Kernel) -> None:
    done = _search(kernel, "xylophone")

    assert done.final["text/plain"] == "No turn in the memory of this kernel has: xylophone"


def test_a_limit_shows_the_latest(kernel: Kernel) -> None:
    done = _search(kernel, "needle --limit 2")

    assert [row[1] for row in _rows(done)] == ["3", "2"]
    assert "These are the latest 2; --limit shows more." in done.final["text/plain"]


def test_a_rerun_and_another_conversation_have_names_too(kernel: Kernel) -> None:
    kernel.run("%%qwq\nWhich is larger?", cell_id="cell-0")
    kernel.run("%%qwq -c other\nlarger elsewhere", cell_id="cell-9")

    rows = _rows(_search(kernel, "9.11"))

    assert [row[1] for row in rows][1:] == ["1", "3", "1.1"]
    name = rows[0][1]
    assert rows[0][2] == "other"
    done = kernel.run(f"%qwq_inspect {name}", cell_id=None, allow_stdin=False)
    assert done.turn["conversation"] == "other"


def test_options_are_completed(kernel: Kernel) -> None:
    reply = kernel.client.complete("%qwq_search needle --o", reply=True, timeout=60)

    assert "--open" in reply["content"]["matches"]


def test_turns_of_a_killed_kernel_are_found_and_inspected(
    server: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "notes.db"
    with Kernel() as first:
        _ready(first, server, str(path))
        first.run("%%qwq\nWhich is larger?")
        os.kill(int(first.value("__import__('os').getpid()")), signal.SIGKILL)
    with Kernel() as second:
        _ready(second, server, str(path))
        second.run("%%qwq\nAnd larger still?")

        rows = _rows(_search(second, "9.11"))
        assert rows[0][1] == "1"
        name = rows[1][1]
        assert len(name) >= 8
        done = second.run(f"%qwq_inspect {name}", cell_id=None, allow_stdin=False)
        assert done.turn["reasoning"] == REASONING
        opened = _search(second, "9.11 --open 2").of_type("display_data")[0]
        assert opened["data"][TURN_MIME]["id"] == done.turn["id"]
        assert second.value("len(notebook_session().memory)") == "1"


def test_what_could_not_be_saved_is_found(server: ScriptedServer, tmp_path: Path) -> None:
    with Kernel() as kernel:
        _ready(kernel, server, str(tmp_path / "no" / "notes.db"))
        kernel.run("%%qwq\nWhich is larger?")

        done = _search(kernel, "9.11")

    assert done.text("stderr").startswith("Not saved in the store, and kept in memory: ")
    assert done.of_type("display_data")[0]["data"][TURN_MIME]["number"] == 1


@pytest.mark.parametrize("number", range(0, len(TEXTS), 30))
def test_what_models_wrote_is_inert_in_the_list(kernel: Kernel, number: int) -> None:
    text = TEXTS[number]
    kernel.run(
        "from qwq_magic.turns import Turn\n"
        "memory = notebook_session().conversations.of('hostile')\n"
        "memory.clear()\n"
        "for n in 'ab':\n"
        f"    turn = Turn(n * 32, 'p', answer='nadel ' + {text!r}, complete=True)\n"
        "    memory.commit(turn, memory.context())"
    )

    done = _search(kernel, "nadel")

    assert len(_rows(done)) == 2
    assert inertness.problems(done.final["text/markdown"]) == []
    plain = done.final["text/plain"]
    assert "\x1b" not in plain
    assert all(character.isprintable() or character == "\n" for character in plain)


def test_a_terminal_gets_the_outline_and_the_place() -> None:
    code = (
        "%load_ext qwq_magic\n"
        "from qwq_magic import notebook_session\n"
        "from qwq_magic.turns import Turn\n"
        "memory = notebook_session().memory\n"
        f"turn = Turn('a' * 32, 'p', {REASONING!r}, 'yes', complete=True)\n"
        "memory.commit(turn, memory.context())\n"
        "%qwq_search 9.11"
    )
    done = piped_ipython(code, clean_environment())

    assert "Episode 1" in done.stdout
    assert "step 2 of 3: Let me compare the decimals first. Then 9.11 is smaller" in done.stdout
