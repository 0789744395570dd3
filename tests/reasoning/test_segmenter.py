import itertools
import random
import time

import pytest
from corpora import in_full
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qwq_magic.reasoning import Piece
from qwq_magic.reasoning.segmenter import StepSegmenter, pieces_of
from qwq_magic.reasoning.step_length import is_long_enough

# Signs that decide something, and enough ordinary text between them.
_SIGNS = (
    "$ $$ \\( \\) \\[ \\] \\ ` ``` ~~~ . ? ! ... 。 ？ ！ ； … ” ) ** \\begin{ \\end{ "
    "। ॥ ۔ ؟ ። ། ։ ။ ៕ ． ｡ # ## | || * - – : ： ，"
)
_WORDS = (
    "1. |3.14|e.g. |Dr. Fu|Wait|so the answer is 5|等等|我们需要先求出答案|x|A|$5 and $6|"
    "n!|k!) |Yes.|No.\n\n|对。|✓|是的|- |* |1) |a) |（1）|1、|一、|①|"
    "Step 2: |St|Case A. |第一步|第|步骤1：|## X|**X**|**X:** |**1. |"
    "Susan B|B. |J. R. |Tolkien|Next |한국어|です|अब"
)
_BLANKS = "\n```\n|\n|\n\n| |            |\r\n|\u3000|long enough to stand alone"
_ROWS = ["| a | b |\n", "|---|---|\n", "| ", "\n| "]
_BITS = st.sampled_from(_SIGNS.split() + _WORDS.split("|") + _BLANKS.split("|") + _ROWS)
texts = st.lists(_BITS, max_size=40).map("".join)


def _texts(text: str) -> list[str]:
    return [piece.text for piece in pieces_of(text)]


def _fed(deltas: list[str]) -> list[Piece]:
    segmenter = StepSegmenter()
    pieces = [piece for delta in deltas for piece in segmenter.feed(delta)]
    return pieces + segmenter.close()


def _pieces_at(text: str, cuts: list[int]) -> list[str]:
    bounds = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(bounds)]


@given(st.one_of(texts, st.text(max_size=300)))
def test_steps_join_to_the_text_with_their_offsets(text: str) -> None:
    pieces = pieces_of(text)

    assert "".join(piece.text for piece in pieces) == text
    assert all(text[piece.start : piece.end] == piece.text != "" for piece in pieces)


@given(st.one_of(texts, st.text(max_size=300)), st.lists(st.integers(0, 2_000), max_size=8))
@example("$a.\n", [3])
@example("The first sentence here. So $$\n\nIt is the second one.", [28])
@example("这里是第一句话。1) " + " " * 1_100 + "\n\n第二句话在这里。", [1_200])
@example("The first sentence here.\n\nYes.\n\n- It is the first of the items", [38])
@settings(max_examples=in_full(400, core=100))
def test_any_deltas_give_the_same_steps(text: str, cuts: list[int]) -> None:
    whole = pieces_of(text)

    assert _fed(_pieces_at(text, cuts)) == whole
    assert _fed(list(text)) == whole


@given(st.lists(texts, min_size=200, max_size=300), st.randoms())
@settings(max_examples=5)
def test_long_texts_too(parts: list[str], rng: random.Random) -> None:
    text = "".join(parts) + " " * 3_000 + "word " * 2_000 + "".join(parts)
    cuts = [rng.randrange(len(text)) for _ in range(200)]

    assert _fed(_pieces_at(text, cuts)) == pieces_of(text)


@given(texts)
def test_no_step_is_short_unless_it_is_the_only_one(text: str) -> None:
    pieces = [piece.strip() for piece in _texts(text)]

    assert len(pieces) <= 1 or all(map(is_long_enough, pieces))


def test_what_was_emitted_is_settled_while_the_tail_is_open() -> None:
    segmenter = StepSegmenter()

    assert segmenter.feed("Let me see the first one. ") == []
    assert [p.text for p in segmenter.feed("Now the second")] == ["Let me see the first one. "]
    assert [p.text for p in segmenter.close()] == ["Now the second"]


def test_sentences_and_blank_lines_end_steps() -> None:
    text = "I need a proof here. Is it short? Let me think about it\n\nThe second paragraph"

    assert _texts(text) == [
        "I need a proof here. ",
        "Is it short? ",
        "Let me think about it\n\n",
        "The second paragraph",
    ]


def test_chinese_sentences_need_no_blank() -> None:
    assert _texts(
        "首先我们需要求出这个数。然后再来验证一下结果是否正确！“这样就可以得到答案了。”所以最后的答案应该是五。"
    ) == [
        "首先我们需要求出这个数。",
        "然后再来验证一下结果是否正确！",
        "“这样就可以得到答案了。”",
        "所以最后的答案应该是五。",
    ]


