"""`%qwq_memory` in a real kernel, in front of a real server."""

import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from display import inertness
from hostile.corpus import TEXTS
from kernel import TURN_MIME, Execution, Kernel
from server import Reply, Request, ScriptedServer, chat, delta

from qwq_magic.memory.conversation_file import read_conversations

TABLE = ("turn", "cell", "prompt", "answer", "model", "tokens", "state", "sent")


class Notebook:
    """A kernel in front of a server whose answers are `answer 1`, `answer 2`, …"""

    def __init__(self, kernel: Kernel, server: ScriptedServer) -> None:
        self.kernel, self.server = kernel, server
        self._replies = 0
        self.server.replies = [self.reply]
        kernel.run(
            f"%config QwqMagics.base_url = {server.url!r}\n"
            "%config QwqMagics.model = 'qwq-32b'\n"
            "%config QwqMagics.conversation = 'main'\n"
            "%config QwqMagics.store = ''\n"
            "%config QwqMagics.max_input_tokens = None\n"
            "for memory in notebook_session().conversations.values(): memory.clear()"
        )
        for name in self.value("[*notebook_session().conversations]"):
            if name != "main":
                kernel.run(f"del notebook_session().conversations._by_name[{name!r}]")

    def reply(self, request: Request) -> Reply:
        self._replies += 1
        return chat(reasoning="Hm.", answer=f"answer {self._replies}")

    def value(self, expression: str) -> Any:
        return json.loads(self.kernel.run(f"import json; print(json.dumps({expression}))").text())

    def ask(self, cell: str, prompt: str | None = None, options: str = "") -> Execution:
        return self.kernel.run(f"%%qwq {options}\n{prompt or f'prompt {cell}'}", cell_id=cell)

    def memory(self, line: str = "", **options: Any) -> Execution:
        return self.kernel.run(f"%qwq_memory {line}".rstrip(), cell_id="memory", **options)

    def said(self, line: str) -> str:
        done = self.memory(line)
        assert done.text("stderr") == ""
        text: str = done.final["text/plain"]
        return text

    def rows(self, line: str = "") -> list[dict[str, str]]:
        """The table as its Markdown says it, a dict a row."""
        lines = self.memory(line).final["text/markdown"].split("\n")
        rows = [
            [_text(cell) for cell in line[2:-2].split(" | ")]
            for line in lines
            if line.startswith("| ")
        ]
        return [dict(zip(TABLE, row, strict=True)) for row in rows[1:]]

    def sent(self, number: int = -1) -> list[str]:
        return [m["content"] for m in self.server.requests[number].json["messages"]]


def _text(markdown: str) -> str:
    return inertness.Page(markdown).text.strip()


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel() as kernel:
        kernel.run("%load_ext qwq_magic\nfrom qwq_magic import notebook_session")
        yield kernel


@pytest.fixture
def notebook(kernel: Kernel) -> Iterator[Notebook]:
    with ScriptedServer() as server:
        yield Notebook(kernel, server)


def test_the_table_says_of_each_turn_all_there_is_to_say(notebook: Notebook) -> None:
    counts = [notebook.ask(cell).reply["execution_count"] for cell in "abc"]
    notebook.memory("hide 2")

    rows = notebook.rows()

    assert [
        (row["turn"], row["prompt"], row["answer"], row["model"], row["state"], row["sent"])
        for row in rows
    ] == [
        ("1", "prompt a", "answer 1", "qwq-32b", "complete", "yes"),
        ("2", "prompt b", "answer 2", "qwq-32b", "hidden", ""),
        ("3", "prompt c", "answer 3", "qwq-32b", "complete", "yes"),
    ]
    assert all(re.fullmatch(r"≈ \d+", row["tokens"]) for row in rows)
    assert [row["cell"] for row in rows] == [f"[{count}]" for count in counts]


