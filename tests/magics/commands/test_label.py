"""`%qwq_label` in a real kernel: each label is in the store when the page has its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kernel import Execution, Kernel

from qwq_magic.reasoning import load_labels
from qwq_magic.store.looks import labels_in

DECIMALS = "Which is larger, 9.11 or 9.9?"
VIEW = "application/vnd.jupyter.widget-view+json"
TURN = "application/vnd.qwq.turn.v1+json"


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel() as kernel:
        kernel.run("%load_ext qwq_magic")
        kernel.run(f"%%qwq -o reply\n{DECIMALS}")
        yield kernel


@pytest.fixture
def store(kernel: Kernel, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "notes.db"
    kernel.run(f"%config QwqMagics.store = {str(path)!r}")
    yield path
    kernel.run("%config QwqMagics.store = ''")


def a_pane(kernel: Kernel, line: str = "--as ann") -> str:
    """The id of the widget that the command shows."""
    # A cell has one pane.
    done = kernel.run(f"%qwq_label {line}", cell_id=f"cell {line}")
    assert done.text("stderr") == ""
    return str(done.final[VIEW]["model_id"])


def send(
    kernel: Kernel, pane: str, content: dict[str, Any], *, until: Callable[[Execution], bool]
) -> Execution:
    """Send what a page sends to a widget; return what came back."""
    data = {"method": "custom", "content": content}
    message = kernel.client.session.msg("comm_msg", {"comm_id": pane, "data": data})
    kernel.client.shell_channel.send(message)
    return kernel.collect(message["header"]["msg_id"], until=until)


def put(kernel: Kernel, pane: str, step: Any, kind: Any) -> dict[str, Any]:
    """Label a step as a page does; return the state that the kernel sent before its answer."""
    content = {"type": "label", "id": "page-1", "step": step, "kind": kind}
    seen = send(
        kernel,
        pane,
        content,
        until=lambda seen: any(
            each["data"]["method"] == "custom" for each in seen.of_type("comm_msg")
        ),
    )
    *updates, answer = (each["data"] for each in seen.of_type("comm_msg"))
    assert answer["content"] == {"type": "labelled", "id": "page-1"}
    state: dict[str, Any] = {}
    for update in updates:
        if update["method"] == "update":
            state |= update["state"]
    return state


def test_a_label_is_in_the_store_when_the_page_has_its_answer(kernel: Kernel, store: Path) -> None:
    pane = a_pane(kernel)

    state = put(kernel, pane, 1, "D")

    assert state["labels"] == [{"by": "ann", "steps": "D1"}]
    [label] = list(labels_in(store))
    assert (label.step, label.label, label.annotator) == (1, "doubt", "ann")
    assert repr(label.text) == kernel.value("reply.steps[1].text")
    assert kernel.value("_qwq_labels") == "<Labels: 1 label in 1 turn by ann>"

    assert put(kernel, pane, 1, "")["labels"] == []
    assert list(labels_in(store)) == []


@pytest.mark.parametrize(
    ("step", "kind"),
    [(-1, "D"), (10**6, "D"), ("1", "D"), (1.0, "D"), (True, "D"), (None, "D"), (0, "X"), (0, "Z")],
)
def test_what_a_page_makes_up_is_not_a_label(
    kernel: Kernel, store: Path, step: Any, kind: str
) -> None:
    pane = a_pane(kernel)

    assert put(kernel, pane, step, kind) == {}

    assert not store.exists() or list(labels_in(store)) == []


def test_inspect_shows_the_labels_of_all_people(kernel: Kernel, store: Path) -> None:
    put(kernel, a_pane(kernel), 0, "U")
    put(kernel, a_pane(kernel, "--as 'Bob B'"), 0, "P")

    done = kernel.run("%qwq_inspect", cell_id=None, allow_stdin=False)

    assert done.turn["labels"] == [{"by": "Bob B", "steps": "P0"}, {"by": "ann", "steps": "U0"}]
    assert "labelling" not in done.turn["view"]


def test_agreement_is_shown_by_pair_and_by_kind(kernel: Kernel, store: Path) -> None:
    ann, bob = a_pane(kernel), a_pane(kernel, "--as bob")
    for step, (one, other) in enumerate(zip("UWDV", "UWVV", strict=True)):
        put(kernel, ann, step, one)
        put(kernel, bob, step, other)

    shown = kernel.run("%qwq_label --agreement").text("stdout")

    assert shown.startswith("Labels: 8 labels in 1 turn by ann, bob\nKrippendorff's α = 0.7")
    assert "ann and bob: Cohen's κ = 0.67, 4 steps, 75% alike" in shown


def test_without_a_store_labels_are_kept_in_memory_and_a_line_tells_how_to_save_them(
    tmp_path: Path,
) -> None:
    with Kernel() as kernel:
        kernel.run("%load_ext qwq_magic")
        kernel.run(f"%%qwq\n{DECIMALS}")
        pane = a_pane(kernel)
        put(kernel, pane, 0, "U")
        put(kernel, pane, 2, "V")
        assert put(kernel, pane, 2, "")["labels"] == [{"by": "ann", "steps": "U0"}]
        kernel.run(f"_qwq_labels.export({str(tmp_path / 'labels.jsonl')!r})")
        kernel.run(f"%config QwqMagics.store = {str(tmp_path / 'notes.db')!r}")
        put(kernel, pane, 1, "D")

    assert [label.label for label in load_labels(tmp_path / "labels.jsonl")] == ["setup"]
    assert [label.label for label in labels_in(tmp_path / "notes.db")] == ["setup", "doubt"]


def test_a_store_that_cannot_be_written_loses_no_label(kernel: Kernel, tmp_path: Path) -> None:
    kernel.run(f"%config QwqMagics.store = {str(tmp_path / 'missing' / 'notes.db')!r}")
    pane = a_pane(kernel)

    state = put(kernel, pane, 2, "D")
    assert state["where"].startswith("Not saved in the store, and kept in memory: Cannot ")
    assert state["labels"] == [{"by": "ann", "steps": "D2"}]
    (tmp_path / "missing").mkdir()
    state = put(kernel, pane, 3, "V")

    assert state["where"].startswith("Saved in ")
    found = [(label.step, label.label) for label in labels_in(tmp_path / "missing" / "notes.db")]
    kernel.run("%config QwqMagics.store = ''")
    assert found[-2:] == [(2, "doubt"), (3, "check")]


def test_the_pane_stays_when_the_page_draws_the_data_itself(kernel: Kernel, store: Path) -> None:
    pane = a_pane(kernel)
    put(kernel, pane, 0, "U")

    answered = send(
        kernel,
        pane,
        {"type": "renderer"},
        until=lambda seen: bool(seen.of_type("update_display_data")),
    )

    [update] = answered.of_type("update_display_data")
    turn = update["data"][TURN]
    assert turn["view"]["labelling"]["annotator"] == "ann"
    assert {"by": "ann", "steps": "U0"} in turn["labels"]
    assert put(kernel, pane, 1, "D")["labels"][0]["steps"] == "U0D1"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--as '' 9", "No turn 9 in conversation 'main', which has 1."),
        (f"--as {'x' * 81}", f"'{'x' * 79} is not a valid name of an annotator. Use one line"),
        ("1 2", "%qwq_label: unrecognized arguments: 2. Use %qwq_label [-c NAME] [--as NAME]"),
        ("--as", "%qwq_label: argument --as: expected one argument. Use %qwq_label"),
    ],
)
def test_a_wrong_line_is_one_line(kernel: Kernel, line: str, words: str) -> None:
    done = kernel.run(f"%qwq_label {line}")

    shown = done.text("stderr").strip()
    assert shown.startswith(f"UsageError: {words}")
    assert "\n" not in shown


def test_the_name_is_that_of_the_setting_or_of_the_login(kernel: Kernel, store: Path) -> None:
    kernel.run("%config QwqMagics.annotator = 'Eve E'")
    put(kernel, a_pane(kernel, ""), 0, "U")
    kernel.run("%config QwqMagics.annotator = ''")
    put(kernel, a_pane(kernel, ""), 0, "U")

    names = [label.annotator for label in labels_in(store)]
    assert "Eve E" in names
    assert len(names) == 2


def test_a_console_has_no_keys_to_label_with(kernel: Kernel) -> None:
    done = kernel.run("%qwq_label", cell_id=None)

    assert done.text("stderr").startswith("UsageError: Labelling needs a notebook with widgets")
