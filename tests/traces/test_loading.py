from __future__ import annotations

import gzip
import logging
from pathlib import Path
from typing import Any

import pytest
from traces.written import THOUGHT, document, lines

from qwq_magic import QwqError, load_turns
from qwq_magic.errors import FileError
from qwq_magic.turns import Message

USER = {"role": "user", "content": "6 × 7?"}
REPLY = {"role": "assistant", "content": "The answer is 42.", "reasoning_content": "6 × 7 is 42."}
TAGGED = "<think>6 × 7 is 42.</think>The answer is 42."
SOLUTION = (
    "<|begin_of_thought|>6 × 7 is 42.<|end_of_thought|>"
    "<|begin_of_solution|>The answer is 42.<|end_of_solution|>"
)
EXPECTED = ("6 × 7?", "6 × 7 is 42.", "The answer is 42.")


def parts(*reasoning: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": [*reasoning, {"type": "text", "text": EXPECTED[2]}]}


def one(path: Path, *records: Any, **names: Any) -> tuple[str, str, str]:
    """The prompt, the reasoning and the answer of the only turn of a file with these lines."""
    [turn] = load_turns(lines(path / "traces.jsonl", *records), **names)
    return turn.prompt, turn.reasoning.strip(), turn.answer.strip()


@pytest.mark.parametrize(
    "record",
    [
        {"question": "6 × 7?", "generation": TAGGED},
        {"prompt": "6 × 7?", "response": "6 × 7 is 42.\n</think>\n\nThe answer is 42."},
        {"problem": "6 × 7?", "output": [{"role": "assistant", "content": TAGGED}]},
        {"prompt": [USER], "completion": [REPLY]},
        {"prompt": "6 × 7?", "reply": REPLY},
        {"question": "6 × 7?", "reasoning_content": "6 × 7 is 42.", "content": EXPECTED[2]},
        {"question": "6 × 7?", "reasoning": "6 × 7 is 42.", "answer": EXPECTED[2]},
        {"question": "6 × 7?", "qwq": TAGGED, "difficulty": "easy"},
        {"messages": [USER, REPLY]},
        {"messages": [USER], "choices": [{"message": REPLY, "finish_reason": "stop"}]},
        {"messages": [USER], "response": TAGGED},
        {
            "conversations": [
                {"from": "human", "value": "6 × 7?"},
                {"from": "gpt", "value": SOLUTION},
            ]
        },
        {"messages": [USER, parts({"type": "reasoning", "reasoning": "6 × 7 is 42."})]},
        {"input": "6 × 7?", "outputs": [parts({"type": "thinking", "thinking": EXPECTED[1]})]},
        {"problem": "6 × 7?", "chunks": ["6 × 7 ", "is 42."], "answer": EXPECTED[2]},
        {"problem": "6 × 7?", "chunks_labeled": [{"chunk": EXPECTED[1]}], "answer": EXPECTED[2]},
    ],
    ids=lambda record: "+".join(record),
)
def test_a_reply_is_found_in_each_usual_place(tmp_path: Path, record: dict[str, Any]) -> None:
    assert one(tmp_path, record) == EXPECTED


def test_columns_are_read_by_the_names_that_the_user_gives(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "traces.jsonl",
        {"q": "6 × 7?", "cot": "6 × 7 is 42.", "a": "It is 42.", "meta": {"key": "42"}, "text": ""},
    )
    traces = load_turns(path, prompt="q", reasoning="cot", response="a", gold="meta.key")

    assert (traces[0].prompt, traces[0].reasoning) == ("6 × 7?", "6 × 7 is 42.")
    assert (traces[0].answer, traces.gold, traces.right) == ("It is 42.", ("42",), (True,))


def test_a_chain_of_thought_without_tags_is_a_reasoning_where_it_is_named(tmp_path: Path) -> None:
    record = {"prompt": "6 × 7?", "response": "6 × 7 is 42."}

    assert one(tmp_path, record, reasoning="response") == ("6 × 7?", "6 × 7 is 42.", "")


def test_what_an_instruction_refers_to_is_a_part_of_the_prompt(tmp_path: Path) -> None:
    record = {"instruction": "Translate.", "input": "Wal", "output": "Whale"}

    assert one(tmp_path, record) == ("Translate.\n\nWal", "", "Whale")


def test_a_reply_that_may_be_either_of_two_columns_is_not_guessed(tmp_path: Path) -> None:
    path = lines(tmp_path / "traces.jsonl", {"q": "6 × 7?", "response": "41", "output": "42"})

    with pytest.raises(FileError) as caught:
        load_turns(path)

    assert str(caught.value) == (
        f"{path} has no readable turn. Line 1: its reply may be response or output; its columns "
        'are q, response, output. Name one: response="response".'
    )
    assert load_turns(path, response="output")[0].answer == "42"


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ({}, "it has no column that is known as a reply; its columns are a, b. Name one: "
             'response="…"'),
        ({"response": "c"}, "it has no column 'c'; its columns are a, b"),
        ({"response": "a", "gold": "c"}, "it has no column 'c'; its columns are a, b"),
        ({"response": "a", "prompt": "b.c"}, "it has no column 'b.c'; its columns are a, b"),
    ],
)  # fmt: skip
def test_a_column_that_is_missing_is_one_line_with_those_that_exist(
    tmp_path: Path, names: dict[str, Any], reason: str
) -> None:
    path = lines(tmp_path / "traces.jsonl", {"a": "1", "b": "2"})

    with pytest.raises(QwqError) as caught:
        load_turns(path, **names)

    assert str(caught.value) == f"{path} has no readable turn. Line 1: {reason}."


