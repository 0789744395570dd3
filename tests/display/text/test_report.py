"""A report is plain text in every front end."""

from __future__ import annotations

import pytest
from corpora import each
from display.inertness import problems
from hostile.corpus import PAYLOADS, Payload, family_of

from qwq_magic.client import LocalServer
from qwq_magic.display.text.report import Report, ReportLines, ReportStatus, Section
from qwq_magic.doctor.clean_text import CleanText
from qwq_magic.doctor.local_section import lines_to_type, local_section
from qwq_magic.settings.key_ring import KeyRing
from qwq_magic.wire.model_list import ListedModel

KEY = "sk-0123456789abcdef0123456789"
OLLAMA = "http://127.0.0.1:11434/v1"


def clean_with(**environ: str) -> CleanText:
    return CleanText(environ, KeyRing())


def server(*names: str, name: str = "ollama", at: str = OLLAMA) -> LocalServer:
    models = tuple(ListedModel(model, thinks="qwq" in model) for model in names)
    return LocalServer(name, at, models)


@each("payload", PAYLOADS, core=20, by=family_of)
def test_text_from_a_server_stays_text(payload: Payload) -> None:
    line = clean_with().line(payload.text, most_bytes=2_000)
    section = local_section([server(payload.text)], [OLLAMA], in_use=("", ""), clean=clean_with())
    report = Report(ReportStatus("failed", line), (section, Section(line, lines=(line,))))

    assert problems(report.markdown()) == []
    assert "\x1b" not in report.plain(width=80)


def test_a_key_is_masked_everywhere() -> None:
    clean = clean_with(GROQ_API_KEY=KEY)

    assert KEY not in clean.line(f"Bad key {KEY}")
    assert KEY not in clean.value({"user": KEY})
    assert clean.address(f"http://u:{KEY}@h:1/v1?key={KEY}") == "http://h:1/v1"
    assert "sk-f3a91c07b2e84d6590uv" not in clean.line("sk-f3a91c07b2e84d6590uv")


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (server("llama3:8b", "qwq:32b"), ("%%qwq -s ollama -m qwq:32b",)),
        (server("llama3:8b"), ("%%qwq -s ollama -m llama3:8b",)),
        (server("a b", 'x"; import os', "$(ls)", "-o", "ok"), ("%%qwq -s ollama -m ok",)),
        (server("two words"), ()),
        (server(), ()),
        (
            server("m", name="llamacpp", at="http://127.0.0.1:8000/v1"),
            (
                '%config QwqMagics.server = "llamacpp"',
                '%config QwqMagics.base_url = "http://127.0.0.1:8000/v1"',
                '%config QwqMagics.model = "m"',
            ),
        ),
        (
            server("m", name="", at="http://127.0.0.1:8000/v1"),
            (
                '%config QwqMagics.server = "custom"',
                '%config QwqMagics.base_url = "http://127.0.0.1:8000/v1"',
                '%config QwqMagics.model = "m"',
            ),
        ),
    ],
)
def test_the_line_to_type_is_safe_to_type(found: LocalServer, lines: tuple[str, ...]) -> None:
    assert lines_to_type(found) == lines


@pytest.mark.parametrize(
    ("in_use", "state"),
    [
        ((OLLAMA, "qwq"), "in use"),
        ((OLLAMA, "qwq:latest"), "in use"),
        ((OLLAMA, "llama3"), "%%qwq -s ollama -m qwq:latest"),
        (("http://127.0.0.1:8000/v1", "qwq"), "%%qwq -s ollama -m qwq:latest"),
    ],
)
def test_a_server_is_in_use_if_it_has_the_selected_model(
    in_use: tuple[str, str], state: str
) -> None:
    section = local_section([server("qwq:latest")], [OLLAMA], in_use=in_use, clean=clean_with())

    assert section.table is not None
    assert section.table.rows[0][-1] == state


def test_lines_are_written_once_and_the_verdict_last() -> None:
    written: list[str] = []

    class Stream:
        encoding = "ascii"

        def write(self, text: str) -> None:
            written.append(text)

        def flush(self) -> None: ...

    lines = ReportLines(Stream(), width=80)
    done, waiting = Section("A", lines=("a",)), Section("B", lines=("…",), is_done=False)
    lines.show(Report(ReportStatus("running", "Asking m …"), (done, waiting)))
    lines.show(Report(ReportStatus("running", "Asking m …", "1 s"), (done, waiting)))
    lines.show(Report(ReportStatus("ok", "m answers."), (done, Section("B", lines=("b",))), True))

    assert written == ["A\na\n\n", "? Asking m ?\n\n", "B\nb\n\n", "? m answers.\n"]
