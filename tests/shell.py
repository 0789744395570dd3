"""A shell in a real pseudo-terminal, to type into, and plain IPython behind a pipe."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

TIMEOUT_S = 60
PROMPT = re.compile(r"In \[\d+\]: ")


@contextmanager
def open_shell(
    module: str, *options: str, environ: dict[str, str], size: tuple[int, int] = (24, 80)
) -> Iterator[Any]:
    """A `pexpect.spawn` of a module that is a shell, which is left by `exit`."""
    pexpect = pytest.importorskip("pexpect", reason="no pseudo-terminals on this system")
    shell = pexpect.spawn(
        sys.executable,
        ["-m", module, *options],
        env=environ,
        encoding="utf-8",
        timeout=TIMEOUT_S,
        dimensions=size,
    )
    try:
        yield shell
        shell.sendline("exit")
        shell.expect(pexpect.EOF)
        # Closing would kill it while it still cleans up.
        shell.wait()
    finally:
        shell.close(force=True)


def run_in(shell: Any, code: str) -> str:
    """Type a line; all that stands there up to the next prompt, what was typed included."""
    shell.sendline(code)
    shell.expect(PROMPT)
    written: str = shell.before
    return written.replace("\r", "")


def piped_ipython(
    code: str, environ: dict[str, str], *, encoding: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code with nobody at a keyboard, nor a terminal anywhere above."""
    return subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "-c", code],
        env=environ,
        capture_output=True,
        text=True,
        encoding=encoding,
        timeout=TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
