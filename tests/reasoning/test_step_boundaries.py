"""Where steps begin and end, by class: each case is the list of its steps."""

import pytest

from qwq_magic.reasoning import Piece
from qwq_magic.reasoning.segmenter import StepSegmenter, pieces_of


def _check(steps: tuple[str, ...]) -> None:
    text = "".join(steps)
    segmenter = StepSegmenter()
    streamed: list[Piece] = [piece for char in text for piece in segmenter.feed(char)]

    assert [piece.text for piece in pieces_of(text)] == list(steps)
    assert [piece.text for piece in streamed + segmenter.close()] == list(steps)


@pytest.mark.parametrize(
    "steps",
    [
        ("So 12 × 4 = 48 it is.\n\nCorrect.\n\n", "Now the second part of the sum."),
        ("Is 97 a prime number?\n\nYes.\n\n", "Then 98 is the next one to try."),
        ("Does 7 divide 90?\n\nNo.\n\n", "- Let me try nine instead"),
        ("The sums match on both sides\n\nRight!\n\n", "So the claim follows from it."),
        ("Both sides are equal to 6.\n\n**True.**\n\n", "Let me see the other case."),
        ("Both sides are equal to 6.\n\n✓\n\n", "Let me see the other case."),
        ("Both sides are equal to 6.\n\n✅ Good\n\n", "Let me see the other case."),
        ("The total weight is 4 kg.\n\nYes, yes.\n\nOK, good!\n\n", "Next, the price of it."),
        ("The remainder is 3, not 0.\n\nNot zero.\n\n", "Then nine is the next to try."),
        ("There are 5,040 of them.\n\nToo big.\n\n", "Only a few of them remain."),
        ("The letter of it is b = 4.\n\nSo b = 4.\n\n", "The second letter is the next."),
        ("余数是三而不是零。\n\n除不尽。\n\n", "那么再试试九。"),
        ("Is the list in order?\nYes.\n", "So a binary search works on it."),
        ("所以两边都等于六。\n\n对。\n\n", "接下来我们看第二种情况。"),
        ("代入之后左边等于右边。\n\n正确！\n\n", "因此这个解成立。"),
        ("七能不能整除九十？\n\n不能。\n\n", "那么再试试九。"),
        ("両辺はどちらも六である。\n\n正しい。\n\n", "次の場合を考えよう。"),
        ("양쪽이 모두 육이다.\n\n맞습니다.\n\n", "이제 다음 경우를 보자."),
        ("Ambos lados valen seis.\n\n¡Exacto!\n\n", "Ahora veamos el otro caso."),
        ("Les deux côtés valent six.\n\nOui.\n\n", "Voyons maintenant le second cas."),
        ("Beide Seiten ergeben sechs.\n\nStimmt.\n\n", "Nun zum zweiten der Fälle."),
        ("Обе части равны шести.\n\nВерно.\n\n", "Теперь рассмотрим второй случай."),
        ("الطرفان يساويان ستة.\n\nصحيح.\n\n", "ننتقل الآن إلى الحالة الثانية."),
        ("दोनों पक्ष छह के बराबर हैं।\n\nसही।\n\n", "अब दूसरी स्थिति देखते हैं।"),
    ],
    ids=lambda steps: steps[0].split("\n")[-3],
)
def test_a_short_verdict_on_its_own_belongs_to_the_step_before(steps: tuple[str, ...]) -> None:
    _check(steps)


@pytest.mark.parametrize(
    "steps",
    [
        ("So 12 × 4 = 48 it is. Correct.\n\n", "Now the second part of the sum."),
        ("Is 48 a multiple of 12? Yes.\n", "So the second part is next."),
        ("Then b is 4 or 11. So b = 4.\n\n", "The second of the digits is next."),
        ("代入之后左边等于右边。对。\n\n", "接下来我们看第二种情况。"),
        ("That is all of the first part.\n\n---\n\n", "### The second part of it"),
        ("So 12 × 4 = 48 it is. ", "Thus:\n\n48 is the first of the factors."),
        ("So 12 × 4 = 48 it is. ", "Wait.\n\n48 is not the first of the factors."),
        ("所以两边都等于六。", "等等。\n\n这里好像漏了一项。"),
        ("So 12 × 4 = 48 it is. ", "Hm. But 48 is the first of the factors."),
    ],
)
def test_the_last_words_of_a_paragraph_do_not_begin_the_next(steps: tuple[str, ...]) -> None:
    _check(steps)


