from collections.abc import Callable

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from qwq_magic.magics.line_prompt import LinePrompt


@pytest.fixture
def transform() -> Callable[[str], str]:
    manager = TransformerManager()  # type: ignore[no-untyped-call]  # IPython annotates little
    manager.token_transformers.append(LinePrompt)
    return manager.transform_cell


@pytest.mark.parametrize(
    "prompt",
    [
        "and then?",
        "why??",
        "it's {x} $y \\frac (unbalanced ] é 中文？",
        'say "hi" \\',
        "-o r what?",
        "  two spaces?",
    ],
)
def test_a_question_arrives_verbatim(transform: Callable[[str], str], prompt: str) -> None:
    code = transform(f"x = 1\n%qwq {prompt}\ny = 2\n")

    assert code.splitlines() == [
        "x = 1",
        f"get_ipython().run_line_magic('qwq', {prompt.lstrip()!r})",
        "y = 2",
    ]


def test_a_question_in_an_indented_block_arrives_verbatim(transform: Callable[[str], str]) -> None:
    code = transform("for i in range(2):\n    %qwq and then?\n")

    assert code == "for i in range(2):\n    get_ipython().run_line_magic('qwq', 'and then?')\n"


@pytest.mark.parametrize("code", ["%qwq?\n", "%qwq??\n", "%%qwq?\n", "len?\n"])
def test_asking_for_help_is_left_alone(transform: Callable[[str], str], code: str) -> None:
    assert transform(code) == TransformerManager().transform_cell(code)  # type: ignore[no-untyped-call]  # IPython annotates little


def test_the_text_of_a_string_is_left_alone(transform: Callable[[str], str]) -> None:
    code = 'text = """\n%qwq and then?\n"""\n'

    assert transform(code) == code


@pytest.mark.parametrize(
    ("line", "before", "call"),
    [
        ("x = %qwq is it raining?", "x = ", "qwq is it raining?"),
        ("x = %qwq hello", "x = ", "qwq hello"),
        ("x=%qwq is it??", "x=", "qwq is it??"),
        (
            "x, y = %qwq it's {x} (unbalanced ] é 中文？",
            "x, y = ",
            "qwq it's {x} (unbalanced ] é 中文？",
        ),
        ("turns[f(a, b=1)] = %qwq why?", "turns[f(a, b=1)] = ", "qwq why?"),
        ("a.b = %qwq -o r what?", "a.b = ", "qwq -o r what?"),
        ("x: object = %qwq why?", "x: object = ", "qwq why?"),
        ("x = y = %qwq why?", "x = y = ", "qwq why?"),
        ("x = %qwq_fix what is wrong?", "x = ", "qwq_fix what is wrong?"),
        ("for i in range(2): x = %qwq and then?", "for i in range(2): x = ", "qwq and then?"),
        ('x = %qwq say "hi" \\', "x = ", 'qwq say "hi" \\'),
        ("x = %qwq is 'it = %qwq no?", "x = ", "qwq is 'it = %qwq no?"),
    ],
)
def test_an_assigned_question_is_a_prompt_with_a_value(
    transform: Callable[[str], str], line: str, before: str, call: str
) -> None:
    code = transform(f"a = 1\n{line}\nb = 2\n")

    assert code == f"a = 1\n{before}get_ipython().run_line_magic('qwq_turn', {call!r})\nb = 2\n"


def test_an_assigned_question_in_a_block_is_a_prompt(transform: Callable[[str], str]) -> None:
    code = transform("if True:\n    x = %qwq why?\n    y = %qwq why not?\n")

    assert code == (
        "if True:\n    x = get_ipython().run_line_magic('qwq_turn', 'qwq why?')\n"
        "    y = get_ipython().run_line_magic('qwq_turn', 'qwq why not?')\n"
    )


@pytest.mark.parametrize(
    "code",
    [
        "x = %qwq?\n",
        "x = %qwq_memory\n",
        "x = a %qwq\n",
        "!echo x = %qwq hi\n",
        "%time x = %qwq hi\n",
        "# x = %qwq hi?\nx = 1\n",
        "x = 'y = %qwq hi?'\n",
        "f(x = 1)\n",
        "x = %time 1\n",
        "x = %qwq\n",
    ],
)
def test_other_lines_are_left_alone(transform: Callable[[str], str], code: str) -> None:
    manager = TransformerManager()  # type: ignore[no-untyped-call]  # IPython annotates little

    assert transform(code) == manager.transform_cell(code)
