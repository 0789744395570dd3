"""A report on the models of a server: their names, which reason, and which is in use."""

from __future__ import annotations

from collections.abc import Sequence

from qwq_magic.display.tables import Table
from qwq_magic.display.text.report import Report, ReportStatus, Section
from qwq_magic.wire.model_list import ListedModel

_MOST_ROWS = 60


def model_report(
    models: Sequence[ListedModel], *, server: str, in_use: str, wanted: str, option: str
) -> Report:
    """Return the report.

    Args:
        models: all models the server lists.
        server: the name of the server.
        in_use: the model prompts are sent to; "" if the model is not set.
        wanted: only models with this text in the name are listed, ignoring case.
        option: the option that selects the server, such as ` -s ollama`.
    """
    matching = [model for model in models if wanted.lower() in model.name.lower()]
    # Readers of this report usually look for a reasoning model.
    shown = sorted(matching, key=lambda model: not model.thinks)[:_MOST_ROWS]
    rows = [
        (
            model.name,
            "thinks" if model.thinks else "",
            "in use" if model.is_named(in_use) else "",
        )
        for model in shown
    ]
    table = Table(("model", "reasoning", "state"), rows) if rows else None
    lines = tuple(_lines(matching, len(shown), models, in_use, option))
    return Report(
        ReportStatus("ok" if models else "failed", _summary(matching, models, server, wanted)),
        (Section("Models", table, lines),),
        is_last=True,
    )


def _summary(
    matching: Sequence[ListedModel], models: Sequence[ListedModel], server: str, wanted: str
) -> str:
    if not models:
        return f"{server} lists no models. Load or download one there first."
    thinking = sum(model.thinks for model in models)
    count = f"{server} lists {len(models)} model{'' if len(models) == 1 else 's'}"
    named = f"; {len(matching)} with {wanted!r} in the name" if wanted else ""
    return f"{count}, {thinking} with reasoning{named}."


def _lines(
    matching: Sequence[ListedModel],
    shown: int,
    models: Sequence[ListedModel],
    in_use: str,
    option: str,
) -> list[str]:
    lines = []
    if len(matching) > shown:
        lines.append(
            f"{len(matching) - shown} more are not shown. %qwq_models{option} TEXT lists only "
            "models with TEXT in the name."
        )
    if in_use and models and not any(model.is_named(in_use) for model in models):
        lines.append(f"The model in use, {in_use}, is not in the list.")
    if matching:
        lines.append(f"To use one: %%qwq{option} -m MODEL")
    return lines
