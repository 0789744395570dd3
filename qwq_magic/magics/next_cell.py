"""`--code`: the answer's code, put into the next cell for the user to read and run.

The front end does that, on a payload of the cell's reply: notebooks insert a cell below,
terminals fill in the next prompt. Nothing runs by itself.
"""

from __future__ import annotations

import sys

from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.turns import Turn
from qwq_magic.turns.code_blocks import code_for_cell


def offer_code(shell: InteractiveShell, turn: Turn, *, is_somebody_there: bool) -> None:
    """Put the code into the next cell, or say in a line why not."""
    blocks = turn.code
    code = code_for_cell(blocks)
    if not turn.complete:
        return  # half a program is no help
    if code and is_somebody_there:
        shell.set_next_input(code)
        return
    if code:
        said = "There is no next cell here: the code is in _qwq.code."
    elif blocks:
        names = ", ".join(dict.fromkeys(block.language for block in blocks))
        said = f"The answer's code is {names}, not Python: see _qwq.code."
    else:
        said = "The answer holds no code for the next cell."
    sys.stdout.write(f"{said}\n")
