"""How the beginning of a reply is given to a server: a last message, and flags beside it.

Measured on running servers in 2026. Both servers reject the two flags with the same value.

Templates may drop a space at the end of the last message, and models write a space with the word
that follows it, so a given text that ends with one may be continued with another.
"""

from __future__ import annotations

from qwq_magic.settings.presets import ServerPreset
from qwq_magic.turns import Json, Prefix


def given(prefix: Prefix, server: ServerPreset) -> tuple[dict[str, Json], dict[str, Json]]:
    """Return the last message of the request, and the other fields of the body.

    Raises:
        ValueError: the server continues no given text; see `ServerPreset.continues`.
    """
    flags: dict[str, Json] = {"continue_final_message": True, "add_generation_prompt": False}
    match server.continues:
        case "reasoning_field":
            # The content is required, even where it is empty.
            message = {
                "role": "assistant",
                "content": prefix.answer,
                "reasoning_content": prefix.reasoning,
            }
            if prefix.closed:
                flags["continue_final_message"] = "content"
            return message, flags
        case "think_in_content":
            content = f"<think>\n{prefix.reasoning}"
            if prefix.closed:
                content += f"\n</think>\n\n{prefix.answer}"
            return {"role": "assistant", "content": content}, flags
        case _:
            raise ValueError(f"a server that continues by {server.continues!r}")


def ends_with_space(prefix: Prefix) -> bool:
    """Whether the given text ends with a space, with which the reply may begin once more."""
    text = prefix.answer if prefix.closed else prefix.reasoning
    return text.endswith(" ") and bool(text.strip())
