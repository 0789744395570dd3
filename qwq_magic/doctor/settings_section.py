"""The sections about the settings, each with its source, and about installed versions.

A key is never shown, only where it was found.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from importlib import metadata

from qwq_magic.display.tables import Table
from qwq_magic.display.text.report import Section
from qwq_magic.doctor.clean_text import CleanText
from qwq_magic.errors import ConfigurationError
from qwq_magic.session import Session
from qwq_magic.session.model_choice import MODEL_CHOICES
from qwq_magic.settings import Settings, resolve
from qwq_magic.settings.key_ring import OWN_VARIABLE, hint_at_dashscope
from qwq_magic.settings.layers import Chosen, Layer
from qwq_magic.settings.presets import CUSTOM, DEMO, ServerPreset, preset_of
from qwq_magic.settings.settings import server_and_address
from qwq_magic.version import __version__
from qwq_magic.wire.addresses import host_of

PRECEDENCE = (
    "Priority, highest first: options of a cell, %config and ipython_config.py, QWQ_* variables, "
    "[tool.qwq_magic] in a pyproject.toml, the default."
)
_SHOWN_FIRST = ("server", "model", "base_url")


def resolved(session: Session, environ: Mapping[str, str]) -> Settings | ConfigurationError:
    """Return the settings for the next prompt, or the error that prevents sending it."""
    try:
        return resolve(session.choices, environ, session.keys, project=session.project)
    except ConfigurationError as error:
        return error


def settings_section(
    session: Session, effective: Layer, environ: Mapping[str, str], *, notes: tuple[str, ...] = ()
) -> Section:
    """Return the section; `effective` has the settings that are not defaults, with sources."""
    clean = CleanText(environ, session.keys)
    found = resolved(session, environ)
    rows = [*_server_rows(session, found, effective, environ, clean)]
    rows += [
        (name, clean.value(chosen.value), clean.line(chosen.source))
        for name, chosen in effective.items()
        if name not in _SHOWN_FIRST
    ]
    return Section("Settings", Table(("setting", "value", "from"), rows), (PRECEDENCE, *notes))


def _server_rows(
    session: Session,
    found: Settings | ConfigurationError,
    effective: Layer,
    environ: Mapping[str, str],
    clean: CleanText,
) -> Iterator[tuple[str, str, str]]:
    def source_of(name: str, default: str) -> str:
        chosen: Chosen | None = effective.get(name)
        return default if chosen is None else clean.line(chosen.source)

    try:
        server, base_url = server_and_address(
            session.choices, environ, session.keys, project=session.project
        )
    except ConfigurationError:
        # The report's status shows the error.
        for name in _SHOWN_FIRST:
            if name in effective:
                shown = clean.refused_address if name == "base_url" else clean.value
                yield name, shown(effective[name].value), clean.line(effective[name].source)
        return
    default = f"default of {server.name}"
    name = server.name if server is not CUSTOM else host_of(base_url)
    yield (
        "server",
        clean.line(name),
        source_of("server", _server_source(session, effective, environ)),
    )
    # Without usable settings, for example without a key, the model may still be known.
    model = found.model if isinstance(found, Settings) else session.choices.model or server.model
    choice = MODEL_CHOICES.known(found) if isinstance(found, Settings) else None
    if choice is None:
        yield "model", clean.line(model), source_of("model", default)
    else:
        yield "model", clean.line(choice.model), clean.line(choice.reason)
    if server is not DEMO:
        yield "base URL", clean.address(base_url), source_of("base_url", default)
        yield "key", *_key(found, server, base_url, environ)


def _server_source(session: Session, effective: Layer, environ: Mapping[str, str]) -> str:
    """Return why the server is in use when no setting names it."""
    if "base_url" in effective:
        return "the base URL"
    if session.keys.last_server is not None:
        return "default: server of the last %qwq_login"
    hint = hint_at_dashscope(environ)
    return f"default: {hint.source} is set" if hint else "default: no server set, no key found"


def _key(
    found: Settings | ConfigurationError,
    server: ServerPreset,
    base_url: str,
    environ: Mapping[str, str],
) -> tuple[str, str]:
    """Return whether there is a key, and its source or what is missing."""
    key = found.api_key if isinstance(found, Settings) else None
    if key is not None:
        return "found", key.source
    unused = ""
    own = OWN_VARIABLE if environ.get(OWN_VARIABLE, "").strip() else ""
    if variable := found.withheld_key if isinstance(found, Settings) else own:
        unused = f"{variable} is set, but not for {host_of(base_url)}: see QWQ_BASE_URL"
    preset = preset_of(server.name, base_url)
    needed = f"not set: {' or '.join(preset.key_variables)}" if preset.needs_key else "not needed"
    return "none", unused or needed


_PACKAGES = (
    "IPython",
    "ipykernel",
    "ipywidgets",
    "anywidget",
    "httpx",
    "jupyterlab",
    "notebook",
)


def versions_section() -> Section:
    found = {name: _version_of(name) for name in _PACKAGES}
    here = [f"{name} {version}" for name, version in found.items() if version]
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    lines = [" · ".join((f"qwq_magic {__version__}", python, *here))]
    if missing := [name for name, version in found.items() if not version]:
        lines.append(f"Not installed for this kernel: {', '.join(missing)}.")
    return Section("Versions", lines=tuple(lines))


def _version_of(name: str) -> str:
    # Not imported for its version: these packages take hundreds of milliseconds to import.
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