def test_the_text_of_the_table_has_the_columns_and_what_the_marks_mean(notebook: Notebook) -> None:
    notebook.ask("a")
    notebook.memory("hide 1")

    plain = notebook.said("")

    heading, rule, row, *lines = plain.split("\n")
    assert heading.split() == list(TABLE)
    assert set(rule) == {"─", " "}
    assert row.split()[0] == "1"
    assert lines[0].startswith("Conversation 'main': 1 turn. No earlier turns are sent.")
    assert "hidden: kept, but not sent" in lines


def test_an_empty_conversation_has_no_table(notebook: Notebook) -> None:
    assert notebook.said("") == "Conversation 'main': 0 turns."


def test_only_the_latest_thirty_are_shown_unless_all_are_wanted(notebook: Notebook) -> None:
    notebook.kernel.run(
        "from qwq_magic.turns.turn import Turn\n"
        "memory = notebook_session().memory\n"
        "for n in range(40): memory.commit(Turn(str(n), f'p{n}', answer='a'), memory.context())"
    )

    assert [row["turn"] for row in notebook.rows()] == [str(n) for n in range(11, 41)]
    assert "Not shown: the 10 oldest. %qwq_memory all lists them too." in notebook.said("")
    assert len(notebook.rows("all")) == 40


def test_show_brings_a_whole_turn_back_with_its_reasoning(notebook: Notebook) -> None:
    done = notebook.ask("a")

    prompt, turn = notebook.memory("show 1").of_type("display_data")

    assert "prompt a" in prompt["data"]["text/markdown"]
    assert turn["data"][TURN_MIME] == done.turn
    assert "Hm." in turn["data"]["text/plain"]


def test_run_all_twice_is_the_same_conversation(notebook: Notebook) -> None:
    for _ in range(2):
        done = [notebook.ask(cell) for cell in "abc"]

    assert [row["turn"] for row in notebook.rows()] == ["1", "2", "3"]
    assert [each.turn["number"] for each in done] == [1, 2, 3]
    assert [each.turn["attempt"] for each in done] == [2, 2, 2]
    assert [row["state"] for row in notebook.rows()] == ["attempt 2"] * 3
    assert notebook.sent(5) == ["prompt a", "answer 4", "prompt b", "answer 5", "prompt c"]
    assert all("re-run: attempt 2" in _text(each.final["text/markdown"]) for each in done)


def test_a_prompt_changed_above_marks_what_was_answered_below(notebook: Notebook) -> None:
    for cell in "abc":
        notebook.ask(cell)

    done = notebook.ask("a", "another prompt")

    assert notebook.sent() == ["another prompt"]
    assert (done.turn["number"], done.turn["attempt"]) == (1, 2)
    assert [row["state"] for row in notebook.rows()] == [
        "attempt 2",
        "outdated",
        "outdated",
    ]
    notebook.ask("b")
    assert [row["state"] for row in notebook.rows()] == [
        "attempt 2",
        "attempt 2",
        "outdated",
    ]


def test_attempts_can_be_read_in_rows_and_side_by_side(notebook: Notebook) -> None:
    notebook.ask("a", options="-p max_tokens=9")
    notebook.ask("a", "asked anew")

    rows = notebook.said("attempts 1")
    side = notebook.said("attempts 1 side")

    assert [line.split()[0] for line in rows.split("\n")[2:] if line[:1].strip()] == ["1", "2"]
    assert "max_tokens=9" in rows.replace("\n", "")
    assert side.split("\n")[0].split() == ["attempt", "1", "attempt", "2"]
    for name in (
        "started",
        "prompt",
        "parameters",
        "model",
        "tokens",
        "thought",
        "total",
        "answer",
    ):
        assert re.search(rf"^{name} ", side, re.MULTILINE), name
    assert re.search(r"^answer +answer 1 +answer 2", side, re.MULTILINE)


