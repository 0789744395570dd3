"""The key of a sample: the hash of all that decides what is asked."""

from __future__ import annotations

import hashlib
import json

from qwq_magic.turns import ChatRequest, Limits, Turn, is_cut


def sample_key(request: ChatRequest, *, server: str, limits: Limits | None, number: int) -> str:
    """Return the key of a sample, as hexadecimal digits.

    It covers the messages, the model, the server's name, the parameters, the given text, the
    limits and the number of the sample. Neither an address nor an API key is part of it: the
    same model behind another address replies to the same request.
    """
    data = {
        "messages": [[m.role, m.text, m.reasoning, m.signature] for m in request.messages],
        "model": request.model,
        "server": server,
        "parameters": dict(request.parameters),
        "prefix": request.prefix.to_dict() if request.prefix else None,
        "limits": limits.to_dict() if limits else None,
        "number": number,
    }
    # Values that are not JSON cannot be sent either, and fail there with a clear message.
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def is_final(turn: Turn) -> bool:
    """Whether the reply was received to its end, by the model or by the server."""
    return turn.complete or is_cut(turn)
