"""Expand `{{ expression }}` in a prompt from the notebook's variables, with Jinja2.

The rest of the text is unchanged: `{%` and `{#` are common in LaTeX and code, so they are
interpreted only on request. Nothing is escaped, since a prompt is not HTML, and there is no
sandbox, since the expressions are the user's own, like any code in the cell.
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qwq_magic.errors import ConfigurationError
from qwq_magic.plain_text import SHOWN_BYTES, one_line
from qwq_magic.prompts.notebook import Notebook
from qwq_magic.prompts.values import value_text

if TYPE_CHECKING:
    import jinja2

_AS_TEXT = "To send {{ }} literally, leave out -t or write {{ '{{' }}."
# Jinja2 requires every delimiter to be set; with this in it, one matches nothing in a prompt.
_NOWHERE = "\0"


def expand_template(text: str, notebook: Notebook, *, with_blocks: bool = False) -> str:
    """Return the text with every `{{ expression }}` replaced by its value; see `PromptTemplate`."""
    return PromptTemplate(text, notebook, with_blocks=with_blocks).render()


class PromptTemplate:
    """A text with `{{ expression }}`, parsed once and filled in as often as there are rows."""

    def __init__(
        self, text: str, notebook: Notebook, *, with_blocks: bool = False, hint: str = _AS_TEXT
    ) -> None:
        """Parse the text.

        Args:
            text: the template.
            notebook: the names that its expressions may use.
            with_blocks: whether `{% if … %}`, `{% for … %}` and `{# comments #}` are interpreted.
            hint: ends every error: how braces are sent as they are.

        Raises:
            ConfigurationError: an expression is malformed.
        """
        import jinja2  # importing it takes 60 ms

        environment = _environment(text, notebook, with_blocks=with_blocks)
        self._names = _names(notebook)
        self._hint = hint
        try:
            self._template = environment.from_string(text)
        except jinja2.TemplateSyntaxError as error:
            raise ConfigurationError(
                f"The template has a syntax error on line {error.lineno}: "
                f"{_sentence(error.message)} Move what Jinja2 cannot parse into a variable. "
                f"{hint}"
            ) from None

    def render(self, names: Mapping[str, Any] | None = None) -> str:
        """Return the text with its expressions replaced; `names` go before the notebook's.

        Raises:
            ConfigurationError: a name is not defined, or an expression fails.
        """
        import jinja2

        try:
            return self._template.render({**self._names, **(names or {})})
        except jinja2.UndefinedError as error:
            raise ConfigurationError(f"{_sentence(error.message)} {self._hint}") from None
        except ConfigurationError:
            raise
        except Exception as error:
            # The user's expression may raise anything.
            message = one_line(str(error), limit_bytes=SHOWN_BYTES)
            raise ConfigurationError(
                f"The template failed{_line_of(error)}: {type(error).__name__}: {message}. "
                f"{self._hint}"
            ) from error


def _environment(text: str, notebook: Notebook, *, with_blocks: bool) -> jinja2.Environment:
    import jinja2

    class Unknown(jinja2.StrictUndefined):
        """Names the missing variable or item in the notebook's terms."""

        @property
        def _undefined_message(self) -> str:
            if self._undefined_hint:
                return self._undefined_hint
            if self._undefined_obj is jinja2.utils.missing:
                return f"The template uses {self._undefined_name!r}, which is not defined"
            owner = type(self._undefined_obj).__name__
            return (
                f"The template looks up {self._undefined_name!r}, "
                f"but the {owner} has no such item or attribute"
            )

    def finalize(value: Any) -> str:
        return str(value) if isinstance(value, jinja2.Undefined) else value_text(value, notebook)

    environment = jinja2.Environment(
        block_start_string="{%" if with_blocks else f"{_NOWHERE}{{%",
        block_end_string="%}" if with_blocks else f"%}}{_NOWHERE}",
        comment_start_string="{#" if with_blocks else f"{_NOWHERE}{{#",
        comment_end_string="#}" if with_blocks else f"#}}{_NOWHERE}",
        undefined=Unknown,
        finalize=finalize,
        autoescape=False,  # noqa: S701  # a prompt is not HTML
        keep_trailing_newline=True,
        newline_sequence="\r\n" if "\r\n" in text else "\n",
    )
    # The names that Python code in a cell can use, instead of Jinja2's own.
    environment.globals = {
        name: value for name, value in vars(builtins).items() if not name.startswith("_")
    }
    # Jinja2's own filter escapes `<` for HTML.
    environment.filters["tojson"] = _json
    return environment


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=False)


def _names(notebook: Notebook) -> dict[str, Any]:
    # `In` as typed: IPython's transformed code would only confuse a model.
    return {**notebook.names, "In": notebook.inputs}


def _sentence(message: str | None) -> str:
    """End the message with one full stop; only some of Jinja2's messages have one."""
    return f"{message}".rstrip(".") + "."


def _line_of(error: BaseException) -> str:
    """Return ` on line 3`, or "" if the traceback does not pass through the template."""
    line = None
    tb = error.__traceback__
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == "<template>":
            line = tb.tb_lineno
        tb = tb.tb_next
    return "" if line is None else f" on line {line}"
