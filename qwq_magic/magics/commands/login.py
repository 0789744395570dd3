"""`%qwq_login`: read a key from a hidden prompt and keep it in this process's memory.

The key is never part of a cell, so it is in no notebook, history or output.
"""

from __future__ import annotations

import getpass
import os
import sys
import warnings

from IPython.core.error import StdinNotImplementedError, UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from traitlets import Bunch

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.magics.context import NotebookContext
from qwq_magic.plain_text import one_line
from qwq_magic.settings.key_ring import OWN_VARIABLE, variable_key
from qwq_magic.settings.layers import NO_LAYER, Choices, Layer
from qwq_magic.settings.presets import DEMO, SERVERS, ServerPreset
from qwq_magic.settings.settings import server_and_address
from qwq_magic.wire.addresses import host_of

_FORGET = "--forget"
_SERVERS = tuple(name for name in SERVERS if name != DEMO.name)


@magics_class
class LoginMagics(Magics):
    """The login command, and the key of the configuration."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._context = context
        context.settings.observe(self._bind, "api_key")
        # A key from a configuration file was set before the trait was observed.
        self._bind(Bunch(old=None, new=context.settings.api_key))

    def _bind(self, change: Bunch) -> None:
        """Bind a key from the configuration to the host that the settings select."""
        keys = self._context.session.keys
        if change.old is not None:
            keys.drop(change.old)
        if change.new is not None:
            try:
                choices = self._choices().override(api_key=change.new)
                server, base_url = server_and_address(choices, os.environ, keys)
            except ConfigurationError as error:
                # An error here would be a traceback of `%config`, or prevent loading.
                sys.stderr.write(f"QwqMagics.api_key is not used. {error}\n")
            else:
                keys.put(change.new, server=server, base_url=base_url)

    @no_var_expand
    @line_magic
    def qwq_login(self, line: str) -> None:
        """Enter a key for a server without showing it: `%qwq_login [SERVER]`.

        Without SERVER, the key is for the server that `%%qwq` uses. It is kept until the
        kernel stops, never saved, and sent only to that server's host.
        `%qwq_login --forget [SERVER]` removes it.
        """
        words = line.split()
        is_forgetting = _FORGET in words
        try:
            server, base_url = self._server([word for word in words if word != _FORGET])
            command = self._forget if is_forgetting else self._read
            message = command(server, base_url)
        except ConfigurationError as error:
            raise UsageError(str(error)) from None
        sys.stdout.write(f"{message}\n")

    def complete(self, _words: list[str], text: str) -> list[str]:
        """Complete server names."""
        return [word for word in (_FORGET, *_SERVERS) if word.startswith(text)]

    def _choices(self) -> Choices:
        self._context.apply_settings()
        return self._context.session.choices

    def _server(self, names: list[str]) -> tuple[ServerPreset, str]:
        """Return the server that the key is for, and its base URL."""
        if len(names) > 1 or (names and names[0] not in SERVERS):
            # The argument is not quoted, since it may be the key.
            raise ConfigurationError(
                "%qwq_login accepts one server name, and then prompts for the key. "
                f"Servers: {', '.join(_SERVERS)}."
            )
        choices, keys = self._choices(), self._context.session.keys
        project = self._trusted_project(names)
        try:
            server, base_url = server_and_address(choices, os.environ, keys, project=project)
        except ConfigurationError:
            if not names:
                raise
            server, base_url = DEMO, ""
        if names and names[0] != server.name:
            return server_and_address(choices.override(server=names[0]), os.environ, keys)
        if server == DEMO and not (names or choices.server):
            # With nothing configured, the key is most likely for DashScope, the home of QwQ.
            server = SERVERS["dashscope"]
            base_url = server.base_url
        return server, base_url

    def _trusted_project(self, names: list[str]) -> Layer:
        """Return the project's settings, or none of them if only they set the base URL.

        Raises:
            ConfigurationError: the key would be for a host that only the project names.
        """
        chosen = self._context.foreign_address()
        if chosen is None:
            return self._context.session.project
        if not names:
            raise ConfigurationError(
                f"{one_line(host_of(chosen.value))} is set only by {chosen.source}. To enter a "
                'key for it, confirm the address first: %config QwqMagics.base_url = "…"'
            )
        return NO_LAYER

    def _read(self, server: ServerPreset, base_url: str) -> str:
        if server == DEMO:
            raise ConfigurationError(
                "The demo needs no key. Use a server name: %qwq_login dashscope."
            )
        name = _name_of(server, base_url)
        key = _read_key(f"Key for {name}: ", instead=_variables(server))
        self._context.session.keys.put(key, server=server, base_url=base_url)
        kept = f"The key for {name} is kept until the kernel stops, and sent nowhere else."
        other = variable_key(server, base_url, os.environ)
        if other is not None:
            return f"{kept} It is used instead of the one from {other.source}."
        return f"{kept} To avoid this prompt, set {_variables(server)} before Jupyter starts."

    def _forget(self, server: ServerPreset, base_url: str) -> str:
        name = _name_of(server, base_url)
        keys = self._context.session.keys
        key = keys.key_for(base_url)
        if key is None:
            return f"There is no key for {name} to forget."
        keys.drop(key)
        if key is self._context.settings.api_key:
            self._context.settings.api_key = None
        other = variable_key(server, base_url, os.environ)
        if other is not None:
            return f"Forgot the key for {name}. Now the one from {other.source} is used."
        return f"Forgot the key for {name}."


def _read_key(prompt: str, *, instead: str) -> ApiKey:
    """Read a key from a hidden prompt; `instead` names the variables for the error message.

    Raises:
        ConfigurationError: no valid key was entered, or the front end cannot prompt for one.
    """
    try:
        with warnings.catch_warnings():
            # getpass warns before it reads with echo, which would show the key.
            warnings.simplefilter("error", getpass.GetPassWarning)
            # A key copied from a file of variables often includes its quotes.
            key = ApiKey(getpass.getpass(prompt).strip(" \t\r\n\"'"), source="%qwq_login")
    except (StdinNotImplementedError, getpass.GetPassWarning, EOFError):
        raise ConfigurationError(
            f"This front end cannot prompt for a key. Set {instead} in the environment instead."
        ) from None
    except KeyboardInterrupt:
        # To interrupt the prompt is to cancel it.
        raise ConfigurationError("No key was entered; nothing has changed.") from None
    if not key.reveal():
        raise ConfigurationError("No key was entered; nothing has changed.")
    if not key.is_sendable:
        raise ConfigurationError(
            "The key is not valid: it contains spaces or non-ASCII characters. Copy it again."
        )
    return key


def _name_of(server: ServerPreset, base_url: str) -> str:
    host = host_of(base_url)
    return host if server.name in ("custom", host) else f"{server.name} ({host})"


def _variables(server: ServerPreset) -> str:
    return " or ".join(server.key_variables or (OWN_VARIABLE,))
