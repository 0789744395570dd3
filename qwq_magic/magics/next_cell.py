"""`--code`: put the code of the answer into the next cell, for the user to review and run.

The front end does this on a `set_next_input` payload in the execute reply: notebooks insert
a cell below, terminals fill in the next prompt. Code never runs automatically.
"""

from __future__ import annotations

import sys

from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.turns import Turn
from qwq_magic.turns.code_blocks import code_for_cell


def offer_code(shell: InteractiveShell, turn: Turn, *, has_next_cell: bool) -> None:
    """Put the code into the next cell, or print why that is not possible."""
    blocks = turn.code
    code = code_for_cell(blocks)
    if not turn.complete:
        return  # An incomplete answer may end in the middle of its code.
    if code and has_next_cell:
        shell.set_next_input(code)
        return
    if code:
        message = "This front end has no next cell. The code is in _qwq.code."
    elif blocks:
        names = ", ".join(dict.fromkeys(block.language for block in blocks))
        message = f"The code in the answer is {names}, not Python. It is in _qwq.code."
    else:
        message = "The answer contains no code for the next cell."
    sys.stdout.write(f"{message}\n")
