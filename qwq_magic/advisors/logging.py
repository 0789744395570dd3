"""The logging advisor: one line per request and per turn, on the logger `qwq_magic`."""

from __future__ import annotations

import logging

from qwq_magic.advisors.chain import LOGGING_ORDER
from qwq_magic.turns import ChatRequest, Turn

_logger = logging.getLogger("qwq_magic")


class LoggingAdvisor:
    """Logs sizes at INFO and texts at DEBUG.

    Texts are logged as `repr`, since a log may be read in a terminal.
    """

    order = LOGGING_ORDER

    # Async although nothing is awaited: a sync method would be run in a worker thread.
    async def before(self, request: ChatRequest) -> None:
        _logger.info(
            "request %s: %s, %d messages, conversation %r",
            request.turn_id,
            request.model,
            len(request.messages),
            request.conversation,
        )
        _logger.debug("prompt: %r", request.prompt)

    async def after(self, turn: Turn) -> None:
        _logger.info(
            "turn %s: %s, %d characters of reasoning, %d of answer, %.1f s",
            turn.id,
            turn.state,
            len(turn.reasoning),
            len(turn.answer),
            turn.timing.total_s or 0.0,
        )
        _logger.debug("reasoning: %r", turn.reasoning)
        _logger.debug("answer: %r", turn.answer)