def test_append_adds_a_turn_and_the_cell_keeps_its_own(notebook: Notebook) -> None:
    notebook.ask("a")
    notebook.ask("a", options="--append")
    notebook.ask("a", options="--append")

    rows = notebook.rows()

    assert [row["turn"] for row in rows] == ["1", "2", "3"]
    assert notebook.sent() == ["prompt a", "answer 1", "prompt a", "answer 2", "prompt a"]
    # Only the latest stands beside the number that the notebook shows.
    assert [bool(row["cell"]) for row in rows] == [False, False, True]
    assert [row["state"] for row in rows] == ["complete"] * 3
    assert (
        notebook.said("prune")
        == "There is nothing to prune: every turn belongs to a cell that ran here."
    )
    notebook.ask("a")
    assert [row["answer"] for row in notebook.rows()] == ["answer 4", "answer 2", "answer 3"]


def test_fresh_and_history_say_it_for_one_cell(notebook: Notebook) -> None:
    for cell in "abc":
        notebook.ask(cell)

    one = notebook.ask("d", options="--history 1")
    none = notebook.ask("e", options="--fresh")

    assert notebook.sent(3) == ["prompt c", "answer 3", "prompt d"]
    assert notebook.sent(4) == ["prompt e"]
    assert one.turn["notices"][0].startswith("context: turn 3, ≈ ")
    assert none.turn["notices"][0].startswith("context: no earlier turns, ≈ ")
    assert one.turn["notices"][0].endswith(" tokens of 98,304")


def test_a_window_leaves_whole_turns_out_and_says_so(notebook: Notebook) -> None:
    for cell in "abcd":
        notebook.ask(cell)
    assert "(window: the last 2 turns)" in notebook.said("window 2")

    done = notebook.ask("e")

    assert notebook.sent() == ["prompt c", "answer 3", "prompt d", "answer 4", "prompt e"]
    assert re.fullmatch(r"context: turns 3–4, ≈ \d+ tokens of 98,304", done.turn["notices"][0])
    assert [row["sent"] for row in notebook.rows()] == ["", "", "", "yes", "yes"]
    assert "window" not in notebook.said("window all")


def test_past_the_models_limit_the_oldest_whole_turns_stay_behind(notebook: Notebook) -> None:
    for cell in "abc":
        notebook.ask(cell, f"prompt {cell} " + "word " * 100)
    notebook.kernel.run("%config QwqMagics.max_input_tokens = 400")

    done = notebook.ask("d", "and " * 50)

    assert len(notebook.sent()) == 5
    [notice] = [text for text in done.turn["notices"] if text.startswith("context")]
    assert notice.startswith("context: turns 2–3, ≈ ")
    assert notice.endswith(" tokens of 400; older turns exceed the model's limit")


def test_a_prompt_over_the_limit_is_refused_with_its_size_before_anything_is_sent(
    notebook: Notebook,
) -> None:
    notebook.kernel.run("%config QwqMagics.max_input_tokens = 400")

    done = notebook.ask("a", "word " * 1_000)

    [line] = done.text("stderr").splitlines()
    assert re.search(
        r"The prompt is ≈ 1,\d{3} tokens, but qwq-32b accepts at most 400\. Shorten it", line
    )
    assert notebook.server.requests == []
    assert notebook.value("len(notebook_session().memory)") == 0


def test_a_cell_that_no_longer_asks_is_marked_and_pruned(notebook: Notebook) -> None:
    for cell in "abc":
        notebook.ask(cell)
    notebook.kernel.run("1 + 1", cell_id="b")

    assert [row["state"] for row in notebook.rows()] == [
        "complete",
        "not in a cell",
        "complete",
    ]
    assert notebook.said("prune").startswith(
        "Dropped turn 2; undo is possible until the next turn."
    )
    assert [row["prompt"] for row in notebook.rows()] == ["prompt a", "prompt c"]
    assert (
        notebook.said("prune")
        == "There is nothing to prune: every turn belongs to a cell that ran here."
    )
    notebook.memory("undo")
    assert len(notebook.rows()) == 3


def test_clear_asks_nothing_and_can_be_undone_once(notebook: Notebook) -> None:
    notebook.ask("a")

    assert notebook.said("clear") == (
        "Cleared 1 turn of conversation 'main'; undo is possible until the next turn."
    )
    assert notebook.said("undo").startswith("Undid: clear. Conversation 'main': 1 turn.")
    assert notebook.said("undo").startswith("Undid: turn 1.")
    assert notebook.said("undo") == "There is nothing to undo in conversation 'main'."


