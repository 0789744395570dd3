"""The command line: `python -m qwq_magic doctor` prints the doctor's report.

The exit status is 0 if a model answers, 1 if none does, and 2 for a usage error.
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
# Settings that only a notebook uses. A pyproject.toml may contain them, so they are not errors.
NOTEBOOK_ONLY = ("conversation", "show", "start", "live", "runner", "store", "annotator")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    chosen = {"server": options.server, "model": options.model}
    overrides = layer_of({name: value for name, value in chosen.items() if value}, "this line")
    try:
        status = _examine(overrides)
        sys.stdout.flush()
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BrokenPipeError:
        # The reader, such as `head`, closed the pipe. Without this redirect, the interpreter
        # fails again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _examine(overrides: Layer) -> int:
    names = (*CHOICES, *NOTEBOOK_ONLY)
    project = project_layer(Path(), names)
    session = Session(**{name: chosen.value for name, chosen in overrides.items()})
    session.project = project
    examination = Examination(
        session,
        effective(project, environment_layer(os.environ, names), overrides),
        front_end=front_end_section(),
        notes=(_NOTE, *unknown_variables(os.environ, names)),
    )
    lines = ReportLines(sys.stdout, width=shutil.get_terminal_size((100, 24)).columns)
    return 0 if _show_reports(examination, lines).is_ok else 1


def _show_reports(examination: Examination, lines: ReportLines) -> Report:
    """Show the reports until the last one or Ctrl-C, and return the one shown last."""
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
    doctor = commands.add_parser(
        "doctor", help="show the settings, test the model and find local servers"
    )
    doctor.add_argument(
        "-s", "--server", choices=tuple(SERVERS), metavar="SERVER", help="the server to test"
    )
    doctor.add_argument("-m", "--model", help="the model to test")
    return parser


if __name__ == "__main__":
    sys.exit(main())