@pytest.mark.parametrize(
    "steps",
    [
        ("So 12 × 4 = 48 it is.\n\n", "Wait.\n\nThat was the wrong factor."),
        ("So 12 × 4 = 48 it is.\n\n", "Okay.\n\nThat was the first factor of it."),
        ("So 12 × 4 = 48 it is.\n\n", "Alright!\n\nThat was the first factor of it."),
        ("So 12 × 4 = 48 it is.\n\n", "Now c=2.\n\nThat is the second of them."),
        ("So 12 × 4 = 48 it is.\n\n", "Case 1.\n\nThat is the first of them."),
        ("So 12 × 4 = 48 it is.\n\n", "(b).\n\nThat is the second of them."),
        ("所以两边都等于六。\n\n", "好的。\n\n这里是第二项。"),
        ("所以两边都等于六。\n\n", "嗯。\n\n这里是第二项。"),
        ("両辺はどちらも六である。\n\n", "さて。\n\n次の場合を考えよう。"),
        ("So 12 × 4 = 48 it is.\n\n", "Hmm.\n\nThat was the wrong factor."),
        ("So 12 × 4 = 48 it is.\n\n", "Correct. Now the second part of the sum."),
        ("So 12 × 4 = 48 it is.\n\n", "Yes:\n\nboth of them are even numbers."),
        ("So 12 × 4 = 48 it is.\n\n", "Case 1\n\nboth of them are even numbers."),
        ("所以两边都等于六。\n\n", "等等。\n\n这里好像漏了一项。"),
        ("Yes.\n\nThat is the first sentence here.",),
    ],
)
def test_other_short_paragraphs_begin_the_next_step(steps: tuple[str, ...]) -> None:
    _check(steps)


def test_a_verdict_delays_the_step_before_it_by_no_more_than_itself() -> None:
    segmenter = StepSegmenter()

    assert segmenter.feed("Is 97 a prime number?\n\nYes.\n\nThen 98") == []
    assert [p.text for p in segmenter.feed(" is the")] == ["Is 97 a prime number?\n\nYes.\n\n"]


def test_thousands_of_verdicts_are_one_step() -> None:
    text = "The first sentence of it.\n\n" + "Yes.\n\n" * 20_000

    assert [piece.text for piece in pieces_of(text)] == [text]


@pytest.mark.parametrize(
    "steps",
    [
        ("The count is n! / (k! * (n - k)!) for every k of them.",),
        ("C(5, 2) = 5! / (2! * 3!) = 120 / 12 = 10, as before.",),
        ("We know that 5! = 120 and that 4! * 5 = 120 as well.",),
        ("The difference is n! - (n - 1)! - 1 for every n here.",),
        ("The power 3! ** 2 and the product (m + 1)! * m! are next.",),
        ("In symbols n! \\cdot m! is smaller than (n + m)! \\over 2 here.",),
        ("Modulo p we have (p - 1)! ≡ -1 and 7! ∣ 14! by the theorem.",),
        ("这里的数目是 n! / (k! * (n - k)!) 一共十种。",),
        ("Take n! , then (2n)! / (n! * n!) and k!*(n - k)! of them.",),
        ("Great! Now it is done. ", "The sum is right."),
        ("That works great! ", "Now the second part of it."),
        ("That works great! ", "**Now** the second part of it."),
        ("We have found it! ", "*Finally* we can write it down."),
        ("What a nice result! ", "- and that is all of it."),
        ("It equals 5!\n", "* The next of the items here"),
    ],
)
def test_a_factorial_in_a_bare_formula_does_not_end_a_step(steps: tuple[str, ...]) -> None:
    _check(steps)


