"""The rows of a table, and the prompt for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from qwq_magic.errors import ConfigurationError
from qwq_magic.plain_text import one_line
from qwq_magic.prompts.notebook import Notebook
from qwq_magic.prompts.templates import PromptTemplate

# The column of a row that is only a text.
TEXT_COLUMN = "text"
_NO_NAMES = Notebook()
# A table is always filled in, so that braces need to be written.
_BRACES = "To send {{ }} literally, write {{ '{{' }}."


def rows_of(rows: object) -> list[dict[str, Any]]:
    """Return rows as dictionaries: of a DataFrame, of mappings, or of texts.

    A text becomes a row with the one column `text`.

    Raises:
        ConfigurationError: it is something else, or empty.
    """
    to_dict = getattr(rows, "to_dict", None)
    if to_dict is not None and hasattr(rows, "columns"):
        # A DataFrame, of pandas or one that is like it.
        rows = _records(rows)
    if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Iterable):
        raise ConfigurationError(
            f"rows is of type {type(rows).__name__}. Pass a DataFrame, or a list of dictionaries "
            "or of texts."
        )
    found = [_row(number, row) for number, row in enumerate(rows)]
    if not found:
        raise ConfigurationError("rows is empty. Pass a table with at least one row.")
    return found


def _records(frame: Any) -> Any:
    if hasattr(frame, "to_dicts"):
        return frame.to_dicts()
    names = list(frame.columns)
    if len(set(names)) < len(names):
        # Pandas would keep the last of them, and leave out the others.
        _refuse_two(next(name for name in names if names.count(name) > 1))
    return frame.to_dict("records")


def _row(number: int, row: object) -> dict[str, Any]:
    if isinstance(row, str):
        return {TEXT_COLUMN: row}
    if isinstance(row, Mapping):
        found = {str(name): value for name, value in row.items()}
        if len(found) < len(row):
            names = list(map(str, row))
            _refuse_two(next(name for name in names if names.count(name) > 1))
        return found
    raise ConfigurationError(
        f"Row {number} is of type {type(row).__name__}. Use a dictionary of columns, or a text."
    )


def _refuse_two(name: object) -> NoReturn:
    raise ConfigurationError(f"Two columns are named {name!s:.80}. Rename one of them.")


class _Row(dict[str, Any]):
    """A row as templates see it: `row[0]` is the column that the table has for the number 0."""

    def __missing__(self, name: object) -> Any:
        if isinstance(name, str):
            raise KeyError(name)
        return self[str(name)]


def prompts_for(
    rows: Sequence[Mapping[str, Any]],
    template: str | None,
    *,
    notebook: Notebook = _NO_NAMES,
    with_blocks: bool = False,
) -> list[str]:
    """Return the prompt of each row: the template with its columns filled in.

    Args:
        rows: the rows.
        template: has `{{ column }}` for each value, and may use `row`, the whole row; None if the
            rows are texts or have a column `prompt`.
        notebook: the names that the template may use besides the columns.
        with_blocks: whether `{% if … %}` and `{% for … %}` are interpreted too.

    Raises:
        ConfigurationError: the template uses a column that a row does not have, or a prompt is
            empty.
    """
    if template is None:
        return [_own_prompt(number, row) for number, row in enumerate(rows)]
    if not isinstance(template, str):
        raise ConfigurationError(
            f"The template is of type {type(template).__name__}. Pass a text with {{{{ column }}}}."
        )
    compiled = PromptTemplate(template, notebook, with_blocks=with_blocks, hint=_BRACES)
    return [_rendered(compiled, number, row) for number, row in enumerate(rows)]


def _rendered(template: PromptTemplate, number: int, row: Mapping[str, Any]) -> str:
    try:
        prompt = template.render({**row, "row": _Row(row)})
    except ConfigurationError as error:
        columns = one_line(", ".join(row), limit_bytes=200)
        raise ConfigurationError(f"Row {number}: {error} Its columns: {columns}.") from None
    if not prompt.strip():
        raise ConfigurationError(f"The prompt of row {number} is empty. Fill it in, or drop it.")
    return prompt


def _own_prompt(number: int, row: Mapping[str, Any]) -> str:
    prompt = row.get("prompt", row.get(TEXT_COLUMN))
    if isinstance(prompt, str) and prompt.strip():
        return prompt
    raise ConfigurationError(
        f'Row {number} has no prompt. Pass a template, such as "Solve: {{{{ question }}}}".'
    )