def test_undo_after_a_re_run_brings_the_earlier_attempt_back(notebook: Notebook) -> None:
    for cell in "aba":
        notebook.ask(cell)

    said = notebook.said("undo")

    assert said.startswith("Undid: attempt 2 at turn 1. Attempt 1 is the latest again.")
    assert [row["answer"] for row in notebook.rows()] == ["answer 1", "answer 2"]


def test_undo_brings_a_dropped_turn_back_whatever_was_changed_after_it(notebook: Notebook) -> None:
    for cell in "abc":
        notebook.ask(cell)
    notebook.memory("drop 1")
    notebook.memory("hide 1")
    notebook.memory("window 6")

    said = [notebook.said("undo") for _ in range(3)]

    assert [line.partition(". ")[0] for line in said] == [
        "Undid: window 6 turns",
        "Undid: hide 1",
        "Undid: drop 1",
    ]
    assert [(row["prompt"], row["sent"]) for row in notebook.rows()] == [
        (f"prompt {cell}", "yes") for cell in "abc"
    ]


def test_hidden_turns_are_kept_and_not_sent(notebook: Notebook) -> None:
    for cell in "abc":
        notebook.ask(cell)
    assert notebook.said("hide 1-2").startswith("Turns 1–2 are hidden. Conversation 'main'")

    notebook.ask("d")

    assert notebook.sent() == ["prompt c", "answer 3", "prompt d"]
    shown_again = notebook.said("unhide 2 1")
    assert shown_again.startswith("Turns 1–2 are no longer hidden.")
    assert "turns 1–4, ≈" in shown_again
    assert notebook.said("undo").startswith("Undid: unhide 1-2.")


def test_a_conversation_is_forked_switched_to_and_renamed(notebook: Notebook) -> None:
    for cell in "ab":
        notebook.ask(cell)

    assert "'side' has 1 turn" in notebook.said("fork side 1")
    assert "Conversation 'side': 1 turn." in notebook.said("switch side")
    notebook.ask("c")
    assert notebook.sent() == ["prompt a", "answer 1", "prompt c"]
    assert notebook.said("rename branch") == "Renamed conversation 'side' to 'branch'."
    assert "Other conversations: main (2 turns)." in notebook.said("")
    assert notebook.value("notebook_session().memory.name") == "branch"
    notebook.ask("d")
    assert len(notebook.sent()) == 5
    shown = notebook.memory("show 1").final[TURN_MIME]
    assert (shown["conversation"], shown["number"]) == ("branch", 1)


def test_a_suggested_command_can_be_typed_as_it_stands(notebook: Notebook, tmp_path: Path) -> None:
    notebook.ask("a")
    path = tmp_path / "a chat.json"

    said = notebook.said('fork "two words"')
    notebook.said(f'export "{path}"')
    refused = notebook.memory(f'export "{path}"').text("stderr").strip()

    assert "Conversation 'two words': 1 turn." in notebook.said(said.split("%qwq_memory ")[1])
    assert notebook.said(refused.split("To overwrite it: ")[1]).startswith("Exported 1 turn")


