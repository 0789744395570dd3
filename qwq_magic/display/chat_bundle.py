"""A chat as a cell's output: the widget, and behind it the conversation as it stands.

Whoever reads the notebook without its widgets, on GitHub or through nbconvert, finds the
turns there were when the chat was displayed.
"""

from __future__ import annotations

from typing import Any

from qwq_magic.display.conversation_markdown import conversation_markdown
from qwq_magic.display.saved_text import escape_span
from qwq_magic.memory import ConversationMemory

_HINT = "A chat stands here while its notebook runs. Run the cell to go on with it."


def chat_bundle(
    model_id: str, conversation: str, memory: ConversationMemory | None
) -> dict[str, Any]:
    """The MIME bundle of a chat that shows this conversation; None: nothing was asked there."""
    count = len(memory) if memory is not None else 0
    turns = f"{count} turn{'' if count == 1 else 's'}"
    markdown = f"{escape_span(_HINT)}\n"
    if memory:
        markdown = f"{conversation_markdown(memory)}\n{markdown}"
    return {
        "application/vnd.jupyter.widget-view+json": {
            "version_major": 2,
            "version_minor": 0,
            "model_id": model_id,
        },
        "text/markdown": markdown,
        "text/plain": f"Chat in conversation {conversation!r}: {turns}. {_HINT}",
    }
