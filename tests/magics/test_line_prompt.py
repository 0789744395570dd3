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