def test_short_pieces_merge_forward_and_a_short_last_one_back() -> None:
    assert _texts("Hmm. Yes. Let me count again. OK.") == ["Hmm. Yes. Let me count again. OK."]
    assert _texts("Hmm. Let me count again. That was wrong. No") == [
        "Hmm. Let me count again. ",
        "That was wrong. No",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The account of Dr. Fu Manchu pays interest",
        "Take a prime, e.g. Seven, i.e. The fourth one",
        "The U.S. Senate and Mr. Smith agree vs. Mrs. Jones",
        "Approx. 5 of them, see Fig. 3 and Eq. (2) and No. 5 there",
        "The value 3.14 is less than 22.0 / 7.0 by 0.0013",
        "**1.** First of all, do this thing",
        "A divisor of n! + 1 and 5! = 120 and (n - 1)! is greater than n! divided by it",
        "Primes such as 2, 3, 5, ... and then 1 + 2 + ... + n of them",
        "Here $a = 5. B = 6! C = 7? D$ is math",
        "Here $$a = 5. B = 6! C = 7?\n\nD$$ is math",
        "Here \\(a = 5. B = 6! C = 7? D\\) is math",
        "Here \\[a = 5. B = 6!\n\nC = 7? D\\] is math",
        "\\begin{align} a = 5. B = 6! \\end{align} is math",
        "The call `print('One. Two. Three.')` is code",
        "```python\nx = 'One. Two.'\n\ny = 'Three. Four.'\n```\nis code",
        "~~~\nOne sentence. Two sentences.\n\nThree.\n~~~\nis code",
        "The site example.com. hosts it",
    ][:-1],
)
def test_no_cut_inside(text: str) -> None:
    assert _texts(text) == [text]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("It costs $5. ", "The other one costs $6 then."),
        ("Is the number x = 5. ", "Then the next one is 6."),
        ("The first answer is no. ", "That is the other one."),
        ("These are primes, etc. ", "We only need the first."),
        ("An unpaired `tick is here. ", "It should not matter."),
        ("An unpaired \\( is here. \n\n", "It should not matter."),
        ("They wrote (in brackets.) ", "It should be cut here."),
        ("This is **quite bold.** ", "It should be cut here."),
        ("That is great! ", "the next one is fine."),
        ("So I wonder... ", "Maybe it is the other one."),
        ("The value of $x$ is $\\pi$. ", "It should be cut here."),
    ],
)
def test_a_cut_between(first: str, second: str) -> None:
    assert _texts(first + second) == [first, second]


@pytest.mark.parametrize("opener", ["$", "\\(", "`", "$$", "\\[", "\\begin{", "```\n", "~~~\n"])
def test_an_unclosed_span_does_not_swallow_the_rest(opener: str) -> None:
    sentence = "This is a sentence of the text. "
    pieces = _texts(f"Start it here {opener}" + sentence * 1_000)

    assert len(pieces) == 1_000


@pytest.mark.parametrize("opener", ["$", "\\(", "`"])
def test_an_unclosed_inline_sign_holds_back_a_thousand_characters_at_the_most(opener: str) -> None:
    segmenter = StepSegmenter()
    text = f"Start it here {opener}" + "This is a sentence of the text. " * 40
    settled = [piece for char in text[:1_100] for piece in segmenter.feed(char)]

    assert len(settled) > 25


def _cpu_s(text: str, size: int) -> float:
    begin = time.process_time()
    segmenter = StepSegmenter()
    for at in range(0, len(text), size):
        segmenter.feed(text[at : at + size])
    segmenter.close()
    return time.process_time() - begin


HARD = {
    "prose": "Wait, let me check this again. So $x = 5.2$ and \\(y\\) is 3.\n\nThen we go on. ",
    "letters": "a",
    "blanks": " ",
    "newlines": "\n",
    "dots": ".",
    "dot blank": ". ",
    "dollars": "$",
    "dollar words": "$a ",
    "ticks": "`a``b```",
    "openers": "\\( \\[ \\begin{",
    "fences": "\n````\n```\n~~~~\n",
    "backslashes": "\\",
    "chinese": "等等，这个不对。",
    "short": "a.\n\n",
    "verdicts": "Yes.\n\n",
    "markers": "- * 1. a) ",
    "lines of markers": "- \n* \n1. \n",
    "items": "- an item of it\n",
    "headings": "## A\n**B**\nStep 1: ",
    "bold": "**a ",
    "rows": "| a | b |\n",
    "bars": "|",
    "factorials": "n! * ",
    "exclamation marks": "!",
    "dandas": "। ",
    "names": "Susan B. Anthony ",
    "initials": "J. ",
}


@pytest.mark.parametrize("unit", HARD.values(), ids=HARD)
def test_ten_times_the_text_costs_about_ten_times_as_much(unit: str) -> None:
    small, large = (unit * (size // len(unit)) for size in (60_000, 600_000))
    _cpu_s(small, 500)

    assert _cpu_s(large, 500) < 40 * _cpu_s(small, 500) + 0.5


def test_no_text_raises() -> None:
    rng = random.Random(7)
    for _ in range(50):
        text = "".join(rng.choice("$\\`~()[]{}.?!。；\n ab1") for _ in range(3_000))
        assert "".join(_texts(text)) == text
