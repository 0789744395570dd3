"""`%%qwq -n`, `-m a -m b` and `--over` in a real kernel, in front of a real server."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from kernel import BATCH_MIME, Execution, Kernel
from magics.conftest import AskAt
from server import Reply, Request, ScriptedServer, chat, chat_steps

_ROWS = 'rows = [{"a": 1, "b": 2}, {"a": 3, "b": 4}, {"a": 5, "b": 6}]'


class Asked:
    """Replies 42 to two requests of three, and 41 to the others."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    def __call__(self, request: Request) -> Reply:
        self.bodies.append(request.json)
        value = 41 if len(self.bodies) % 3 == 0 else 42
        return chat(reasoning="Let me see.", answer=f"The answer is **{value}**.")

    @property
    def prompts(self) -> list[str]:
        return [body["messages"][-1]["content"] for body in self.bodies]


def _complaint(done: Execution) -> str:
    assert done.of_type("display_data") == []
    return done.text("stderr").strip()


def test_samples_are_shown_bound_and_counted(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(Asked()) as server:
        ask_at(server)
        done = kernel.run("%%qwq -c samples -n 5 -o batch\nWhy?")
    data = done.final[BATCH_MIME]
    assert [(group["value"], group["count"]) for group in data["groups"]] == [("42", 4), ("41", 1)]
    assert "4 of 5" in done.final["text/markdown"]
    assert kernel.value("len(batch), batch is _qwq_batch, _qwq.final_value") == "(5, True, '42')"
    # They are attempts at one turn, and the one that counts comes last.
    places = [sample["place"] for sample in data["lanes"]]
    assert sorted(places) == [f"1.{attempt}" for attempt in range(1, 6)]
    memory = kernel.run("%qwq_memory -c samples", cell_id="memory").final["text/plain"]
    assert "1 turn" in memory


def test_where_samples_part_is_shown_as_the_value_of_a_cell(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(Asked()) as server:
        ask_at(server)
        kernel.run("%%qwq -c parted -n 3 -o batch\nWhy?")
    [result] = kernel.run("batch.inspect()").of_type("execute_result")

    assert sorted(result["data"]) == ["text/markdown", "text/plain"]
    assert "| final value | samples | sample |" in result["data"]["text/markdown"]
    assert result["data"]["text/plain"].startswith("Where the samples of row 0 part\n\n42: 2 of 3")


def test_a_cell_that_runs_again_pays_nothing_twice(kernel: Kernel, ask_at: AskAt) -> None:
    asked = Asked()
    with ScriptedServer(asked) as server:
        ask_at(server)
        for _ in range(2):
            kernel.run("%%qwq -c again -n 4\nWhy?")
        assert len(asked.bodies) == 4
        kernel.run("%%qwq -c again -n 4 --again\nWhy?")
        assert len(asked.bodies) == 8
        # A follow-up goes on from the reply that counts.
        kernel.run("%%qwq -c again\nAnd?", cell_id="cell-2")
    assert [m["content"] for m in asked.bodies[-1]["messages"]] == [
        "Why?",
        "The answer is **42**.",
        "And?",
    ]


def test_several_models_are_asked(kernel: Kernel, ask_at: AskAt) -> None:
    asked = Asked()
    with ScriptedServer(asked) as server:
        ask_at(server)
        done = kernel.run("%%qwq -c models -m small -m large -n 2\nWhy?")
    assert Counter(body["model"] for body in asked.bodies) == {"small": 2, "large": 2}
    data = done.final[BATCH_MIME]
    assert data["models"] == ["small", "large"]
    assert [sample["model"] for sample in data["lanes"]] == [0, 0, 1, 1]


def test_a_table_is_asked_row_by_row_with_names_of_the_notebook(
    kernel: Kernel, ask_at: AskAt
) -> None:
    asked = Asked()
    kernel.run(f"{_ROWS}\nunit = 'cm'")
    with ScriptedServer(asked) as server:
        ask_at(server)
        done = kernel.run("%%qwq -c table --over rows -o sums\n{{ a }} + {{ b }} {{ unit }}?")
        part = kernel.run('%%qwq -c table --over "rows[:2]"\n{{ a }} times {{ b }}?')
    assert sorted(asked.prompts[:3]) == ["1 + 2 cm?", "3 + 4 cm?", "5 + 6 cm?"]
    assert done.final[BATCH_MIME]["rows"] == 3
    assert part.final[BATCH_MIME]["rows"] == 2
    assert kernel.value("sums[1].prompt") == "'3 + 4 cm?'"
    # Rows are no part of the conversation.
    memory = kernel.run("%qwq_memory -c table", cell_id="memory")
    assert "Unknown conversation" in memory.text("stderr")


def test_a_data_frame_is_a_table(kernel: Kernel, ask_at: AskAt) -> None:
    pytest.importorskip("pandas")
    asked = Asked()
    kernel.run("import pandas as pd\ndf = pd.DataFrame({'q': ['one', 'two']})")
    with ScriptedServer(asked) as server:
        ask_at(server)
        kernel.run("%%qwq --over df -n 2\nSay {{ q }}.")
    assert Counter(asked.prompts) == {"Say one.": 2, "Say two.": 2}


def test_the_store_of_a_cell_or_of_the_kernel_keeps_rows_for_another_kernel(
    kernel: Kernel, ask_at: AskAt, tmp_path: Path
) -> None:
    asked = Asked()
    cell = f"%%qwq --over rows --store {tmp_path / 'b.db'}\n{{{{ a }}}} + {{{{ b }}}}?"
    with ScriptedServer(asked) as server:
        ask_at(server)
        kernel.run(_ROWS)
        kernel.run(cell)
        with Kernel() as other:
            other.run("%load_ext qwq_magic")
            other.point_at(server.url, "qwq-32b")
            other.run(_ROWS)
            done = other.run(cell)
    assert len(asked.bodies) == 3
    assert all(sample["reused"] for sample in done.final[BATCH_MIME]["lanes"])


def test_python_code_shows_its_batch_once(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(Asked()) as server:
        ask_at(server)
        kernel.run("import qwq_magic\nsession = qwq_magic.notebook_session()")
        done = kernel.run('session.map(["one", "two"])')
        again = kernel.run("_", cell_id="cell-2")
    assert len([m for m in done.of_type("update_display_data") if BATCH_MIME in m["data"]]) == 1
    assert done.text().startswith("<Batch of 2 turns")
    assert BATCH_MIME in str(again.messages)


def test_an_interrupt_keeps_what_ended_and_the_cell_asks_for_the_rest(
    kernel: Kernel, ask_at: AskAt
) -> None:
    goes_on = threading.Event()
    arrived = threading.Semaphore(0)
    asked: list[str] = []

    def reply(request: Request) -> Reply:
        prompt = request.json["messages"][-1]["content"]
        asked.append(prompt)
        steps = chat_steps(reasoning="Hm.", answer="The answer is 4.")
        return Reply(
            [*steps[:2], arrived.release, *([] if "1" in prompt else [goes_on]), *steps[2:]]
        )

    kernel.run(_ROWS)
    with ScriptedServer(reply) as server:
        ask_at(server)
        execution = kernel.send("%%qwq --over rows\n{{ a }} + {{ b }}?")
        for _ in range(3):
            assert arrived.acquire(timeout=30)
        kernel.interrupt()
        stopped = kernel.collect(execution)
        goes_on.set()
        done = kernel.run("%%qwq --over rows\n{{ a }} + {{ b }}?")
    states = Counter(sample["state"] for sample in stopped.final[BATCH_MIME]["lanes"])
    assert stopped.reply["status"] == "ok"
    assert states["stopped"] >= 2
    assert Counter(s["state"] for s in done.final[BATCH_MIME]["lanes"]) == {"complete": 3}
    assert len(asked) == 3 + states["stopped"]


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        ("%%qwq --over nothing\nx", "--over nothing is not a table: NameError"),
        ("%%qwq --over 5\nx", "rows is of type int"),
        ("%%qwq --over rows\n{{ c }}", "Row 0: The template uses 'c', which is not defined"),
        ("%%qwq -n 2 --background\nx", "--background is for a single reply"),
        ("%%qwq -n 0\nx", "-n needs a number of replies"),
        ("%%qwq --settle 2 -n 8\nx", "--settle needs a probability"),
        ("%%qwq --store b.db\nx", "--settle, --store and --again are for many replies"),
        ("%%qwq --over rows --from 1:2\nx", "--over and --from cannot be combined"),
        ("%%qwq -n 2\n ", "The prompt is empty"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_sent(
    kernel: Kernel, ask_at: AskAt, cell: str, complaint: str
) -> None:
    asked = Asked()
    kernel.run(_ROWS)
    with ScriptedServer(asked) as server:
        ask_at(server)
        said = _complaint(kernel.run(cell))
    assert complaint in said
    assert len(said.splitlines()) == 1
    assert not asked.bodies


def test_without_a_front_end_the_final_output_is_all_there_is(
    kernel: Kernel, ask_at: AskAt
) -> None:
    with ScriptedServer(Asked()) as server:
        ask_at(server)
        done = kernel.run("%%qwq -c batchrun -n 3\nWhy?", cell_id=None, allow_stdin=False)
    assert len(done.of_type("display_data", "update_display_data")) == 1
    assert set(done.final) == {BATCH_MIME, "text/markdown", "text/plain"}


def test_a_dry_run_shows_the_first_request_and_how_many_there_would_be(
    kernel: Kernel, ask_at: AskAt
) -> None:
    asked = Asked()
    kernel.run(_ROWS)
    with ScriptedServer(asked) as server:
        ask_at(server)
        done = kernel.run("%%qwq --over rows -n 4 --dry-run\n{{ a }} + {{ b }}?")
    assert done.text() == "3 rows × 4 samples: 12 requests, of which this is the first.\n"
    assert "1 + 2?" in done.final["text/plain"]
    assert not asked.bodies


def test_a_dry_run_of_a_table_shows_no_earlier_turns_since_none_are_sent(
    kernel: Kernel, ask_at: AskAt
) -> None:
    asked = Asked()
    kernel.run(_ROWS)
    with ScriptedServer(asked) as server:
        ask_at(server)
        kernel.run("%%qwq -c drymap\nAn earlier question", cell_id="earlier")
        dry = kernel.run("%%qwq -c drymap --over rows --dry-run\n{{ a }}", cell_id="map")
        recalled = "%%qwq -c drymap --over rows --history 1 --dry-run\n{{ a }}"
        with_one = kernel.run(recalled, cell_id="map")
    assert "An earlier question" not in dry.final["text/plain"]
    assert "An earlier question" in with_one.final["text/plain"]


def test_blocks_in_the_template_of_a_table_see_its_columns(kernel: Kernel, ask_at: AskAt) -> None:
    asked = Asked()
    kernel.run(_ROWS)
    with ScriptedServer(asked) as server:
        ask_at(server)
        kernel.run("%%qwq --over rows --blocks\n{% if a %}{{ a }}{% endif %} of {{ len(rows) }}")
        kernel.run("%%qwq --over rows -t\n{{ a }} and {{ len(rows) }}")
    assert sorted(asked.prompts) == sorted(
        text.format(a) for a in (1, 3, 5) for text in ("{} of 3", "{} and 3")
    )


def test_undo_takes_all_samples_of_a_cell_away(kernel: Kernel, ask_at: AskAt) -> None:
    with ScriptedServer(Asked()) as server:
        ask_at(server)
        kernel.run("%%qwq -c undone\nWhy?")
        kernel.run("%%qwq -c undone -n 3\nWhy?")
    undone = kernel.run("%qwq_memory -c undone undo", cell_id="memory").final["text/plain"]
    assert undone.startswith("Undid: attempts 2–4 at turn 1. Attempt 1 is the latest again.")
