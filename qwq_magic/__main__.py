"""`python -m qwq_magic doctor`: the doctor's report in a terminal or a script.

Its exit state is 0 where a model answers, 1 where none does, and 2 where it was called wrongly.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from qwq_magic.display.text.report import Report, ReportLines
from qwq_magic.doctor import Examination, front_end_section
from qwq_magic.errors import ConfigurationError
from qwq_magic.session import Session
from qwq_magic.settings.environment import environment_layer, unknown_variables
from qwq_magic.settings.layers import CHOICES, Layer, effective, layer_of
from qwq_magic.settings.presets import SERVERS
from qwq_magic.settings.pyproject import project_layer
from qwq_magic.version import __version__

_NOTE = "ipython_config.py and %config are not read here; %qwq_doctor in a notebook reads them."
# What a notebook has besides; a project may set them, and is not to be called wrong for it.
NOTEBOOK_ONLY = ("conversation", "show", "start", "live", "runner", "autosave")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    chosen = {"server": options.server, "model": options.model}
    here = layer_of({name: value for name, value in chosen.items() if value}, "this line")
    try:
        state = _examine(here)
        sys.stdout.flush()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BrokenPipeError:
        # Whoever reads, `head` say, has had enough; nor is the interpreter to write the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return state


def _examine(here: Layer) -> int:
    names = (*CHOICES, *NOTEBOOK_ONLY)
    project = project_layer(Path(), names)
    session = Session(**{name: chosen.value for name, chosen in here.items()})
    session.project = project
    examination = Examination(
        session,
        effective(project, environment_layer(os.environ, names), here),
        front_end=front_end_section(),
        notes=(_NOTE, *unknown_variables(os.environ, names)),
    )
    lines = ReportLines(sys.stdout, width=shutil.get_terminal_size((100, 24)).columns)
    return 0 if _last(examination, lines).is_ok else 1


def _last(examination: Examination, lines: ReportLines) -> Report:
    """Show the reports, to the last one or to Ctrl-C."""
    report = None
    try:
        with closing(examination.reports()) as reports:
            for report in reports:
                lines.show(report)
    except KeyboardInterrupt:
        report = examination.stopped()
        lines.show(report)
    assert report is not None
    return report


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m qwq_magic", description="qwq_magic")
    parser.add_argument("--version", action="version", version=f"qwq_magic {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    doctor = commands.add_parser("doctor", help="what is set, what answers, what to type next")
    doctor.add_argument("-s", "--server", choices=tuple(SERVERS), metavar="SERVER")
    doctor.add_argument("-m", "--model")
    return parser


if __name__ == "__main__":
    sys.exit(main())
