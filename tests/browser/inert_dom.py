"""What a page that shows a model's text may contain, and what it contains besides.

An allow-list, checked in the page itself: elements, attributes, addresses, characters
that reorder or hide text, and boxes that leave their output.
"""

from __future__ import annotations

from browser.scripts import script
from playwright.sync_api import Locator

# A function of a place, a selector and whether the view is ours.
FOREIGN = script("foreign.js")
_SHAPE = script("shape.js")


def foreign_to_ours(place: Locator, selector: str = ".qwq-part") -> list[str]:
    """Return the elements in our views that our code did not create."""
    found: list[str] = place.evaluate(FOREIGN, [selector, True])
    return found


def foreign_to_markdown(place: Locator, selector: str = ".jp-RenderedMarkdown") -> list[str]:
    """What the saved Markdown became in the host's renderer, and should not have."""
    found: list[str] = place.evaluate(FOREIGN, [selector, False])
    return found


def shape_of(place: Locator, selector: str) -> set[str]:
    """What the views under a selector are made of: a text adds nothing to it."""
    return set(place.evaluate(_SHAPE, selector))
