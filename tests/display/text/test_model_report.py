"""The models of a server, as a reader sees them."""

from __future__ import annotations

from display.inertness import problems

from qwq_magic.display.text.model_report import model_report
from qwq_magic.display.text.report import Report
from qwq_magic.wire.model_list import ListedModel

MODELS = [
    ListedModel("llama3:8b", thinks=False),
    ListedModel("qwq:latest", thinks=True),
    ListedModel("<b>$x$</b>", thinks=False),
]


def report(models: list[ListedModel] = MODELS, wanted: str = "", in_use: str = "qwq") -> Report:
    return model_report(models, server="ollama", in_use=in_use, wanted=wanted, option=" -s ollama")


def test_reasoning_models_come_first_and_the_one_in_use_is_marked() -> None:
    [section] = report().sections

    assert section.table is not None
    assert section.table.rows == [
        ("qwq:latest", "thinks", "in use"),
        ("llama3:8b", "", ""),
        ("<b>$x$</b>", "", ""),
    ]
    assert section.lines == ("To use one: %%qwq -s ollama -m MODEL",)
    assert problems(report().markdown()) == []


def test_a_part_of_the_name_narrows_the_list() -> None:
    narrowed = report(wanted="LLAMA")

    assert "llama3:8b" in narrowed.plain(width=80)
    assert "qwq:latest" not in narrowed.plain(width=80)
    assert narrowed.status.text.startswith(
        "ollama lists 3 models, 1 with reasoning; 1 with 'LLAMA'"
    )


def test_a_long_list_is_cut_and_says_how_to_see_the_rest() -> None:
    many = report([ListedModel(f"m{n}", thinks=False) for n in range(70)])

    assert "10 more are not shown. %qwq_models -s ollama TEXT" in many.plain(width=200)
    assert "The model in use, qwq, is not in the list." in many.plain(width=200)


def test_a_server_without_models_says_what_to_do() -> None:
    empty = report([])

    assert empty.status.text == "ollama lists no models. Load or download one there first."
    assert not empty.is_ok
