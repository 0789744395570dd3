"""The settings as traits, for `%config QwqMagics` and IPython configuration files.

A trait that was set takes precedence over variables and the project, even if it was set to
its default. Assignments are therefore recorded; they cannot be inferred from the values.
Notebook settings that were not set are filled in from the layers below, so that `%config`
shows the values in effect.

A key is accepted as text, kept as an `ApiKey`, and never shown. traitlets also keeps the
text in its configuration objects, and `%config` stores it only after the trait has been
set, so `hide_keys` replaces it there after each cell.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics
from traitlets import All, Bool, Bunch, Dict, Enum, Float, Integer, TraitError, TraitType, Unicode
from traitlets.config import Configurable

from qwq_magic.display.panel import Show, Start
from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.keys.lookalikes import without_lookalikes
from qwq_magic.magics.front_end import Live
from qwq_magic.session.loops import RunnerName
from qwq_magic.settings import Settings
from qwq_magic.settings.environment import (
    environment_layer,
    renamed_variables,
    unknown_variables,
)
from qwq_magic.settings.headers import checked_headers
from qwq_magic.settings.layers import CHOICES, Chosen, InlineThink, Layer, ProtocolName, effective
from qwq_magic.settings.presets import SERVERS
from qwq_magic.settings.pyproject import project_layer
from qwq_magic.settings.renamed import RENAMED

if TYPE_CHECKING:
    _Trait = TraitType["ApiKey | None", "str | ApiKey | None"]
else:
    # Only recent versions of traitlets accept type parameters, and only type checkers need them.
    _Trait = TraitType


class KeyTrait(_Trait):
    """A trait for a key; None without one."""

    default_value = None
    allow_none = True
    info_text = "a key, as text"

    def validate(self, obj: Configurable, value: object) -> ApiKey | None:
        if isinstance(value, ApiKey):
            return value
        if not isinstance(value, str):
            # The value is not quoted, since it may be a key in a list.
            raise TraitError(f"{self.name} must be a string. Use %qwq_login to enter a key.")
        source = f"{type(obj).__name__}.{self.name}"
        # The text is not bound to a second name, which a verbose traceback would show.
        return ApiKey(value.strip(), source=source) if value.strip() else None


class HeadersTrait(_Trait):
    """A trait for headers, whose values are hidden like keys; {} without any."""

    default_value: Any = {}  # noqa: RUF012  # traitlets copies nothing, and no one changes it
    info_text = "a mapping of names to texts"

    def validate(self, obj: Configurable, value: object) -> Any:
        del obj
        try:
            return checked_headers(value)
        except ConfigurationError as error:
            raise TraitError(str(error)) from None


def hide_keys(owner: Configurable) -> None:
    """Replace keys in the configurations of `owner` and its parents by masked `ApiKey`s."""
    configurable: Configurable | None = owner
    while isinstance(configurable, Configurable):
        section = configurable.config.get(type(owner).__name__, {})
        for name in owner.traits(config=True):
            is_hidden = name == "headers" or isinstance(getattr(owner, name), ApiKey)
            if is_hidden and name in section:
                section[name] = getattr(owner, name)
        configurable = configurable.parent


_SHORTEST_S = 0.001
_DEFAULTS = Settings(server="", base_url="", model="")


class SettingTraits(Magics):
    """The settings, one trait each; `%config QwqMagics` prints their help."""

    server = Enum(
        ["", *SERVERS], "", help="The server. Empty: from the environment, or the demo."
    ).tag(config=True)
    model = Unicode("", help="The model. Empty: the server's default.").tag(config=True)
    base_url = Unicode(
        "", help="Address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1."
    ).tag(config=True)
    inline_think = Enum(
        get_args(InlineThink),
        "auto",
        help="`open`: replies start inside the reasoning, without an opening <think>.",
    ).tag(config=True)
    system = Unicode("", help="A system message for every prompt.").tag(config=True)
    parameters = Dict(help="Server parameters for every prompt, such as {'max_tokens': 2000}.").tag(
        config=True
    )
    headers = HeadersTrait(
        help="Further headers of each request, such as {'X-Title': 'Notes'}. Values never show."
    ).tag(config=True)
    limits = Dict(
        help="What ends a reasoning before the model does, such as {'tokens': 2000}."
    ).tag(config=True)
    conversation = Unicode("main", help="The conversation that cells continue.").tag(config=True)
    show: Enum[Show] = Enum(get_args(Show), "both", help="What to show.").tag(config=True)
    start: Enum[Start] = Enum(
        get_args(Start),
        "auto",
        help="How reasoning starts; `auto` closes it when the answer starts.",
    ).tag(config=True)
    live: Enum[Literal["auto"] | Live] = Enum(
        ["auto", *get_args(Live)],
        "auto",
        help="How a reply is shown while it streams; `none`: only once it has ended.",
    ).tag(config=True)
    runner: Enum[RunnerName] = Enum(
        get_args(RunnerName),
        "thread",
        help="`notebook` streams on the notebook's own event loop, for advisors that need it.",
    ).tag(config=True)
    protocol: Enum[ProtocolName] = Enum(
        get_args(ProtocolName),
        "auto",
        help="The server's protocol; `auto` chooses it by the address.",
    ).tag(config=True)
    connect_timeout_s = Float(
        _DEFAULTS.connect_timeout_s, min=_SHORTEST_S, help="Timeout for connecting, in seconds."
    ).tag(config=True)
    idle_timeout_s = Float(
        _DEFAULTS.idle_timeout_s,
        min=_SHORTEST_S,
        help="Timeout for a stream that receives no data, in seconds.",
    ).tag(config=True)
    allow_insecure_key = Bool(
        False, help="Whether a key may be sent over http:// to another machine."
    ).tag(config=True)

    max_input_tokens = Integer(
        None,
        min=1,
        allow_none=True,
        help="Token limit (≈) for a prompt with its context. None: the model's, if known.",
    ).tag(config=True)
    store = Unicode(
        "", help="An SQLite file to keep all conversations in, such as notes.db. Empty: none."
    ).tag(config=True)
    annotator = Unicode(
        "", help="Your name on hand labels (%qwq_label). Empty: the name of your login."
    ).tag(config=True)
    api_key = KeyTrait(help="A key, for a configuration file; prefer %qwq_login.").tag(config=True)

    def __init__(self, shell: InteractiveShell, **traits: Any) -> None:
        super().__init__(shell, **traits)
        hide_keys(self)
        for line in renamed_variables(os.environ):
            sys.stderr.write(f"{line}\n")
        # The notebook's project. A later `%cd` in a cell must not switch to another project.
        self.folder = _current_folder()
        self._in_files = set(self._section())
        self._set_here: set[str] = set()
        self._is_filling = False
        self._address_set_in = 0
        # From here on, so that values from configuration files do not count as set in this kernel.
        self.observe(self._record, names=All)

    def _load_config(self, cfg: Any, *args: Any, **kwargs: Any) -> None:
        """Replace the warning of traitlets about an unknown name by a hint for a renamed one."""
        section = cfg.get(type(self).__name__, {})
        for name in RENAMED.keys() & section.keys():
            del section[name]
            sys.stderr.write(f"{RENAMED[name]}\n")
        super()._load_config(cfg, *args, **kwargs)

    def own_layer(self) -> Layer:
        """Return the settings set in this kernel or in a configuration file, except the key."""
        layer = {}
        for name in sorted({*self._section(), *self._set_here} - {"api_key"}):
            value = getattr(self, name, None)
            # An empty choice counts as not set, so that a lower layer decides.
            if name not in CHOICES or value not in ("", None, {}):
                is_here = name in self._set_here or name not in self._in_files
                source = f"%config QwqMagics.{name}" if is_here else "ipython_config.py"
                layer[name] = Chosen(value, source)
        return layer

    def project_settings(self) -> Layer:
        """Read the settings of the project's pyproject.toml.

        Raises:
            ConfigurationError: the file is invalid or contains an unknown setting.
        """
        return project_layer(self.folder, self._names())

    def fill_in(self, project: Layer) -> None:
        """Fill traits that were not set from the variables and the project.

        Raises:
            ConfigurationError: a value is invalid; the message names its source.
        """
        own = self.own_layer()
        found = effective(project, self._environment())
        # Filling must not look like an assignment by the user, which would take precedence.
        self._is_filling = True
        try:
            for name in self._names():
                if name not in CHOICES and name not in own:
                    self._fill(name, found.get(name))
        finally:
            self._is_filling = False

    def effective_settings(self, project: Layer, *above: Layer) -> Layer:
        """Return the settings in effect with their sources; defaults are left out.

        The layers `above` take precedence over all others.
        """
        return effective(project, self._environment(), self.own_layer(), *above)

    def unknown_variables(self) -> list[str]:
        """Return a warning for each `QWQ_*` variable that is not a setting."""
        return unknown_variables(os.environ, self._names())

    def _environment(self) -> Layer:
        return environment_layer(os.environ, self._names())

    def _names(self) -> list[str]:
        # A project's file is shared, so it must not set a key; the key ring reads the variables.
        return [name for name in self.traits(config=True) if name != "api_key"]

    def _fill(self, name: str, chosen: Chosen | None) -> None:
        trait = self.traits()[name]
        try:
            setattr(self, name, trait.default() if chosen is None else chosen.value)
        except TraitError:
            assert chosen is not None
            allowed = ", ".join(trait.values or ()) if isinstance(trait, Enum) else "text"
            # The value may be a key that was set in the wrong variable.
            shown = without_lookalikes(repr(chosen.value))
            raise ConfigurationError(
                f"{chosen.source}: Unknown {name} {shown}. Known: {allowed}."
            ) from None

    def _record(self, change: Bunch) -> None:
        if self._is_filling or change.name not in self.traits(config=True):
            return
        self._set_here.add(change.name)
        if change.name == "base_url":
            self._address_set_in = self._cell()
        elif change.name == "server" and change.new:
            self._drop_earlier_address()

    def _drop_earlier_address(self) -> None:
        """Drop an address that an earlier cell set for another server, and report it.

        An address and a server in one cell belong together, in whichever order.
        """
        address = self.base_url
        if not address or "base_url" not in self._set_here or self._address_set_in == self._cell():
            return
        self.base_url = ""
        # Without a password, which some addresses have.
        shown = without_lookalikes(address.rpartition("@")[2])
        sys.stderr.write(
            f"QwqMagics.base_url {shown} was set for another server and is "
            f"dropped. To use it with {self.server}, set it again.\n"
        )

    def _cell(self) -> int:
        """The number of the cell that runs; each run has another one."""
        return getattr(self.shell, "execution_count", 0)

    def _section(self) -> dict[str, Any]:
        """Return the values from configuration files, and those `%config` has set since."""
        section: dict[str, Any] = self.config.get(type(self).__name__, {})
        return {name: value for name, value in section.items() if self.has_trait(name)}


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:  # The directory was deleted, which must not prevent loading.
        return Path()
