"""Messages, and the request that carries them through the advisor chain to a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from qwq_magic.turns.parent import Parent
from qwq_magic.turns.prefix import Prefix

Role: TypeAlias = Literal["system", "user", "assistant"]
# Any JSON value; parameters are sent to the server unchanged.
Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a request.

    `reasoning` is set only on an assistant's message, if the user asked to send earlier
    reasoning and the server accepts it; otherwise it is empty. `signature` accompanies it for
    a server that signs its reasoning.
    """

    role: Role
    text: str
    reasoning: str = ""
    signature: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request on its way through the advisor chain to a model.

    Attributes:
        prompt: the user's text, verbatim; also the last of `messages`.
        model: the model's name as the server knows it.
        messages: an optional system message, then alternating user and assistant messages,
            ending with the prompt.
        parameters: server parameters (`temperature`, `max_tokens`, ...), sent unchanged.
        conversation: the conversation's name.
        turn_id: the id of the turn that this request will produce.
        cell_id: the notebook cell that sends the prompt, None outside a notebook; re-running
            the cell replaces its turn.
        prefix: the text that the reply begins with; None for none.
        parent: the turn that this text comes from, and what was done to it.
        sample: which of several replies to the same request it asks for, from 1.
    """

    prompt: str
    model: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, Json] = field(default_factory=dict)
    conversation: str = "main"
    turn_id: str = ""
    cell_id: str | None = None
    prefix: Prefix | None = None
    parent: Parent | None = None
    sample: int = 1