def test_a_bad_line_is_skipped_and_named_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = {"prompt": "6 × 7?", "response": THOUGHT}
    path = lines(tmp_path / "traces.jsonl", good, '{"prompt": ', "", good, {"response": " "}, [])

    with caplog.at_level(logging.WARNING, "qwq_magic"):
        traces = load_turns(path)

    assert [trace.where for trace in traces.traces] == ["line 1", "line 4"]
    assert [skipped.where for skipped in traces.skipped] == ["line 2", "line 5", "line 6"]
    skipped = (
        "3 skipped (line 2: it is not JSON: Expecting value at character 13; line 5: its reply is "
        "empty; line 6: it is of type list, not an object with columns)"
    )
    assert repr(traces) == f"<Traces of traces.jsonl: 2 turns, {skipped}>"
    assert [record.getMessage() for record in caplog.records] == [f"traces.jsonl: {skipped}"]


def test_several_replies_of_one_record_are_turns_of_their_own(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "traces.jsonl",
        {"problem": "6 × 7?", "generations": ["<think>a</think>41", THOUGHT], "answer": 42},
    )
    traces = load_turns(path)

    assert [trace.where for trace in traces.traces] == ["line 1, reply 1", "line 1, reply 2"]
    assert traces.right == (False, True)


def test_a_completion_keeps_its_model_its_counts_and_how_it_ended(tmp_path: Path) -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 30,
        "completion_tokens_details": {"reasoning_tokens": 20},
    }
    choice = {"index": 0, "message": REPLY, "finish_reason": "length"}
    completion = {"id": "chatcmpl-1", "model": "qwq-32b", "choices": [choice], "usage": usage}
    [turn] = load_turns(lines(tmp_path / "traces.jsonl", completion))

    assert (turn.id, turn.model, turn.finish_reason) == ("chatcmpl-1", "qwq-32b", "length")
    assert (turn.usage.input_tokens, turn.usage.reasoning_tokens) == (9, 20)
    assert (turn.state, turn.metrics.reasoning_tokens) == ("complete", 20)


def test_the_counts_of_several_choices_are_not_those_of_one(tmp_path: Path) -> None:
    completion = {"choices": [{"message": REPLY}] * 2, "usage": {"completion_tokens": 60}}
    found = load_turns(lines(tmp_path / "traces.jsonl", completion))

    assert [turn.usage.output_tokens for turn in found] == [None, None]


def test_batch_output_is_a_turn_per_line_and_a_failed_request_is_skipped(tmp_path: Path) -> None:
    body = {"id": "x", "model": "qwq-32b", "choices": [{"message": REPLY}]}
    path = lines(
        tmp_path / "batch.jsonl",
        {"id": "b1", "custom_id": "task-7", "response": {"status_code": 200, "body": body}},
        {"custom_id": "task-8", "response": {"body": {"error": {"message": "Too long."}}}},
    )
    traces = load_turns(path)

    assert [(turn.id, turn.reasoning) for turn in traces] == [("task-7", "6 × 7 is 42.")]
    assert str(traces.skipped[0]) == "line 2: its request failed: Too long."


