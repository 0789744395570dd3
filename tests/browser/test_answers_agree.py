"""An answer looks the same in all views: live, final, and saved as other hosts show it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from browser.lab import VIEW, Lab, Notebook
from browser.scripts import script
from corpora import taken
from display.answers import ANSWERS
from display.inertness import cmark_gfm, jupyterlab, nbconvert
from display.meant import MEANT
from hostile.corpus import pieces

from qwq_magic.display.saved.markdown import saved_markdown

SEEN = script("seen.js")
PROBES = [(name, *probe) for name, probes in MEANT.items() for probe in probes]
Looks = dict[str, dict[str, Any]]


def looks(page: Notebook, lab: Lab, answers: list[str]) -> list[Looks]:
    """What is seen of each answer in each view."""
    options = {"url": lab.url + VIEW, "answers": [_drawn(answer) for answer in answers]}
    seen: list[Looks] = page.js(SEEN, options)
    return seen


def _drawn(answer: str) -> dict[str, object]:
    saved = saved_markdown(answer)
    html = {"nbconvert": nbconvert(saved), "jupyterlab": jupyterlab(saved)}
    if "$" not in saved:  # it knows no math, and reads formulas as Markdown
        html["cmark-gfm"] = cmark_gfm(saved)
    return {"deltas": [*pieces(answer, min(4, len(answer))), "\n"], "saved": html}


def differences(seen: Looks) -> list[str]:
    final = seen["final"]
    return [
        f"{view} {part}: {value!r}, final: {final[part]!r}"
        for view, look in seen.items()
        for part, value in look.items()
        if value != final[part]
    ]


def is_seen(claim: str, look: dict[str, Any]) -> bool:
    if claim.startswith("!"):
        return claim[1:] not in look["text"]
    name, _, value = claim.partition("=")
    if name == "href":
        return any(link.endswith(f" → {unquote(value)}") for link in look["links"])
    if name in ("math", "code", "strong", "del"):
        return value in look[name]
    if name == "cell":
        return value in look["cells"]
    return claim in look["text"]


@pytest.mark.smoke
def test_markdown_is_read_as_models_mean_it(lab: Lab, empty_page: Notebook) -> None:
    all_seen = looks(empty_page, lab, [markdown for _, markdown, _ in PROBES])

    wrong = [
        f"{name}: {markdown!r}, {view}: not {claim!r} in {look}"
        for (name, markdown, claims), seen in zip(PROBES, all_seen, strict=True)
        for view, look in seen.items()
        for claim in claims
        # Which definitions are referred to is known when all of the answer is.
        if not is_seen(claim, look) and not (view == "live" and "]: " in markdown)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.smoke
def test_answers_look_the_same_in_all_views(lab: Lab, empty_page: Notebook) -> None:
    answers = [*ANSWERS.values(), *(markdown for _, markdown, _ in PROBES)]
    chosen = taken(answers, core=60)

    different = []
    for answer, seen in zip(chosen, looks(empty_page, lab, chosen), strict=True):
        if "]: " in answer:
            del seen["live"]
        different += [f"{answer!r}, {found}" for found in differences(seen)]

    assert len(ANSWERS) >= 150
    assert not different, "\n".join(different)
