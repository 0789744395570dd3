# A test shows the source of `_double`, which has no annotations.
# mypy: allow-untyped-defs, allow-untyped-calls

from typing import Any

import pytest

from qwq_magic.errors import ConfigurationError
from qwq_magic.prompts.notebook import Notebook
from qwq_magic.prompts.templates import expand_template
from qwq_magic.turns import Turn

NAMES: dict[str, Any] = {
    "x": 3,
    "name": "Ada",
    "quote": '<a & "b">',
    "rows": [1, 2],
    "d": {"k": {"n": 5}},
}


def _expand(text: str, names: dict[str, Any] = NAMES, **options: Any) -> str:
    return expand_template(text, Notebook(names, **options))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ x }} and {{x + 1}}", "3 and 4"),
        ("{{ quote }}", '<a & "b">'),
        ("{{ len(rows) }}, {{ sum(rows) }}, {{ rows[-1] }}", "2, 3, 2"),
        ("{{ d.k.n }}{{ {'a': {'b': 1}} }}", "5{'a': {'b': 1}}"),
        ("{{ name.upper() }}\n", "ADA\n"),
        ("{{ '{{' }}x}}", "{{x}}"),
        ("{{ rows | join('<br>') }} {{ {'k': quote} | tojson }}", '1<br>2 {"k": "<a & \\"b\\">"}'),
    ],
)
def test_an_expression_becomes_its_value(template: str, text: str) -> None:
    assert _expand(template) == text


@pytest.mark.parametrize(
    "text",
    [
        r"\frac{1}{2} $x^{a_{b}}$ \command{\other{y}} }} % a comment",
        "{% if x %} {# note #} {%- endif -%} #} %}",
        "${x} {x} f'{x!r}' # line\n## statement\n% line\n\n\n",
        "a\r\nb\r\n",
        "你好 \u2028 \x85 😊 \\n",
    ],
)
def test_whatever_is_no_expression_stays_as_it_is(text: str) -> None:
    assert _expand(text) == text
    assert _expand(text + "{{ x }}") == text + "3"


def test_a_value_that_looks_like_a_template_is_not_expanded() -> None:
    assert _expand("{{ s }}", {"s": "{{ x }} {% if %}"}) == "{{ x }} {% if %}"


def test_blocks_mean_something_on_request() -> None:
    template = "{% for r in rows %}{{ r }};{% endfor %}{# gone #}"

    assert expand_template(template, Notebook(NAMES), with_blocks=True) == "1;2;"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ y }}", "The template uses 'y', which is not defined."),
        ("{{ y.z }}", "The template uses 'y', which is not defined."),
        ("{{ lipsum() }}", "The template uses 'lipsum', which is not defined."),
        (
            "{{ d.nope }}",
            "The template looks up 'nope', but the dict has no such item or attribute.",
        ),
        ("{{ Out[7] }}", "The template looks up 7, but the dict has no such item or attribute."),
        ("a\n{{ x / 0 }}", "The template failed on line 2: ZeroDivisionError: division by zero."),
        ("a\nb {{ x", "The template has a syntax error on line 2:"),
        (
            "{{ }}",
            "The template has a syntax error on line 1: "
            "Expected an expression, got 'end of print statement'. Move",
        ),
        ("{{ [r for r in rows] }}", "The template has a syntax error on line 1:"),
        ("{{ len }}", "The source of len is not available."),
    ],
)
def test_what_cannot_be_expanded_is_one_line_that_says_why(template: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _expand(template, {**NAMES, "Out": {1: 2}})

    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_inputs_are_what_was_typed_and_outputs_what_came() -> None:
    inputs = ["", "%time f(1)", "f(2)"]

    text = _expand("{{ In[1] }} {{ Out[2] }}", {"Out": {2: 4}, "In": ["x"] * 3}, inputs=inputs)

    assert text == "%time f(1) 4"


def test_a_turn_reads_as_its_answer() -> None:
    turn = Turn("1", "hi", reasoning="Hm.", answer="**42**")

    assert _expand("{{ turn }}", {"turn": turn}) == "**42**"


def _double(value):
    """Twice."""
    return 2 * value


def test_functions_and_classes_read_as_their_source() -> None:
    assert _expand("{{ f }}", {"f": _double}) == (
        'def _double(value):\n    """Twice."""\n    return 2 * value'
    )
    assert _expand("{{ c }}", {"c": Notebook}).startswith("@dataclass(frozen=True, slots=True)")


def test_a_class_of_the_notebook_reads_as_its_latest_cell_has_it() -> None:
    made = type("Point", (), {"__module__": "__main__"})
    code = ["", "class Point:\n    x = 1", "import os\n@final\nclass Point:\n    x = 2\ny = 1"]

    assert _expand("{{ c }}", {"c": made}, code=code) == "@final\nclass Point:\n    x = 2"


def test_an_exception_reads_as_its_traceback() -> None:
    try:
        _double(None) + 1
    except TypeError as raised:
        error = raised

    text = _expand("{{ e }}", {"e": error})

    assert text.startswith("Traceback (most recent call last):\n")
    assert "in _double" in text
    assert text.endswith("TypeError: unsupported operand type(s) for *: 'int' and 'NoneType'")