def test_earlier_messages_are_what_was_sent(tmp_path: Path) -> None:
    chat = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "<think>A greeting.</think>Hello."},
        {"role": "tool", "content": "{}"},
        USER,
        REPLY,
        {"role": "user", "content": "Thanks."},
    ]
    [turn] = load_turns(lines(tmp_path / "traces.jsonl", {"messages": chat}))

    assert turn.messages == (
        Message("system", "Be brief."),
        Message("user", "Hi."),
        Message("assistant", "Hello.", "A greeting."),
        Message("user", "6 × 7?"),
    )


@pytest.mark.parametrize("name", ["data", "results"])
def test_a_document_may_have_its_records_in_a_list(tmp_path: Path, name: str) -> None:
    records = [{"prompt": "6 × 7?", "response": THOUGHT}] * 2
    listed = load_turns(document(tmp_path / "list.json", records))
    within = load_turns(document(tmp_path / "dict.json", {"version": 1, name: records}))
    single = load_turns(document(tmp_path / "one.json", records[0]))

    assert [turn.answer for turn in listed] == [turn.answer for turn in within]
    assert (len(listed), len(single)) == (2, 1)
    assert [trace.where for trace in listed.traces] == ["item 1", "item 2"]


@pytest.mark.parametrize("name", ["traces.jsonl", "traces.json", "traces.txt", "traces"])
def test_lines_of_json_are_known_by_what_they_are(tmp_path: Path, name: str) -> None:
    record = {"prompt": "6 × 7?", "response": THOUGHT}

    assert len(load_turns(lines(tmp_path / name, record, record))) == 2


def test_a_file_that_is_compressed_is_read_as_it_is(tmp_path: Path) -> None:
    plain = lines(tmp_path / "traces.jsonl", {"response": THOUGHT})
    packed = tmp_path / "traces.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert list(load_turns(packed)) == list(load_turns(plain))


def test_zstandard_is_unpacked_with_pyarrow(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    plain = lines(tmp_path / "traces.jsonl", {"response": THOUGHT})
    packed = tmp_path / "traces.jsonl.zst"
    with pyarrow.CompressedOutputStream(str(packed), "zstd") as file:
        file.write(plain.read_bytes())

    assert list(load_turns(packed)) == list(load_turns(plain))


def test_the_same_file_has_the_same_ids_and_equal_samples_differ(tmp_path: Path) -> None:
    same = {"response": THOUGHT}
    path = lines(tmp_path / "traces.jsonl", same, same, {**same, "id": "a"}, {**same, "id": "a"})
    ids = [turn.id for turn in load_turns(path)]

    assert ids == [turn.id for turn in load_turns(path)]
    assert len(set(ids)) == 4
    assert ids[2:] == ["a", "a-2"]


def test_a_limit_is_how_many_turns_are_loaded(tmp_path: Path) -> None:
    path = lines(tmp_path / "traces.jsonl", *[{"response": f"{n}"} for n in range(9)], "{")

    assert [turn.answer for turn in load_turns(path, limit=3)] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("missing", None, "No such file or directory. Check the path."),
        ("empty.jsonl", "", "has no turn. Load a file with replies of a model."),
    ],
)
def test_a_file_without_a_turn_is_one_line(
    tmp_path: Path, name: str, text: str | None, reason: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")

    with pytest.raises(FileError) as caught:
        load_turns(tmp_path / name)

    assert str(caught.value).endswith(reason)


@pytest.mark.parametrize("empty", ["", "  \n", None])
def test_the_right_answer_is_not_taken_for_a_reply_that_is_empty(
    tmp_path: Path, empty: str | None
) -> None:
    records = [
        {"question": "6 × 7?", "answer": "42", "generation": THOUGHT},
        {"question": "6 × 7?", "answer": "42", "generation": empty},
    ]

    traces = load_turns(lines(tmp_path / "t.jsonl", *records))

    assert traces.right == (True,)
    assert [str(each) for each in traces.skipped] == ["line 2: its reply is empty"]


@pytest.mark.parametrize(
    ("path", "options", "message"),
    [
        (None, {}, "path is None. Use the path of a file or a folder."),
        ("a\0b", {}, r"path is 'a\x00b'. Use the path of a file or a folder."),
        ("t.jsonl", {"limit": -1}, "limit is -1. Use a number of turns, such as 100."),
        ("t.jsonl", {"limit": "9"}, "limit is '9'. Use a number of turns, such as 100."),
        ("t.jsonl", {"gold": 3}, "gold is 3. Use the name of a column."),
    ],
)
def test_an_argument_that_cannot_be_used_is_one_line(
    path: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(QwqError) as error:
        load_turns(path, **options)
    assert str(error.value) == message
