from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from batch.made import PROMPT, answering, batch_of, turn
from full_disk import full_disk
from hostile.corpus import taken_texts
from server import Reply, Request, ScriptedServer, chat, failure

from qwq_magic import Session
from qwq_magic.errors import FileError, RateLimited
from qwq_magic.events import Ending
from qwq_magic.plain_text import well_formed
from qwq_magic.turns import Message, Turn

KEY = "sk-qwertyuiop0123456789asdfgh"
FORMATS = [".parquet", ".jsonl", ".json"]
FAILED = turn(8, complete=False, error=RateLimited("Too many requests. Try again later."))


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_line_of_json_is_a_conversation_with_its_reply(tmp_path: Path) -> None:
    before = (Message("user", "Hi."), Message("assistant", "Hello.", "A greeting."))
    found = turn(0, "6 × 7 is 42.", "\\boxed{42}", messages=(*before, Message("user", PROMPT)))
    batch = batch_of([found], rows=[{"question": "6 × 7", "n": float("nan"), "tags": ("a", 1)}])

    batch.export(tmp_path / "turns.jsonl")

    assert lines_of(tmp_path / "turns.jsonl") == [
        {
            "messages": [
                {"role": "user", "content": "Hi."},
                {"role": "assistant", "content": "Hello.", "reasoning_content": "A greeting."},
                {"role": "user", "content": PROMPT},
                {
                    "role": "assistant",
                    "content": "\\boxed{42}",
                    "reasoning_content": "6 × 7 is 42.",
                },
            ],
            "row": 0,
            "sample": 1,
            "model": "qwq-plus",
            "value": "42",
            "input": {"question": "6 × 7", "n": None, "tags": ["a", 1]},
        }
    ]


def test_what_is_not_a_whole_reply_is_no_example_and_is_counted(tmp_path: Path) -> None:
    turns = [
        *answering("42"),
        FAILED,
        turn(2, "Hm", complete=False, finish_reason=None),
        turn(3, "Hm", complete=False, ending=Ending.CONTEXT_FULL),
        turn(4, "Hm", " \n"),
        Turn("never", PROMPT),
    ]
    message = batch_of(turns).export(tmp_path / "turns.jsonl")

    assert len(lines_of(tmp_path / "turns.jsonl")) == 1
    assert message == (
        f"Exported 1 sample to {tmp_path / 'turns.jsonl'}. Left out: 1 failed, 1 stopped, "
        "1 cut off, 1 without an answer, 1 not asked."
    )


def test_a_parquet_file_is_the_table(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    rows: list[dict[str, Any]] = [
        {"n": 1, "tags": ["ä", 2], "mixed": 1},
        {"n": None, "tags": None, "mixed": "\ud83d"},
    ]
    batch = batch_of([*answering("42"), FAILED], rows=rows)

    message = batch.export(str(tmp_path / "turns.parquet"))
    back = pandas.read_parquet(tmp_path / "turns.parquet")

    assert message == f"Exported 2 samples to {tmp_path / 'turns.parquet'}."
    assert list(back.columns) == list(batch.to_frame().columns)
    assert back["value"][0] == "42"
    assert list(back["n"].isna()) == [False, True]
    assert list(back["tags"].fillna("none")) == ['["ä", 2]', "none"]
    assert list(back["mixed"]) == ["1", "\ufffd"]


def test_parquet_types_stay_the_same_without_values(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    parquet = pytest.importorskip("pyarrow.parquet")
    batch_of(answering("42")).export(tmp_path / "some.parquet")
    batch_of([Turn("a", "why?")]).export(tmp_path / "none.parquet")

    some, none = (parquet.read_schema(tmp_path / f"{name}.parquet") for name in ("some", "none"))
    assert some.types == none.types


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_existing_file_is_replaced_only_on_request(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"turns{suffix}"
    path.write_text("mine")

    with pytest.raises(FileError, match=r"exists already\. Pass overwrite=True, or choose") as told:
        batch_of(answering("42")).export(path)
    assert "\n" not in str(told.value)
    assert path.read_text() == "mine"

    batch_of(answering("42")).export(path, overwrite=True)
    assert path.read_bytes() != b"mine"


def test_a_link_whose_target_is_missing_exists(tmp_path: Path) -> None:
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "missing.jsonl")

    with pytest.raises(FileError, match="exists already"):
        batch_of(answering("42")).export(tmp_path / "link.jsonl")


@pytest.mark.parametrize("name", ["turns", "turns.csv", "turns.eval"])
def test_other_extensions_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match=r"Use one of \.parquet, \.jsonl, \.json\.$"):
        batch_of(answering("42")).export(tmp_path / name)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_full_disk_is_one_line_and_costs_no_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"turns{suffix}"
    path.write_text("the file of yesterday")

    with full_disk(), pytest.raises(FileError, match=r"^Cannot write .*Choose another path\.$"):
        batch_of(answering("42")).export(path, overwrite=True)

    assert path.read_text() == "the file of yesterday"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_missing_folder_is_one_line(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(FileError, match=r"Cannot write .*No such file or directory\. Choose"):
        batch_of(answering("42")).export(tmp_path / "missing" / f"turns{suffix}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
def test_nothing_is_written_into_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "turns.jsonl")

    with pytest.raises(FileError, match="Not a regular file"):
        batch_of(answering("42")).export(tmp_path / "turns.jsonl", overwrite=True)


@pytest.mark.parametrize("suffix", FORMATS)
def test_hostile_texts_are_data(tmp_path: Path, suffix: str) -> None:
    texts = [*taken_texts(core=5), "\ud83d", "\x00\x1b[31m", "a\u2028b\x85", '"]}\n{"', "NaN"]
    turns = [
        turn(0, text, text, finish_reason=text, messages=(Message("user", text),)) for text in texts
    ]
    batch = batch_of(turns, rows=[{"\ud83d": text, "value": text} for text in texts])
    batch.export(tmp_path / f"turns{suffix}")

    if suffix == ".jsonl":
        lines = lines_of(tmp_path / "turns.jsonl")
        contents = [line["messages"][-1]["content"] for line in lines]
        assert contents == [well_formed(text) for text in texts]
    if suffix == ".json":
        assert len(json.loads((tmp_path / "turns.json").read_bytes())["samples"]) == len(texts)


@pytest.mark.parametrize("suffix", FORMATS)
def test_no_file_has_the_key_or_the_address(tmp_path: Path, suffix: str) -> None:
    def reply(request: Request) -> Reply:
        if "bad" in request.json["messages"][-1]["content"]:
            return failure(400, f"No such thing at {address}, {KEY}")
        return chat(reasoning="Hm.", answer="42")

    address = ""
    with ScriptedServer(reply) as server:
        address = server.url
        session = Session(base_url=server.url, model="m", api_key=KEY, headers={"X-Own": KEY})
        batch = session.map(["good", "bad"], n=2)
        assert [found.state for found in batch] == ["complete", "complete", "error", "error"]
        batch.export(tmp_path / f"turns{suffix}")

    written = (tmp_path / f"turns{suffix}").read_bytes()
    assert len(written) > 100
    assert KEY.encode() not in written
    assert server.url.encode() not in written
