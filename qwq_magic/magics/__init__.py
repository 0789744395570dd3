"""The magics, and the one place that registers them in a shell.

All magics of a shell share one `NotebookContext`, so registering twice must not create a
second one.
"""

from __future__ import annotations

from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.display.live.chat_host import register_host
from qwq_magic.errors import ConfigurationError
from qwq_magic.magics import line_prompt
from qwq_magic.magics.commands.chat import ChatMagics
from qwq_magic.magics.commands.doctor import DoctorMagics
from qwq_magic.magics.commands.fix import FixMagics
from qwq_magic.magics.commands.inspect import install_inspect
from qwq_magic.magics.commands.jobs import JobsMagics
from qwq_magic.magics.commands.label import LabelMagics
from qwq_magic.magics.commands.login import LoginMagics
from qwq_magic.magics.commands.memory import MemoryMagics
from qwq_magic.magics.commands.models import ListedModels, ModelMagics
from qwq_magic.magics.commands.probe import ProbeMagics
from qwq_magic.magics.commands.search import SearchMagics
from qwq_magic.magics.commands.shown_batch import install_batches
from qwq_magic.magics.commands.steer import SteerMagics
from qwq_magic.magics.completion import (
    Values,
    install_completion,
    make_completer,
    value_in,
    with_turns,
)
from qwq_magic.magics.qwq import QwqMagics
from qwq_magic.magics.typed_keys import watch_for_keys
from qwq_magic.session import Session
from qwq_magic.settings.presets import SERVERS
from qwq_magic.turns import Turn


def register(shell: InteractiveShell) -> None:
    """Register the magics and their completion.

    In a shell that has them already, such as after `%reload_ext`, nothing changes, so the
    conversations and jobs are kept.
    """
    if _registered(shell) is not None:
        return
    magics = QwqMagics(shell)
    context = magics.context
    listed = ListedModels(context)
    memory, jobs, login = MemoryMagics(context), JobsMagics(context), LoginMagics(context)
    shell.register_magics(magics, memory, jobs, login, FixMagics(context), DoctorMagics(context))
    shell.register_magics(ChatMagics(context), ModelMagics(context, listed), SteerMagics(context))
    shell.register_magics(ProbeMagics(context), LabelMagics(context))
    search = SearchMagics(context)
    shell.register_magics(search)
    line_prompt.install(shell)
    register_host(shell, context)
    # `Turn` is in a layer that knows no display, so it cannot show itself.
    if shell.display_formatter is not None:
        shell.display_formatter.mimebundle_formatter.for_type(Turn, context.bundle_of)
    # Functions, since conversations and listed models change while the notebook runs.
    values: Values = {
        "server": lambda _words: SERVERS,
        "model": lambda words: listed.names(value_in(words, "server")),
        "conversation": lambda _words: context.session.conversations,
    }
    ask = make_completer(values)
    turns = with_turns(make_completer(values, ("conversation",)), context.turn_numbers)
    completers = {
        **dict.fromkeys(("%qwq", "%%qwq", "%qwq_fix"), ask),
        **dict.fromkeys(("%qwq_answer", "%qwq_continue"), with_turns(ask, context.turn_numbers)),
        **dict.fromkeys(("%qwq_inspect", "%qwq_label", "%qwq_probe"), turns),
        "%qwq_chat": make_completer(values, ("conversation",)),
        "%qwq_jobs": jobs.complete,
        "%qwq_login": login.complete,
        "%qwq_memory": memory.complete,
        "%qwq_doctor": make_completer(values, ("server", "model")),
        "%qwq_search": search.complete,
        "%qwq_models": make_completer(values, ("server",)),
    }
    install_completion(shell, completers)
    install_inspect(context)
    install_batches(context)
    watch_for_keys(context)


def loaded_session() -> Session:
    """Return the session that `%%qwq` uses in the running notebook or shell.

    Raises:
        ConfigurationError: the extension is not loaded, or a setting has an invalid value.
    """
    shell = get_ipython()
    magics = _registered(shell) if shell is not None else None
    if magics is None:
        raise ConfigurationError("qwq_magic is not loaded. Run %load_ext qwq_magic first.")
    # The configuration must apply even if no cell has sent a prompt yet.
    magics.context.apply_settings()
    return magics.context.session


def _registered(shell: InteractiveShell) -> QwqMagics | None:
    magics = shell.magics_manager.registry.get("QwqMagics")
    return magics if isinstance(magics, QwqMagics) else None