@pytest.mark.parametrize(
    "steps",
    [
        ("首先算速度。", "她用16秒跑完了全程。", "所以答案是五。"),
        ("先看第一项。", "再看第二项？", "两项相等！"),
        ("まず速度を出す。", "次に時間を求める。", "答えは六だ。"),
        ("속도를 구하자. ", "그다음 시간이다. ", "답은 여섯이다."),
        ("嗯。好的。先算速度。", "再算时间。对。"),
        ("好的，共3辆。", "嗯，好的。再算时间。", "两项相等。"),
        ("共3辆。再算时间。", "两项相等。"),
    ],
)
def test_four_ideographs_are_enough_for_a_step(steps: tuple[str, ...]) -> None:
    _check(steps)


@pytest.mark.parametrize(
    "steps",
    [
        (
            "The ways to go are these:\n",
            "- by train in two hours\n",
            "- by bus in three hours\n",
            "So the train is faster.",
        ),
        (
            "Facts so far:\n",
            "* Ann has four apples\n",
            "* Bob has five of them\n\n",
            "Add them up.",
        ),
        ("1. First do this thing\n", "2. Then do the other thing"),
        ("1) First do this thing\n", "2) Then do the other thing"),
        ("(1) First do this thing\n", "(2) Then do the other thing"),
        ("a) the first of the options\n", "b) the second of the options"),
        ("A. the first of the options\n", "B. the second of the options"),
        ("(i) the first of them\n", "(ii) the second of them\n", "(iii) the third of them"),
        ("（1）先求出速度\n", "（2）再求出时间\n", "（3）最后求路程"),
        ("1、先求出速度\n", "2、再求出时间\n", "3、最后求路程"),
        ("一、先求出速度\n", "二、再求出时间\n", "三、最后求路程"),
        ("①先求出它的速度\n", "②再求出它的时间\n", "③最后求出路程"),
        ("• le premier des nombres\n", "• le second des nombres"),
        ("1. Outer item of it:\n   ", "- inner item of it\n   ", "- another inner one"),
        ("- One sentence here. ", "Another one here.\n", "- The second item of it"),
        ("- an item that is wrapped\n  in the next line\n", "- the second item of it"),
        ("- an item that is wrapped\nin the next line\n", "- the second item of it"),
        ("- The sum is as follows:\n$$a + b = c$$\n", "- the second item of it"),
        (
            "1. **The first of them:**  \n   ",
            "It is even.\n",
            "2. **The second**:\n   ",
            "It is odd.",
        ),
        ("- The sum is as follows:\nIt is a + b + c\n", "- the second item of it"),
    ],
)
def test_an_item_of_a_list_is_a_step(steps: tuple[str, ...]) -> None:
    _check(steps)


@pytest.mark.parametrize(
    "steps",
    [
        ("The digits are these:\n- 3\n- 5\n- 7\n\n", "Their sum is fifteen."),
        ("We get the following\n-5 + 3 = -2 as the sum of it",),
        ("We get the following\n1.5 + 3 = 4.5 as the sum of it",),
        ("The number of all the apples\n3 of them are red, by the way",),
        ("So we are left with\na) ",),
        ("```\n- a list in some code\n- another line of it\n```\nis code",),
        ("\\[\na\n- b + c + d + e + f\n\\] is math",),
    ],
)
def test_a_line_that_is_short_or_not_an_item_is_not_a_step(steps: tuple[str, ...]) -> None:
    _check(steps)


@pytest.mark.parametrize(
    "steps",
    [
        (
            "## The first case\n",
            "n is even, so it is done\n",
            "## The second case\n",
            "n is odd and so on",
        ),
        ("The list is complete\n", "### 2. What is left? Not much.\n", "We have to add them."),
        ("The list is complete\n", "**The second case**\n", "We have to add them."),
        ("The list is complete\n", "**The second case:**\n", "we have to add them."),
        ("The list is complete\n", "**Final check**:\n", "We have to add them."),
        ("**Case 1:** n is even\n", "**Case 2:** n is odd\n", "**Case 3:** n is zero"),
        ("Step 1: find the speed\n", "Step 2: find the time\n", "Step 3. Multiply them"),
        ("Schritt 1: finde das Tempo\n", "Schritt 2: finde die Zeit"),
        ("Шаг 1: находим скорость\n", "Шаг 2: находим время"),
        ("第一步：求速度\n", "第二步：求时间\n", "第三步：相乘"),
        ("步骤1：求速度\n", "步骤2：求时间\n", "步骤3：相乘"),
        ("## 先求速度\n", "她用16秒跑完全程\n", "## 再求时间\n", "两项相等"),
        ("The list is complete\n", "# One\nWe have to add them."),
        ("The list is **almost**\ncomplete, so add #1 and #2",),
        ("The list is complete and\n**bold** words are in it",),
        ("We take the first step\nStep by step we go on with it",),
    ],
)
def test_a_heading_on_a_line_of_its_own_is_a_step(steps: tuple[str, ...]) -> None:
    _check(steps)


