from __future__ import annotations

from urllib.parse import unquote

import pytest
from display.inertness import HOSTS, Page, problems
from display.meant import MEANT
from hostile.corpus import TEXTS

from qwq_magic.display.saved.markdown import saved_markdown
from qwq_magic.display.saved.source import prepared


def is_seen(claim: str, page: Page) -> bool:
    text = " ".join(page.text.split())
    if claim.startswith("!"):
        # A formula's own dollar signs are not seen: the page typesets it.
        for formula in page.math:
            text = text.replace(" ".join(formula.split()), "")
        return claim[1:] not in text
    name, _, value = claim.partition("=")
    if name == "href":
        return value in map(unquote, page.links) or unquote(value) in map(unquote, page.links)
    if name == "math":
        found = ["".join(formula.strip("$").split()) for formula in page.math]
        return value.replace("|", "\\vert") in found or value in found
    if name in ("code", "strong", "del", "cell"):
        return True  # seen in the browser's test
    return claim in text


# Plain Markdown parsers halve the backslashes of formulas; those two know math.
@pytest.mark.parametrize("host", ["nbconvert", "jupyterlab"])
@pytest.mark.parametrize("name", MEANT)
def test_saved_markdown_is_read_as_models_mean_it(name: str, host: str) -> None:
    wrong = [
        (markdown, claim)
        for markdown, claims in MEANT[name]
        for claim in claims
        if not is_seen(claim, Page(HOSTS[host](saved_markdown(markdown))))
    ]

    assert wrong == []


@pytest.mark.parametrize("name", MEANT)
def test_what_models_mean_is_inert(name: str) -> None:
    saved = [saved_markdown(markdown) for markdown, _ in MEANT[name]]

    assert [found for text in saved if (found := problems(text))] == []


def test_text_cannot_hold_the_marks_of_the_preparation() -> None:
    marks = "".join(map(chr, range(0xFDD0, 0xFDF0)))

    assert prepared(f"a{marks}b") == "ab"
    assert saved_markdown("a&#xfdd4;b&#xfdd5;") == "a\ufffdb\ufffd"


def test_no_mark_is_left_in_a_saved_answer() -> None:
    saved = [saved_markdown(text) for text in [*TEXTS, "[x](https://a.example/，**a) `，**a`"]]

    assert [text for text in saved if any("\ufdd0" <= c <= "\ufdef" for c in text)] == []
    assert [text for text in saved if "%EF%B7%9" in text] == []


def test_a_bare_address_links_to_itself_and_nothing_else() -> None:
    saved = saved_markdown("https://a.example/$x?a='b'&c=(d)\"><img src=x>")

    assert Page(HOSTS["cmark-gfm"](saved)).links == ["https://a.example/%24x?a=%27b%27&c=%28d%29"]
    assert problems(saved) == []


def test_a_very_long_address_is_text() -> None:
    saved = saved_markdown("https://a.example/" + "a" * 3_000)

    assert [Page(host(saved)).links for host in HOSTS.values()] == [[]] * len(HOSTS)
