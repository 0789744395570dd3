from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from traces.written import THOUGHT

from qwq_magic import load_turns
from qwq_magic.errors import FileError


def test_a_parquet_file_is_a_turn_per_row(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    chat = [{"role": "user", "content": "6 × 7?"}, {"role": "assistant", "content": THOUGHT}]
    pandas.DataFrame(
        {"messages": [chat, None, chat], "gold": [42.0, 1.0, None], "n": [1, 2, 3]}
    ).to_parquet(tmp_path / "traces.parquet")
    traces = load_turns(tmp_path / "traces.parquet")

    assert [trace.where for trace in traces.traces] == ["row 1", "row 3"]
    assert [turn.prompt for turn in traces] == ["6 × 7?", "6 × 7?"]
    assert (traces.gold, traces.right) == (("42.0", None), (True, None))
    assert [each.where for each in traces.skipped] == ["row 2"]


def test_a_damaged_parquet_file_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "traces.parquet"
    path.write_bytes(b"PAR1" + bytes(range(200)) + b"PAR1")

    with pytest.raises(FileError) as caught:
        load_turns(path)

    assert str(caught.value).startswith(f"Cannot read {path} after row 0: ")
    assert "\n" not in str(caught.value)


def test_without_pyarrow_the_error_names_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "traces.parquet").write_bytes(b"PAR1")
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from qwq_magic import QwqError, load_turns\n"
        f"try: load_turns({str(tmp_path / 'traces.parquet')!r})\n"
        "except QwqError as error: print(error)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert found.stdout == (
        "Reading Parquet files and Zstandard requires pyarrow, which is not installed. "
        'Install it with: pip install "qwq-magic[data]"\n'
    )


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_a_row_of_a_table_may_be_longer_than_the_csv_module_allows(
    tmp_path: Path, suffix: str, delimiter: str
) -> None:
    limit = csv.field_size_limit()
    long = f"<think>{'Hm, wait. ' * 50_000}</think>42"
    with (tmp_path / f"traces.{suffix}").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([["question", "response", "gold"], ["6 × 7?", long, "42"], ["a", "", ""]])
    traces = load_turns(tmp_path / f"traces.{suffix}")

    assert [(turn.prompt, turn.answer) for turn in traces] == [("6 × 7?", "42")]
    assert (traces.right, len(traces.skipped)) == ((True,), 1)
    assert csv.field_size_limit() == limit


def test_a_row_with_too_many_cells_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "traces.csv").write_text("q,response\na,b,c\na,b\n", "utf-8")
    traces = load_turns(tmp_path / "traces.csv")

    assert [turn.answer for turn in traces] == ["b"]
    assert str(traces.skipped[0]) == "row 1: it has more cells than the first row"
