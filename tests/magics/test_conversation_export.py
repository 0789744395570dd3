import json

import pytest
from memory.turns import a_memory, a_turn

from qwq_magic.magics.conversation_export import export_conversation


def _exported(path, memory):
    return export_conversation(memory, path, typed=path.name, is_overwriting=False)


def _memory():
    memory = a_memory(*map(a_turn, range(1, 6)), a_turn(6, answer=" "))
    memory.hide(2, 3)
    return memory


def test_messages_are_counted_as_written_and_what_is_left_out_is_named(tmp_path):
    said = _exported(tmp_path / "x.json", _memory())

    assert said == (
        "Exported 3 turns to x.json. Left out: turns 2–3 (hidden), turn 6 (no prompt or no answer)."
    )
    assert len(json.loads((tmp_path / "x.json").read_text())) == 2 * 3


@pytest.mark.parametrize("suffix", ["md", "jsonl"])
def test_what_holds_all_turns_says_so(tmp_path, suffix):
    assert _exported(tmp_path / f"x.{suffix}", _memory()) == f"Exported 6 turns to x.{suffix}."
