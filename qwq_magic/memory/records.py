"""Exports of a conversation: OpenAI messages, and one flat record per turn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qwq_magic.memory.contents import Contents
from qwq_magic.turns import Turn


def openai_messages(contents: Contents) -> list[dict[str, str]]:
    """Return the whole conversation as alternating OpenAI messages, without reasoning."""
    return [
        {"role": message.role, "content": message.text}
        for slot in contents.slots
        if slot.is_sendable
        for message in slot.attempts[-1].messages(with_reasoning=False)
    ]


def turn_records(turns: Iterable[Turn]) -> list[dict[str, Any]]:
    """Return a flat record per turn, oldest first: texts, token counts, durations, state."""
    return [
        {
            "number": number,
            "prompt": turn.prompt,
            "reasoning": turn.reasoning,
            "answer": turn.answer,
            "state": turn.state,
            "finish_reason": turn.finish_reason,
            "error": turn.error.message if turn.error else None,
            "model": turn.model,
            "server": turn.server,
            "conversation": turn.conversation,
            "started_at": turn.started_at,
            "parameters": dict(turn.parameters),
            "input_tokens": turn.usage.input_tokens,
            "output_tokens": turn.usage.output_tokens,
            "reasoning_tokens": turn.usage.reasoning_tokens,
            "ttft_s": turn.timing.ttft_s,
            "thinking_s": turn.timing.thinking_s,
            "total_s": turn.timing.total_s,
        }
        for number, turn in enumerate(turns, 1)
    ]