def test_another_conversation_can_be_steered_from_here(notebook: Notebook) -> None:
    notebook.ask("a", options="-c side")

    assert "Cleared 1 turn of conversation 'side'" in notebook.said("-c side clear")
    assert notebook.value("notebook_session().memory.name") == "main"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("shwo 1", "Unknown command 'shwo'"),
        ("show", "Use %qwq_memory show N"),
        ("show x", "'x' is not a turn number"),
        ("show 9", "No turn 9 in conversation 'main', which has 1"),
        ("show 1-2", "'1-2' is more than one turn"),
        ("attempts 9", "No turn 9"),
        ("attempts 1 sideways", "%qwq_memory attempts does not accept 'sideways'"),
        ("list some", "%qwq_memory list does not accept 'some'. Use all, or no argument."),
        ("drop 1 9", "No turn 9"),
        ("drop 2-1", "2-1 ends before it begins"),
        ("hide 0", "No turn 0"),
        ("unhide", "Use %qwq_memory unhide N"),
        ("window six", "'six' is not a valid window"),
        ("fork main", "A conversation named 'main' already exists"),
        ("fork side 9", "No turn 9"),
        ('fork ""', "'' is not a valid conversation name"),
        ('switch " "', "' ' is not a valid conversation name"),
        ("rename main", "A conversation named 'main' already exists"),
        ("-c typo show 1", "Unknown conversation 'typo'. Conversations: main"),
        ("-c typo rename other", "Unknown conversation 'typo'"),
        ("save no/such/folder/chat.jsonl", "Choose another path"),
        ("save ~nobody-of-this-name/chat.jsonl", "is not a valid path"),
        ("load nothing.jsonl", "Check the path"),
        ("load ~nobody-of-this-name/chat.jsonl", "is not a valid path"),
        ("export chat.pdf", "Cannot export to '.pdf'"),
        ("export chat", "Use a file name that ends in .md, .json or .jsonl"),
        ("export chat.md --force", "Unknown option --force"),
        ("export no/such/folder/chat.md", "Cannot write"),
        ("switch 'a", "A quote is not closed"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(
    notebook: Notebook, line: str, message: str
) -> None:
    notebook.ask("a")

    done = notebook.memory(line)

    [said] = done.text("stderr").splitlines()
    assert message in said
    assert done.of_type("display_data", "error") == []
    assert notebook.value("{n: len(m) for n, m in notebook_session().conversations.items()}") == {
        "main": 1
    }


HOSTILE = [
    "a | b || c \\| d",
    "one\n\n# two\n\n- three",
    "\x1b[31mred\x1b[0m \x1b]0;owned\x07 \x9b2J",
    "`code` ```fence``` $x$ $$y$$",
    "\u202etxt.exe",
    "</td></tr></table><script>alert(1)</script>",
    "lone \ud83d half",
    *TEXTS[::9],
]


def test_nothing_that_was_asked_or_answered_comes_alive(notebook: Notebook) -> None:
    notebook.kernel.run("from qwq_magic.turns.turn import Turn\nmemory = notebook_session().memory")
    for number, text in enumerate(HOSTILE):
        for cell in ("None", repr(f"c{number}"), repr(f"c{number}")):
            notebook.kernel.run(
                f"text = {text!r}\n"
                f"turn = Turn({f't{number}'!r}, text, text, text, text, text, cell_id={cell},"
                " notices=(text,), parameters={'p': text}, complete=True)\n"
                "memory.commit(turn, memory.context())"
            )

    for line in ("all", "attempts 2", "attempts 2 side", "attempts 12 side", "show 8"):
        for output in notebook.memory(line).of_type("display_data"):
            data = output["data"]
            assert inertness.problems(data["text/markdown"]) == []
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", data["text/plain"])
    assert len(notebook.rows("all")) == 2 * len(HOSTILE)


def test_what_takes_long_is_announced_and_what_does_not_is_not(
    notebook: Notebook, tmp_path: Path
) -> None:
    notebook.ask("1")
    short = notebook.memory(f"export {tmp_path / 'short.md'}")
    notebook.kernel.run(
        "from qwq_magic.turns.turn import Turn\nmemory = notebook_session().memory\n"
        "turn = Turn('long', 'Why?', 'So it is. ' * 9_000, 'Yes.', complete=True)\n"
        "memory.commit(turn, memory.context())"
    )

    long = notebook.memory(f"export {tmp_path / 'long.md'}")

    outputs = [done.of_type("display_data") for done in (short, long)]
    assert [len(messages) for messages in outputs] == [1, 2]
    announced = outputs[1][0]["data"]["text/plain"]
    assert announced == f"Exporting {tmp_path / 'long.md'} …"


def test_an_export_reads_well_and_nothing_in_it_runs(notebook: Notebook, tmp_path: Path) -> None:
    notebook.kernel.run(
        "from qwq_magic.turns.turn import Turn\nmemory = notebook_session().memory\n"
        f"for number, text in enumerate({HOSTILE!r}):\n"
        "    turn = Turn(str(number), text, text, text, complete=True)\n"
        "    memory.commit(turn, memory.context())"
    )
    path = tmp_path / "chat.md"

    said = notebook.said(f"export {path}")

    assert said == f"Exported {len(HOSTILE)} turns to {path}."
    markdown = path.read_text(encoding="utf-8")
    assert inertness.problems(markdown) == []
    page = inertness.Page(inertness.markdown_it(markdown))
    assert page.elements.count("blockquote") >= len(HOSTILE)
    assert page.elements.count("details") == len(HOSTILE)


def test_an_export_to_json_alternates_and_overwrites_only_on_request(
    notebook: Notebook, tmp_path: Path
) -> None:
    for cell in "abc":
        notebook.ask(cell)
    notebook.memory("hide 2")
    path = tmp_path / "my chat.json"

    said = notebook.said(f'export "{path}"')

    assert said == f"Exported 2 turns to {path}. Left out: turn 2 (hidden)."
    messages = json.loads(path.read_text(encoding="utf-8"))
    assert messages == [
        {"role": "user", "content": "prompt a"},
        {"role": "assistant", "content": "answer 1"},
        {"role": "user", "content": "prompt c"},
        {"role": "assistant", "content": "answer 3"},
    ]
    path.write_text("mine")
    assert "exists already. To overwrite it" in notebook.memory(f'export "{path}"').text("stderr")
    assert path.read_text() == "mine"
    notebook.said(f'export "{path}" --overwrite')
    assert json.loads(path.read_text(encoding="utf-8")) == messages


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_an_export_into_a_pipe_is_refused(notebook: Notebook, tmp_path: Path) -> None:
    notebook.ask("a")
    path = tmp_path / "chat.md"
    os.mkfifo(path)
    # With a reader at its other end, so that even a write would not wait.
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        done = notebook.memory(f"export {path} --overwrite")

        assert "Not a regular file. Choose another path." in done.text("stderr")
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)