@pytest.mark.parametrize(
    "steps",
    [
        (
            "Here is a table of it:\n",
            "| Name | Why? Because. | Age |\n| --- | --- | --- |\n",
            "| Ann | Is old. Very old! | 90 |\n",
            "| Bob | Is young. Very. | 9 |\n",
            "So Ann is the older one.",
        ),
        ("| 数 | 平方。对。 |\n|----|----|\n", "| 二十 | 四百。对。 |\n", "两项相等。"),
        ("We know that the sum of both\n|x| + |y| is less than five",),
    ],
)
def test_a_row_of_a_table_is_a_step_and_its_cells_are_not(steps: tuple[str, ...]) -> None:
    _check(steps)


@pytest.mark.parametrize(
    "steps",
    [
        ("पहली संख्या पाँच है। ", "दूसरी संख्या छह है॥ ", "अब दोनों को जोड़ते हैं।"),
        ("पहली संख्या पाँच है।", "दूसरी संख्या छह है।"),
        ("প্রথম সংখ্যাটি পাঁচ। ", "দ্বিতীয় সংখ্যাটি ছয়।"),
        ("پہلا عدد پانچ ہے۔ ", "دوسرا عدد چھ ہے۔ ", "کیا یہ درست ہے؟ ", "جی ہاں، یہ درست ہے۔"),
        ("هل العدد أولي؟ ", "نعم، العدد أولي. ", "إذن ننتقل إلى التالي."),
        ("የመጀመሪያው ቁጥር አምስት ነው። ", "ሁለተኛው ቁጥር ስድስት ነው።"),
        ("གྲངས་དང་པོ་ལྔ་རེད། ", "གྲངས་གཉིས་པ་དྲུག་རེད།"),
        ("Առաջին թիվը հինգ է։ ", "Երկրորդ թիվը վեց է։"),
        ("ပထမ ဂဏန်းသည် ငါးဖြစ်သည်။ ", "ဒုတိယ ဂဏန်းသည် ခြောက်ဖြစ်သည်။"),
        ("លេខទីមួយគឺប្រាំ។ ", "លេខទីពីរគឺប្រាំមួយ៕ ", "ដូច្នេះបូកទាំងពីរ។"),
        ("まず速度を求める．", "次に時間を求める．", "円周率は３．１４である．"),
        ("まず速度を求める｡", "次に時間を求める｡"),
    ],
)
def test_sentences_of_other_scripts_end_steps(steps: tuple[str, ...]) -> None:
    _check(steps)


@pytest.mark.parametrize(
    "steps",
    [
        ("The campaign of Susan B. Anthony was a long one.",),
        ("It was George W. Bush and not Franklin D. Roosevelt then.",),
        ("The book by J. R. R. Tolkien and the one by J. K. Rowling.",),
        ("It was written by Ursula K. Le Guin and by Philip K. Dick.",),
        ("We read D. H. Lawrence and C. S. Lewis, and Dr. J. Watson too.",),
        ("So Harry S. Truman won, and then John F. Kennedy's turn came.",),
        ("Это роман Льва Н. Толстого, а не А. С. Пушкина, кажется.",),
        ("I think the answer is B. ", "Next we check the others."),
        ("The right one is Option B. ", "Multiplying gives the rest."),
        ("The correct choice is D. ", "Let me check the others."),
        ("That was World War I. ", "Germany had lost it then."),
        ("It is nearer to Point C. ", "Triangle ABD is left over."),
        ("He meets Player A. ", "However, this is not enough."),
        ("So we divide it by B. ", "Multiplying gives the rest."),
        ("Hence the letter is Alpha B. ", "The other one is not in it."),
    ],
)
def test_a_lone_initial_does_not_end_a_step_but_a_letter_does(steps: tuple[str, ...]) -> None:
    _check(steps)
