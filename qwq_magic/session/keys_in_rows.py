"""API keys in the table of a batch: hidden in what is kept and shown, and never sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.session.batch_plan import BatchPlan
from qwq_magic.settings.key_ring import key_in_prompt


def without_keys(
    plan: BatchPlan, keys: Sequence[ApiKey]
) -> tuple[BatchPlan, dict[int, ConfigurationError]]:
    """Return the plan with all keys masked, and an error for each row whose prompt has one.

    `keys`: the keys that could be sent to some server.
    """
    refused = {
        number: key_in_prompt(key)
        for number, prompt in enumerate(plan.prompts)
        if (key := _key_in(prompt, keys)) is not None
    }
    hidden = replace(
        plan,
        rows=[_hidden(row, keys) for row in plan.rows],
        prompts=[_hidden(prompt, keys) for prompt in plan.prompts],
        template=_hidden(plan.template, keys),
    )
    return hidden, refused


def _key_in(text: str, keys: Sequence[ApiKey]) -> ApiKey | None:
    return next((key for key in keys if key.is_in(text)), None)


def _hidden(value: Any, keys: Sequence[ApiKey]) -> Any:
    """Return the same value, with the keys in its texts masked."""
    if isinstance(value, str):
        for key in keys:
            # A text without a key stays as it is, even if it looks like a part of one.
            if key.is_in(value):
                value = key.redact(value)
        return value
    if isinstance(value, Mapping):
        return {_hidden(name, keys): _hidden(item, keys) for name, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_hidden(item, keys) for item in value)
    return value