def test_an_export_to_jsonl_is_a_record_a_turn(notebook: Notebook, tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    notebook.ask("a")
    notebook.ask("b", "two\nlines")

    notebook.said(f"export {path}")

    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    records = [json.loads(line) for line in lines]
    assert [(r["number"], r["prompt"], r["reasoning"], r["answer"]) for r in records] == [
        (1, "prompt a", "Hm.", "answer 1"),
        (2, "two\nlines", "Hm.", "answer 2"),
    ]


@pytest.mark.parametrize("suffix", [".md", ".json", ".jsonl"])
def test_half_a_surrogate_pair_keeps_no_export_from_being_written(
    notebook: Notebook, tmp_path: Path, suffix: str
) -> None:
    notebook.kernel.run(
        "from qwq_magic.turns.turn import Turn\nmemory = notebook_session().memory\n"
        "memory.commit(Turn('t', 'a \\ud83d b', answer='c \\ud83d d'), memory.context())"
    )
    path = tmp_path / f"chat{suffix}"

    notebook.said(f"export {path}")

    assert "a \ufffd b" in path.read_text(encoding="utf-8")


def test_a_loaded_file_replaces_the_conversation_and_undo_brings_it_back(
    notebook: Notebook, tmp_path: Path
) -> None:
    path = tmp_path / "chat.jsonl"
    notebook.ask("a")
    notebook.said(f"save {path}")
    notebook.ask("b")

    assert "Conversation 'main': 1 turn." in notebook.said(f"load {path}")
    assert notebook.said("undo").startswith("Undid: load. Conversation 'main': 2 turns.")
    path.write_bytes(path.read_bytes()[:-30])
    assert "is damaged at line 2" in notebook.memory(f"load {path}").text("stderr")
    assert len(notebook.rows()) == 2


def test_a_name_from_a_file_cannot_drive_the_terminal(notebook: Notebook, tmp_path: Path) -> None:
    path = tmp_path / "chat.jsonl"
    headers = [
        {"format": "qwq_magic.conversation", "schema": 2, "name": name}
        for name in ("fine", "x\x1b[2J")
    ]
    path.write_text("".join(json.dumps(header) + "\n" for header in headers))

    done = notebook.memory(f"load {path}")

    assert "is damaged" in done.text("stderr") or "damaged header" in done.text("stderr")
    assert "\x1b[2J" not in done.text("stderr")


def test_tab_completes_commands_and_conversations(notebook: Notebook) -> None:
    notebook.ask("a", options="-c branch")

    def complete(code: str) -> Any:
        reply = notebook.kernel.client.complete(code, len(code), reply=True, timeout=30)
        return reply["content"]["matches"]

    assert "undo" in complete("%qwq_memory un")
    assert "branch" in complete("%qwq_memory switch br")
    assert "branch" in complete("%qwq_memory -c ")
    assert "side" in complete("%qwq_memory attempts 1 s")


def test_a_question_mark_explains_the_commands(notebook: Notebook) -> None:
    text = notebook.kernel.run("%qwq_memory?").reply["payload"][0]["data"]["text/plain"]

    assert "fork NAME [N]" in text
    assert "export FILE [--overwrite]" in text


def test_two_asks_at_once_go_one_after_the_other_and_the_second_says_that_it_waits(
    notebook: Notebook,
) -> None:
    asked, go = threading.Event(), threading.Event()
    slow = Reply([delta(reasoning_content="Hm."), asked.set, go, *chat(answer="slow").steps])
    notebook.server.replies = [slow, chat(answer="quick")]
    notebook.kernel.run("run = notebook_session().start('first')")
    assert asked.wait(10)
    second = notebook.kernel.send("%%qwq\nsecond", cell_id="b")
    waits = "Waiting for the previous reply in conversation 'main'."
    notebook.kernel.collect(
        second, until=lambda done: waits in json.dumps(done.of_type("comm_msg"), ensure_ascii=False)
    )
    assert len(notebook.server.requests) == 1

    go.set()

    notebook.server.wait_for_request(2)
    done = notebook.kernel.collect(second)
    assert done.turn["answer"] == "quick"
    assert notebook.sent(1) == ["first", "slow", "second"]
    assert [row["answer"] for row in notebook.rows()] == ["slow", "quick"]


def test_the_store_holds_each_turn_once_it_has_ended(notebook: Notebook, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    notebook.kernel.run(f"%config QwqMagics.store = {str(path)!r}")
    for number, cell in enumerate("aba", 1):
        notebook.ask(cell, f"prompt {number}")

        found = read_conversations(path).choose("main")
        assert [slot.turn.prompt for slot in found.slots] == notebook.value(
            "[turn.prompt for turn in notebook_session().memory.turns]"
        )


def test_the_turn_is_in_the_store_before_its_final_output_is_shown(
    notebook: Notebook, tmp_path: Path
) -> None:
    """Making that takes up to 400 ms, in which the kernel may be killed."""
    path = tmp_path / "notes.db"
    notebook.kernel.run(
        f"%config QwqMagics.store = {str(path)!r}\n"
        "from pathlib import Path\n"
        "from qwq_magic.display.live.live_panel import LivePanel\n"
        "from qwq_magic.memory.conversation_file import read_conversations\n"
        "finish = LivePanel.finish\n"
        "def looking(self, *arguments, **options):\n"
        f"    found = read_conversations(Path({str(path)!r})).choose('main')\n"
        "    print([slot.turn.prompt for slot in found.slots])\n"
        "    return finish(self, *arguments, **options)\n"
        "LivePanel.finish = looking"
    )
    try:
        assert notebook.ask("a").text() == "['prompt a']\n"
    finally:
        notebook.kernel.run("LivePanel.finish = finish")


def test_a_store_that_cannot_be_written_is_one_line_and_loses_nothing(
    notebook: Notebook, tmp_path: Path
) -> None:
    path = tmp_path / "later" / "notes.db"
    notebook.kernel.run(f"%config QwqMagics.store = {str(path)!r}")

    done = notebook.ask("a")

    [line] = done.text("stderr").splitlines()
    assert line.startswith("Not saved in the store, and kept in memory: Cannot write")
    assert (done.reply["status"], done.turn["state"], done.turn["number"]) == ("ok", "complete", 1)
    path.parent.mkdir()
    assert notebook.ask("b").text("stderr") == ""
    assert len(read_conversations(path).choose("main").slots) == 2


def test_a_saved_conversation_in_place_of_a_store_is_one_line_with_the_way_on(
    notebook: Notebook, tmp_path: Path
) -> None:
    path = tmp_path / "chat.qwq.jsonl"
    notebook.ask("a")
    notebook.said(f"save {path}")
    notebook.kernel.run(f"%config QwqMagics.store = {str(path)!r}")

    [line] = notebook.ask("b").text("stderr").splitlines()

    assert "is a saved conversation, not a store. Load it with %qwq_memory load" in line
    notebook.kernel.run(f"%config QwqMagics.store = {str(path.with_name('notes.db'))!r}")
    assert "1 turn" in notebook.said(f"load {path}")
    assert [*read_conversations(path.with_name("notes.db")).conversations] == ["main"]


def _restarted(kernel: Kernel, server: ScriptedServer, path: Path) -> Notebook:
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=60)
    kernel.run("%load_ext qwq_magic\nfrom qwq_magic import notebook_session")
    notebook = Notebook(kernel, server)
    kernel.run(f"%config QwqMagics.store = {str(path)!r}")
    return notebook


def test_after_a_restart_the_conversation_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with Kernel() as kernel, ScriptedServer() as server:
        notebook = _restarted(kernel, server, path)
        notebook.ask("a")
        notebook.ask("b")
        notebook.ask("c", options="-c other")
        notebook = _restarted(kernel, server, path)

        # The kernel was killed, and a new one starts without the turns.
        assert notebook.said("").startswith("Conversation 'main': 0 turns.")
        said = notebook.said(f"load {path}")
        assert "Conversation 'main': 2 turns." in said
        assert "Conversation 'other': 1 turn." in said
        assert [row["state"] for row in notebook.rows()] == ["not in a cell"] * 2
        done = notebook.ask("b", "prompt b, changed")

        assert notebook.sent() == ["prompt a", "answer 1", "prompt b, changed"]
        assert (done.turn["number"], done.turn["attempt"]) == (2, 2)
        assert [row["state"] for row in notebook.rows()] == [
            "not in a cell",
            "attempt 2",
        ]
        assert list(read_conversations(path).conversations) == ["main", "other"]


def test_after_a_restart_without_loading_both_conversations_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with Kernel() as kernel, ScriptedServer() as server:
        _restarted(kernel, server, path).ask("a")
        notebook = _restarted(kernel, server, path)
        assert notebook.ask("b").text("stderr") == ""

        said = notebook.said(f"load {path}")

    assert "Conversation 'main': 1 turn." in said
    assert "Conversation 'main (2)': 1 turn." in said
    found = read_conversations(path).conversations
    assert {name: [slot.turn.prompt for slot in one.slots] for name, one in found.items()} == {
        "main": ["prompt b"],
        "main (2)": ["prompt a"],
    }


def test_two_kernels_with_one_store_lose_nothing(notebook: Notebook, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    notebook.kernel.run(f"%config QwqMagics.store = {str(path)!r}")
    notebook.ask("a")
    with Kernel() as kernel, ScriptedServer() as server:
        kernel.run("%load_ext qwq_magic\nfrom qwq_magic import notebook_session")
        other = Notebook(kernel, server)
        kernel.run(f"%config QwqMagics.store = {str(path)!r}")
        other.said(f"load {path}")
        assert other.ask("z").text("stderr") == ""
        assert notebook.ask("b").text("stderr") == ""
        assert other.ask("y").text("stderr") == ""

    found = read_conversations(path).conversations
    assert {name: [slot.turn.prompt for slot in one.slots] for name, one in found.items()} == {
        "main": ["prompt a", "prompt z", "prompt y"],
        "main (2)": ["prompt a", "prompt b"],
    }
