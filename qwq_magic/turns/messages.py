"""What is sent: messages, and the request that carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]
# A JSON value; parameters go to the server as they are.
Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation as it is sent.

    `reasoning` goes with an assistant's text only where the user asks for it and the
    server takes it back; else it is empty.
    """

    role: Role
    text: str
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One ask on its way down the advisor chain to a model.

    Attributes:
        prompt: the user's text, verbatim; also the last of `messages`.
        model: the model's name as the server knows it.
        messages: an optional system message, then user and assistant in turn, the prompt last.
        parameters: server parameters (`temperature`, `max_tokens`, ...), sent as they are.
        conversation: the conversation's id.
        turn_id: the id the finished turn will have.
        cell_id: the notebook cell that asks, None outside one; a re-run replaces its turn.
    """

    prompt: str
    model: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, Json] = field(default_factory=dict)
    conversation: str = "main"
    turn_id: str = ""
    cell_id: str | None = None
