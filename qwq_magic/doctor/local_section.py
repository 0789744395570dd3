"""The section about servers on this machine: their models, and the lines to use them.

What to type is shown only if the model's name is safe to paste into a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from qwq_magic.display.tables import Table
from qwq_magic.display.text.report import Section
from qwq_magic.doctor.clean_text import CleanText
from qwq_magic.settings.presets import SERVERS

if TYPE_CHECKING:
    # Importing the client takes 230 ms, which would delay the first report.
    from qwq_magic.client import LocalServer
    from qwq_magic.wire.model_list import ListedModel

TITLE = "Servers on this machine"
_SHOWN_MODELS = 8
# Names without characters that are special in a magic's line or in a Python string.
_TYPEABLE = re.compile(r"[A-Za-z0-9][\w.:/@+-]*", re.ASCII)


def searching_section(addresses: Sequence[str]) -> Section:
    return Section(TITLE, lines=(f"Checking {_ports(addresses)} …",), is_done=False)


def local_section(
    servers: Sequence[LocalServer],
    addresses: Sequence[str],
    *,
    in_use: tuple[str, str],
    clean: CleanText,
) -> Section:
    """Return the section; `in_use` is the base URL and the model of the current settings."""
    if not servers:
        return Section(TITLE, lines=(f"No server found at {_ports(addresses)}.", _how_to_start()))
    rows = [
        (
            clean.line(server.name or "unknown"),
            server.base_url,
            _models(server, clean),
            "in use" if _is_in_use(server, in_use) else "\n".join(lines_to_type(server)),
        )
        for server in servers
    ]
    return Section(TITLE, Table(("server", "base URL", "models", "to use it, type"), rows))


def lines_to_type(server: LocalServer) -> tuple[str, ...]:
    """Return the lines that use one of the server's models, a reasoning model if it has one.

    Empty if no model has a name that can be typed safely.
    """
    model = _best(server.models)
    if model is None:
        return ()
    preset = SERVERS.get(server.name)
    # The name of a preset selects a server only at the preset's own address.
    if preset is not None and preset.base_url == server.base_url:
        return (f"%%qwq -s {server.name} -m {model.name}",)
    settings = {"server": server.name or "custom", "base_url": server.base_url, "model": model.name}
    return tuple(f'%config QwqMagics.{name} = "{value}"' for name, value in settings.items())


def _is_in_use(server: LocalServer, in_use: tuple[str, str]) -> bool:
    base_url, model = in_use
    return server.base_url == base_url and any(listed.is_named(model) for listed in server.models)


def _best(models: Iterable[ListedModel]) -> ListedModel | None:
    typeable = [model for model in models if _TYPEABLE.fullmatch(model.name)]
    return next((model for model in typeable if model.thinks), next(iter(typeable), None))


def _models(server: LocalServer, clean: CleanText) -> str:
    if server.problem or not server.models:
        return server.problem or "none"
    shown = [
        clean.line(f"{model.name} (thinks)" if model.thinks else model.name, most_bytes=80)
        for model in server.models[:_SHOWN_MODELS]
    ]
    more = len(server.models) - len(shown)
    return ", ".join([*shown, *([f"and {more} more"] if more else [])])


def _ports(addresses: Sequence[str]) -> str:
    hosts = [address.split("//")[1].partition("/")[0] for address in addresses]
    return f"127.0.0.1, ports {', '.join(host.rpartition(':')[2] for host in hosts)}"


def _how_to_start() -> str:
    ollama = SERVERS["ollama"]
    return f"To start one, for example with Ollama: {ollama.start_hint}."
