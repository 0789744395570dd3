"""Other ways to stream a reply into a notebook, each in an environment of its own.

They are installed into a temporary folder with pip, and asked the same server. Where one
does not install, or its cell fails, its row says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kernel_run import measure
from benchmarks.reading import READ_RAW
from benchmarks.replay_server import text_of
from clean_environment import clean_environment
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from kernel import TIMEOUT_S, Kernel

_OPENAI = """
from openai import OpenAI
from IPython.display import Markdown, display
def deltas(url):
    client = OpenAI(base_url=url, api_key="none")
    messages = [{"role": "user", "content": "benchmark"}]
    for chunk in client.chat.completions.create(model="m", messages=messages, stream=True):
        for choice in chunk.choices:
            yield getattr(choice.delta, "reasoning_content", None) or choice.delta.content or ""
"""
_PER_CHUNK = """
text, handle = "", display(Markdown(""), display_id=True)
for delta in deltas({url!r}):
    text += delta
    handle.update(Markdown(text))
"""
_PRINTED = """
for delta in deltas({url!r}): print(delta, end="")
"""
_CHATLAS = """
from chatlas import ChatOpenAICompletions
"""
_CHATLAS_ASKS = """
ChatOpenAICompletions(base_url={url!r}, model="m", api_key="none").chat("benchmark")
"""


@dataclass(frozen=True)
class Peer:
    """A way to ask: what it needs, and the cells that do it at these sizes."""

    name: str
    needs: tuple[str, ...]
    set_up: str
    ask: str
    sizes: tuple[int, ...]


PEERS = (
    Peer("openai, print", ("openai",), _OPENAI, _PRINTED, (2_500, 32_000)),
    # Each update sends the whole text again: 32,000 would be two gigabytes.
    Peer("openai, Markdown a chunk", ("openai",), _OPENAI, _PER_CHUNK, (2_500,)),
    Peer("chatlas, chat()", ("chatlas", "openai"), _CHATLAS, _CHATLAS_ASKS, (2_500,)),
)


class PeerKernel(Kernel):
    """A kernel of another environment."""

    def __init__(self, environment: Path) -> None:
        super().__init__()
        self._environment = environment

    def __enter__(self) -> PeerKernel:
        launch = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
        python = str(self._environment / "bin" / "python")
        spec = {"argv": [python, *launch], "display_name": "peer", "language": "python"}
        kernels = self._environment / "kernels"
        (kernels / "peer").mkdir(parents=True, exist_ok=True)
        (kernels / "peer" / "kernel.json").write_text(json.dumps(spec))
        self.manager = KernelManager(
            kernel_name="peer", kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(kernels)])
        )
        self.manager.start_kernel(env=clean_environment())
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT_S)
        return self


def print_peers(address: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for peer in PEERS:
            environment = Path(folder) / "-".join(peer.needs)
            try:
                installed = _install(environment, peer.needs)
                for chunks in peer.sizes:
                    print(f"{peer.name} ({installed}): {_cost(environment, peer, address, chunks)}")
            except (subprocess.CalledProcessError, RuntimeError, TimeoutError) as error:
                print(f"{peer.name}: not measured ({error})")


def _install(environment: Path, needs: tuple[str, ...]) -> str:
    python = environment / "bin" / "python"
    if not environment.exists():
        venv.create(environment, with_pip=True)
        command: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "ipykernel",
            "httpx",
            *needs,
        ]
        subprocess.run(command, check=True, stdout=sys.stderr)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=json"], check=True, capture_output=True
    )
    versions = {package["name"]: package["version"] for package in json.loads(listed.stdout)}
    return ", ".join(f"{name} {versions[name]}" for name in needs)


def _cost(environment: Path, peer: Peer, address: str, chunks: int) -> str:
    url = f"{address}/{chunks}/0/0/v1"
    with PeerKernel(environment) as kernel:
        kernel.run(peer.set_up)
        # Once before: what is loaded and built by the first is not the stream's cost.
        for code in (READ_RAW, peer.ask):
            measure(kernel, code.format(url=f"{address}/10/0/0/v1"))
        empty_s = measure(kernel, "pass").cpu_s
        floor_s = measure(kernel, READ_RAW.format(url=url)).cpu_s - empty_s
        found = measure(kernel, peer.ask.format(url=url))
    cost_s = found.cpu_s - empty_s
    return (
        f"{chunks:,} chunks {cost_s:.2f} s CPU, {cost_s / floor_s:.1f} x httpx; "
        f"{found.messages.total():,} messages, {found.iopub_bytes / len(text_of(chunks)):,.1f} "
        f"x text; {found.wall_s:.1f} s"
    )
