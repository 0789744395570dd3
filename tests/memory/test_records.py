from memory.turns import a_memory, a_turn

from qwq_magic.errors import RateLimited
from qwq_magic.events import Usage
from qwq_magic.memory.records import openai_messages, turn_records
from qwq_magic.turns import Timing


def test_openai_messages_alternate_and_hold_no_reasoning() -> None:
    memory = a_memory(
        a_turn(1, reasoning="secret", cell_id="a"),
        a_turn(2, answer=""),
        a_turn(3),
        a_turn(4),
        a_turn(5, cell_id="a"),
    )
    memory.hide(3)

    assert openai_messages(memory.contents) == [
        {"role": "user", "content": "prompt 5"},
        {"role": "assistant", "content": "answer 5"},
        {"role": "user", "content": "prompt 4"},
        {"role": "assistant", "content": "answer 4"},
    ]


def test_a_record_says_all_there_is_to_say_of_a_turn() -> None:
    turn = a_turn(
        1,
        reasoning="thought",
        complete=False,
        error=RateLimited("Too fast. Wait."),
        usage=Usage(1, 2, 3, 4, 5),
        timing=Timing(0.1, 0.2, 0.3),
        parameters={"t": 0.6},
    )

    [record] = turn_records([turn])

    assert record == {
        "number": 1,
        "prompt": "prompt 1",
        "reasoning": "thought",
        "answer": "answer 1",
        "state": "error",
        "finish_reason": None,
        "error": "Too fast. Wait.",
        "model": "",
        "server": "",
        "conversation": "main",
        "started_at": "",
        "parameters": {"t": 0.6},
        "input_tokens": 1,
        "output_tokens": 2,
        "reasoning_tokens": 4,
        "ttft_s": 0.1,
        "thinking_s": 0.2,
        "total_s": 0.3,
    }


def test_records_are_numbered_as_the_turns_are() -> None:
    memory = a_memory(a_turn(1), a_turn(2, answer=""), a_turn(3))
    memory.hide(1)

    assert [(record["number"], record["prompt"]) for record in turn_records(memory.turns)] == [
        (1, "prompt 1"),
        (2, "prompt 2"),
        (3, "prompt 3"),
    ]
