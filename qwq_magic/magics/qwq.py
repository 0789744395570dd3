"""`%%qwq` and `%qwq`: ask in a cell, and show each event of the stream as it comes."""

from __future__ import annotations

import sys
from typing import Any, Literal, get_args

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from traitlets import Bool, Dict, Enum, Float, Integer, Unicode

from qwq_magic.display.panel import Show, Start
from qwq_magic.errors import FileError
from qwq_magic.magics.asking import Asking
from qwq_magic.magics.autosave import Autosave
from qwq_magic.magics.cell_log import CellLog
from qwq_magic.magics.front_end import Live
from qwq_magic.magics.key_trait import KeyTrait, hide_keys
from qwq_magic.magics.options import describe_options
from qwq_magic.memory import Place
from qwq_magic.runner import RunnerName
from qwq_magic.servers import SERVERS
from qwq_magic.session import Session
from qwq_magic.settings import Choices, InlineThink, Protocol
from qwq_magic.turns import Turn

_DEFAULTS = Choices()
_HELP = f"""Ask a reasoning model: `%qwq [options] PROMPT`, or a cell

    %%qwq [options]
    PROMPT

The prompt is sent verbatim. Reasoning and answer appear as they come; the turn is
`_qwq` when they have. A cell that runs again replaces its turn.

Options:
{describe_options()}
"""


@magics_class
class QwqMagics(Magics):
    """Ask a reasoning model. A setting here holds for all cells that do not say otherwise."""

    server = Enum(
        ["", *SERVERS], "", help="The server; empty: from the environment, or the demo."
    ).tag(config=True)
    model = Unicode("", help="The model; empty: the server's usual one.").tag(config=True)
    base_url = Unicode(
        "", help="Address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1."
    ).tag(config=True)
    inline_think = Enum(
        get_args(InlineThink),
        "auto",
        help="`open`: replies begin inside the reasoning, without an opening <think>.",
    ).tag(config=True)
    system = Unicode("", help="A system message for every prompt.").tag(config=True)
    parameters = Dict(help="Server parameters for every prompt, such as {'max_tokens': 2000}.").tag(
        config=True
    )
    conversation = Unicode("main", help="The conversation that cells go on with.").tag(config=True)
    show: Enum[Show] = Enum(get_args(Show), "both", help="What is shown.").tag(config=True)
    start: Enum[Start] = Enum(
        get_args(Start),
        "open",
        help="How reasoning starts; `auto` closes it when the answer starts.",
    ).tag(config=True)
    live: Enum[Literal["auto"] | Live] = Enum(
        ["auto", *get_args(Live)],
        "auto",
        help="How a reply is shown while it streams; `none`: only when it has ended.",
    ).tag(config=True)
    runner: Enum[RunnerName] = Enum(
        get_args(RunnerName),
        "thread",
        help="`notebook` streams on the notebook's own loop, for advisors that need it.",
    ).tag(config=True)
    protocol: Enum[Protocol] = Enum(
        get_args(Protocol), "auto", help="How the server speaks; `auto` decides from its address."
    ).tag(config=True)
    connect_timeout_s = Float(
        _DEFAULTS.connect_timeout_s, help="Seconds until a connection must stand."
    ).tag(config=True)
    idle_timeout_s = Float(
        _DEFAULTS.idle_timeout_s, help="Seconds without a byte after which a stream counts as dead."
    ).tag(config=True)
    allow_insecure_key = Bool(False, help="May a key travel over http:// to another machine?").tag(
        config=True
    )

    max_input_tokens = Integer(
        None, allow_none=True, help="≈ tokens a prompt with its context may have; None: as known."
    ).tag(config=True)
    autosave = Unicode(
        "", help="A file that is to hold all conversations, such as chat.qwq.jsonl; empty: none."
    ).tag(config=True)
    api_key = KeyTrait(help="A key, in a configuration file; better is %qwq_login.").tag(
        config=True
    )

    def __init__(self, shell: InteractiveShell, **traits: Any) -> None:
        super().__init__(shell, **traits)
        hide_keys(self)
        self.session = Session()
        self.cells = CellLog(shell)
        self.asking = Asking(shell, self)
        self.autosaver = Autosave()

    @no_var_expand
    @line_cell_magic
    def qwq(self, line: str, cell: str | None = None) -> None:
        self.asking.ask(line, lambda _options, rest: _prompt(rest, cell))

    qwq.__doc__ = _HELP

    def bundle_of(self, turn: Turn, *, place: Place | None = None) -> dict[str, object]:
        """A turn as the value of a cell: the output it had."""
        from qwq_magic.display.bundle import final_bundle

        place = place or self.session.conversations.place_of(turn)
        return final_bundle(turn, place=place, show=self.show, start=self.start)

    def autosave_now(self) -> None:
        """Bring the autosave file up to date, if there is one; a failure is one line."""
        if self.autosave:
            try:
                said = self.autosaver.save(self.session.conversations, self.autosave)
            except FileError as error:
                said = f"Not saved: {error}"
            if said:
                sys.stderr.write(f"{said}\n")

    def apply_settings(self) -> None:
        """Let the session go by what is configured now; keys it has already."""
        self.session.choices = Choices().override(
            server=self.server or None,
            base_url=self.base_url or None,
            model=self.model or None,
            inline_think=self.inline_think,
            system=self.system or None,
            parameters=self.parameters,
            protocol=self.protocol,
            connect_timeout_s=self.connect_timeout_s,
            idle_timeout_s=self.idle_timeout_s,
            allow_insecure_key=self.allow_insecure_key,
            max_input_tokens=self.max_input_tokens,
        )
        self.session.conversation = self.conversation
        self.session.runner = self.runner


def _prompt(rest: str, cell: str | None) -> str:
    """The prompt, verbatim; text on the option line of a cell is its beginning."""
    if cell is None:
        return rest
    # IPython ends every cell with a newline that nobody typed.
    body = cell.removesuffix("\n")
    return "\n".join(text for text in (rest, body) if text.strip()) or body
