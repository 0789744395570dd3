"""An export on its way to a file, without a kernel."""

import json
from pathlib import Path

import pytest
from full_disk import full_disk
from memory.turns import a_memory, a_turn

from qwq_magic.errors import FileError
from qwq_magic.magics.commands.memory_export import export_conversation
from qwq_magic.memory import ConversationMemory


def _exported(path: Path, memory: ConversationMemory) -> str:
    return export_conversation(memory, path, typed=path.name, is_overwriting=False)


def _memory() -> ConversationMemory:
    memory = a_memory(*map(a_turn, range(1, 6)), a_turn(6, answer=" "))
    memory.hide(2, 3)
    return memory


def test_messages_are_counted_as_written_and_what_is_left_out_is_named(tmp_path: Path) -> None:
    said = _exported(tmp_path / "x.json", _memory())

    assert said == (
        "Exported 3 turns to x.json. Left out: turns 2–3 (hidden), turn 6 (no prompt or no answer)."
    )
    assert len(json.loads((tmp_path / "x.json").read_text())) == 2 * 3


@pytest.mark.parametrize("suffix", ["md", "jsonl"])
def test_what_holds_all_turns_says_so(tmp_path: Path, suffix: str) -> None:
    assert _exported(tmp_path / f"x.{suffix}", _memory()) == f"Exported 6 turns to x.{suffix}."


@pytest.mark.parametrize("is_overwriting", [False, True])
def test_a_disk_that_is_full_costs_no_file_and_leaves_none(
    tmp_path: Path, is_overwriting: bool
) -> None:
    old = tmp_path / "old.md"
    old.write_text("what was there")
    path = old if is_overwriting else tmp_path / "new.md"

    with full_disk(), pytest.raises(FileError, match="Cannot write it: File too large"):
        export_conversation(_memory(), path, typed="it", is_overwriting=is_overwriting)

    assert [(each, each.read_text()) for each in tmp_path.iterdir()] == [(old, "what was there")]


def test_a_link_is_written_over_only_on_request_and_stays_a_link(tmp_path: Path) -> None:
    link, path = tmp_path / "link.json", tmp_path / "chat.json"
    link.symlink_to(path.name)

    with pytest.raises(FileError, match=r"it exists already\. To overwrite it"):
        export_conversation(_memory(), link, typed="it", is_overwriting=False)
    export_conversation(_memory(), link, typed="it", is_overwriting=True)

    assert link.is_symlink()
    assert len(json.loads(path.read_text())) == 2 * 3
