from __future__ import annotations

from display.inertness import problems
from hostile.corpus import taken_texts

from qwq_magic.batch import Votes
from qwq_magic.batch.votes import vote_of
from qwq_magic.display.saved.votes import vote_sentence, votes_bundle


def test_the_vote_of_one_prompt_is_a_sentence_and_a_table() -> None:
    bundle = votes_bundle(Votes([vote_of(["9.9"] * 5 + ["9.11"] * 3 + [None])]))

    assert bundle["text/markdown"] == (
        "<p><strong>9.9 leads with 5 of 8 final values "
        "(63 %, 95 % interval 31 % to 86 %).</strong></p>\n\n"
        "| final value | samples | share | 95 % interval |\n|:---|:---|:---|:---|\n"
        "| 9.9 | 5 | 63 % | 31 % to 86 % |\n"
        "| 9.11 | 3 | 38 % | 14 % to 69 % |\n"
        "| no final value | 1 |  |  |"
    )
    assert bundle["text/plain"].startswith("<Votes 9.9: 5 of 8")


def test_the_votes_of_a_table_are_its_first_rows() -> None:
    votes = Votes(vote_of(["1", "1", "2"] if row else ["1", "2"], row=row) for row in range(25))
    markdown = votes_bundle(votes)["text/markdown"]

    assert "| 0 | 1 (tied) | 1 of 2 | 50 % | 9 % to 91 % |" in markdown
    assert "| 1 | 1 | 2 of 3 | 67 % | 21 % to 94 % |" in markdown
    assert markdown.endswith("<p>5 more votes: see to_frame()</p>")


def test_a_sentence_is_right_for_one_value_a_tie_and_none() -> None:
    values = (["1", "1"], ["1", "2"], [None])

    assert [vote_sentence(vote_of(found)).partition(" (")[0] for found in values] == [
        "1 has 2 of 2 final values",
        "1 is tied with 1 of 2 final values",
        "No sample has a final value.",
    ]


def test_nothing_of_a_hostile_value_is_live_in_any_host() -> None:
    live = {
        payload: found
        for payload in taken_texts(core=15)
        for votes in (Votes([vote_of([payload, "1"])]), Votes([vote_of([payload])] * 2))
        if (found := problems(votes_bundle(votes)["text/markdown"]))
    }

    assert live == {}
