import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.completion import Values, complete
from qwq_magic.magics.options import OPTIONS, CellOptions, describe_options, parse_options


@pytest.mark.parametrize(
    ("line", "options", "rest"),
    [
        ("-o r what is {x}?", CellOptions(out="r"), "what is {x}?"),
        ("--model=m  two  spaces", CellOptions(model="m"), "two  spaces"),
        (
            "-m m -s ollama -c 中文",
            CellOptions(model="m", server="ollama", conversation="中文"),
            "",
        ),
        ("--fresh --auto x", CellOptions(fresh=True, start="auto"), "x"),
        ("--show answer --closed", CellOptions(show="answer", start="closed"), ""),
        (r'--system "a \"b\" {c} $d \frac" x', CellOptions(system=r'a "b" {c} $d \frac'), "x"),
        (
            "-p t=0.6 -p s='a b' -p b=true",
            CellOptions(parameters={"t": 0.6, "s": "a b", "b": True}),
            "",
        ),
        ("-p a=True -p b=None", CellOptions(parameters={"a": True, "b": None}), ""),
        ("-p stop='[\"a\"]'", CellOptions(parameters={"stop": ["a"]}), ""),
        ('-p stop=["a b"] it\'s "on"', CellOptions(parameters={"stop": ["a b"]}), 'it\'s "on"'),
        ("-5 + 3 is?", CellOptions(), "-5 + 3 is?"),
        ("- a list item", CellOptions(), "- a list item"),
        ("-- --model is an option?", CellOptions(), "--model is an option?"),
        ("", CellOptions(), ""),
    ],
)
def test_options_come_first_and_the_rest_stays_as_it_is(
    line: str, options: CellOptions, rest: str
) -> None:
    assert parse_options(line) == (options, rest)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--nope", "Unknown option --nope. Options: --out, --model"),
        ("-o 1x", "'1x' is not a valid variable name"),
        ("-o class", "'class' is not a valid variable name"),
        ("--show x", "--show cannot be 'x'. Choose one of both, reasoning, answer."),
        ("-p x", "-p x is not KEY=VALUE"),
        ("-p =1", "is not KEY=VALUE"),
        ('-p stop=["a",]', 'is not valid JSON: ["a",]'),
        ("-p x=" + "[" * 100_000, "is not valid JSON"),
        ("-p x=NaN", "-p cannot send NaN"),
        ("-m", "--model needs a value: --model MODEL."),
        ('--system "a', "is not closed"),
        ("--fresh=1", "--fresh does not accept a value"),
        ("--fresh --history 3", "--fresh and --history cannot be combined. Use one of them."),
    ],
)
def test_a_wrong_option_is_one_clear_line(line: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_options(line)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_prompt_after_two_dashes_arrives_verbatim(prompt: str) -> None:
    assert parse_options(f"--fresh -- {prompt}")[1] == prompt.lstrip()


def test_the_help_names_every_option() -> None:
    text = describe_options()

    assert all(flag in text for option in OPTIONS for flag in option.flags)


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (["--sh"], "--sh", ["--show"]),
        (["--show"], "", ["both", "reasoning", "answer"]),
        (["--show", "a"], "a", ["answer"]),
        (["-s", "oll"], "oll", ["ollama"]),
        (["-m", "x", "--fre"], "--fre", ["--fresh"]),
        (["hello"], "hello", []),
        (["-o"], "", []),
    ],
)
def test_tab_offers_flags_and_values(words: list[str], text: str, expected: list[str]) -> None:
    values: Values = {"server": lambda _words: ["ollama", "vllm"]}

    assert complete(words, text, values) == expected
