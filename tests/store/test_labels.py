"""Hand labels in a store: beside their turns, by several people, and never half written."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from corpora import in_full
from memory.turns import a_turn
from store.files import names_in, rows, run, save_turns

from qwq_magic.errors import FileError
from qwq_magic.memory.conversation_file import read_conversations
from qwq_magic.reasoning import Kind, Labels, StepLabel
from qwq_magic.store import Store
from qwq_magic.store.looks import labels_in

TURN = a_turn(1, reasoning="First, count them. Wait, that is wrong. So it is 4.")


def a_label(step: int, kind: Kind, annotator: str = "ann") -> StepLabel:
    at = TURN.steps[step]
    when = "2026-01-02T03:04:05Z"
    return StepLabel(TURN.id, step, at.start, at.end, kind, annotator, when, at.text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


def test_labels_come_back_with_the_texts_of_their_steps(path: Path) -> None:
    labels = [a_label(0, Kind.SETUP), a_label(0, Kind.PLAN, "bob"), a_label(1, Kind.DOUBT)]
    with Store(path) as store:
        store.label(TURN, labels)

        assert store.labels() == store.labels(TURN.id) == Labels(labels)
        assert store.labels("other") == Labels()

    assert labels_in(path) == labels_in(path, TURN.id) == Labels(labels)
    assert names_in(path.parent) == ["notes.db"]


def test_a_turn_that_is_in_the_store_is_not_written_again(path: Path) -> None:
    save_turns(path, [TURN, a_turn(2)])
    saved = read_conversations(path).choose("main").slots[0].turn

    with Store(path) as store:
        store.label(saved, [a_label(0, Kind.SETUP)])

    assert rows(path, "SELECT count(*) FROM turns") == [(2,)]
    assert labels_in(path, saved.id)[0].text == TURN.steps[0].text


def test_a_label_replaces_that_of_the_same_person_and_can_be_removed(path: Path) -> None:
    with Store(path) as store:
        store.label(TURN, [a_label(0, Kind.SETUP), a_label(0, Kind.SETUP, "bob")])
        store.label(TURN, [a_label(0, Kind.PLAN)])
        assert store.labels() == Labels([a_label(0, Kind.PLAN), a_label(0, Kind.SETUP, "bob")])

        store.unlabel(TURN, [a_label(0, Kind.CHECK)])
        assert store.labels() == Labels([a_label(0, Kind.SETUP, "bob")])


def test_a_label_of_another_cut_of_the_same_step_is_replaced(path: Path) -> None:
    whole = StepLabel(TURN.id, 0, 0, len(TURN.reasoning), Kind.CHECK, "ann", text=TURN.reasoning)
    with Store(path) as store:
        store.label(TURN, [a_label(0, Kind.SETUP), a_label(1, Kind.DOUBT)])
        store.label(TURN, [whole])

        assert list(store.labels()) == [whole]


@pytest.mark.parametrize(
    "label",
    [
        StepLabel(TURN.id, 0, 0, 10_000, Kind.CHECK, "ann"),
        StepLabel(TURN.id, 0, 5, 5, Kind.CHECK, "ann"),
        StepLabel(TURN.id, 0, -1, 5, Kind.CHECK, "ann"),
        StepLabel(TURN.id, -1, 0, 5, Kind.CHECK, "ann"),
        StepLabel(TURN.id, 0, 0, 5, Kind.UNCLASSIFIED, "ann"),
        StepLabel(TURN.id, 0, 0, 5, Kind.CHECK, "a\nb"),
        StepLabel(TURN.id, 0, 0, 5, Kind.CHECK, ""),
        StepLabel(TURN.id, 0, 0, 5, Kind.CHECK, "ann", "\x1b[2J"),
    ],
)
def test_a_label_that_cannot_be_is_refused_and_nothing_is_written(
    path: Path, label: StepLabel
) -> None:
    with Store(path) as store:
        with pytest.raises(FileError) as caught:
            store.label(TURN, [a_label(0, Kind.SETUP), label])

        assert caught.value.message.startswith("Nothing was written: ")
        assert "\n" not in caught.value.message
        assert store.labels() == Labels()
        assert rows(path, "SELECT count(*) FROM turns") == [(0,)]


@pytest.mark.parametrize(
    "change",
    [
        "label = 'unclassified'",
        "label = 'root'",
        "label = 5",
        "label = x'ff'",
        "annotator = char(27) || '[2J'",
        "annotator = ''",
        "past = 10000",
        "past = 'far'",
        "first = -1",
        "step = 1.5",
        "labelled_at = char(27)",
        "turn = 99",
    ],
)
def test_values_that_cannot_be_are_refused_and_the_conversations_are_still_read(
    path: Path, change: str
) -> None:
    save_turns(path, [TURN])
    with Store(path) as store:
        store.label(TURN, [a_label(0, Kind.SETUP)])
    run(path, f"UPDATE labels SET {change}")
    with pytest.raises(FileError, match="is damaged"):
        labels_in(path)

    run(path, "UPDATE labels SET checksum = NULL")

    with pytest.raises(FileError, match="is damaged") as caught:
        labels_in(path)
    assert caught.value.message.isprintable()
    assert len(read_conversations(path).choose("main").slots) == 1


def test_a_trigger_on_labels_is_refused(path: Path) -> None:
    Store(path).close()
    run(path, "CREATE TRIGGER evil AFTER INSERT ON labels BEGIN DELETE FROM turns; END")

    with pytest.raises(FileError, match="was changed by another program"):
        Store(path)


_WRITING = """
import sys
from pathlib import Path
from qwq_magic.reasoning import Kind, StepLabel
from qwq_magic.store import Store
from qwq_magic.turns import Turn
path, name, count = sys.argv[1:4]
turn = Turn("t", "?", "So it is 4. " * 5_000, "4", complete=True)
store = Store(path)
for number in range(int(count)):
    start = 12 * (number % 5_000)
    store.label(turn, [StepLabel("t", number, start, start + 12, Kind.CHECK, name)])
    print(number, flush=True)
store.close()
"""


def _writing(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WRITING, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seed", range(in_full(10, core=2)))
def test_a_killed_process_has_saved_every_label_that_was_made(path: Path, seed: int) -> None:
    wanted = random.Random(seed).randrange(1, 40)
    with _writing(path, "ann", 10**6) as process:
        assert process.stdout is not None
        for _ in range(wanted):
            process.stdout.readline()
        process.kill()
        made = wanted + sum(line.endswith("\n") for line in process.stdout)

    found = labels_in(path, "t")

    # A label may have been saved, and the process killed before it had printed the number.
    assert made <= len(found) <= made + 1
    assert names_in(path.parent) == ["notes.db"]


def test_two_kernels_that_label_one_turn_lose_nothing(path: Path) -> None:
    with _writing(path, "ann", 60) as one, _writing(path, "bob", 60) as other:
        for process in (one, other):
            process.communicate(timeout=60)
            assert process.returncode == 0

    found = labels_in(path)

    assert found.agreement().n == 60
    assert len(found) == 120
    assert rows(path, "SELECT count(*) FROM turns") == [(1,)]
