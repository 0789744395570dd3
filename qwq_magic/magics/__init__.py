"""What the user types; everything below is put together here."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.magics import line_prompt
from qwq_magic.magics.completion import known_models, make_completer
from qwq_magic.magics.qwq import QwqMagics
from qwq_magic.servers import SERVERS


def register(shell: InteractiveShell) -> None:
    """Give a shell the magics and their completion; `%reload_ext` keeps its conversations."""
    magics = QwqMagics(shell)
    earlier = shell.magics_manager.registry.get("QwqMagics")
    if isinstance(earlier, QwqMagics):
        magics.session = earlier.session
    shell.register_magics(magics)
    line_prompt.install(shell)
    completer = make_completer(
        {
            "server": lambda: SERVERS,
            "model": known_models,
            "conversation": lambda: magics.session.conversations,
        }
    )
    for name in ("%qwq", "%%qwq"):
        shell.set_hook("complete_command", completer, str_key=name)  # type: ignore[no-untyped-call]  # IPython has no types here
