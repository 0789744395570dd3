"""What a page that shows a model's text may contain, and what it contains besides.

An allow-list, checked in the page itself: elements, attributes, addresses, characters
that reorder or hide text, and boxes that leave their output.
"""

from __future__ import annotations

from playwright.sync_api import Locator

# Controls, marks that reorder, and letters that are not seen.
_HIDDEN = (
    r"/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
    r"|[\u202a-\u202e\u2066-\u2069]|\udb40[\udc00-\udc7f]/"
)

# A function of a place, a selector and whose view it is: ours, or the host's rendering of
# the saved Markdown. What the host's typesetter makes of a formula is looked at apart.
FOREIGN = r"""(place, [selector, ours]) => {
  const common =
    "div section span button p h1 h2 h3 h4 h5 h6 strong em b i del s code pre blockquote " +
    "ul ol li hr br table thead tbody tr th td a";
  const tags = new Set((common + (ours ? " img" : " details summary sub")).split(" "));
  const names = new Set((
    "class href title target rel type tabindex role start align " + (ours ?
      "dir src alt id hidden aria-label aria-expanded aria-controls disabled " +
      "data-state data-tex data-typeset data-drawn" :
      "open id data-jupyter-id data-numbering-entry")
  ).split(" "));
  const found = [];
  const check = (node, root, box) => {
    const name = node.localName;
    if (!tags.has(name)) return `<${name}>`;
    for (const { name: attribute, value } of node.attributes) {
      if (!names.has(attribute)) return `${name}[${attribute}=${value}]`;
    }
    if (ours && node.id && !node.id.startsWith("qwq-reasoning-")) return `id=${node.id}`;
    if (!ours && node.id && !/^h[1-6]$/.test(name)) return `id=${node.id}`;
    if (name === "button" && !ours) return "<button>";
    for (const word of node.classList) {
      const known = ours ? /^(?:qwq-|language-|\u037c|cm-|tok-|hljs)/
        : /^(?:language-|cm-|\u037c|jp-InternalAnchorLink$|numbering-entry$)/;
      if (!known.test(word)) return `${name}.${word}`;
    }
    const href = node.getAttribute("href");
    const anchor = !ours && node.matches(".jp-InternalAnchorLink");
    if (href && !anchor && !/^(?:https?:\/\/[a-z0-9]|mailto:)/.test(href)) return `href=${href}`;
    if (href && !anchor && !/noopener/.test(node.rel)) return `rel=${node.rel}`;
    if (name === "img" && !node.src.startsWith("data:image/")) return `src=${node.src}`;
    const { position } = getComputedStyle(node);
    if (position === "fixed") return `${name} is fixed`;
    const rect = node.getBoundingClientRect();
    const leaves = rect.top < box.top - 40 || rect.left < box.left - 60;
    if (rect.width && leaves) return `${name} is outside`;
    return "";
  };
  const hidden = HIDDEN;
  for (const root of place.querySelectorAll(selector)) {
    const box = root.getBoundingClientRect();
    const text = root.textContent;
    if (hidden.test(text)) found.push(`hidden characters in ${text.slice(0, 80)}`);
    for (const node of root.querySelectorAll("*")) {
      if (node.closest("mjx-container")) {
        if (node.matches("a, img, image, script, iframe, object, [href], [onclick], [src]")) {
          found.push(node.outerHTML.slice(0, 200));
        } else if (node.matches("mjx-container")) {
          const rect = node.getBoundingClientRect();
          const tall = rect.height > 2000 && !node.closest(".qwq-math-display, .qwq-math-large");
          if (rect.top < box.top - 40 || rect.left < box.left - 60 || tall) {
            found.push(`a formula is outside: ${node.textContent.slice(0, 80)}`);
          }
        } else if (!node.closest("mjx-assistive-mml, .qwq-math-large, .qwq-math-display")) {
          const rect = node.getBoundingClientRect();
          const leaves = rect.top < box.top - 40 || rect.bottom > box.bottom + 40
            || rect.left < box.left - 60;
          if (rect.width && leaves) {
            const formula = node.closest("mjx-container").textContent;
            found.push(`a part of a formula is outside: ${formula.slice(0, 80)}`);
          }
        }
        continue;
      }
      const problem = check(node, root, box);
      if (problem) found.push(problem);
    }
  }
  return [...new Set(found)];
}""".replace("HIDDEN", _HIDDEN)

# What the views under a selector are made of, without the drawn answers, which are looked at
# apart: elements, the names of their attributes, their classes.
_SHAPE = r"""(place, selector) => {
  const hidden = HIDDEN;
  const shape = new Set();
  for (const root of place.querySelectorAll(selector)) {
    if (hidden.test(root.textContent)) shape.add(`hidden in ${root.textContent.slice(0, 80)}`);
    for (const node of root.querySelectorAll("*")) {
      if (node.closest(".qwq-answer-text")) continue;
      shape.add(`<${node.localName}>`);
      for (const { name } of node.attributes) shape.add(`${node.localName}[${name}]`);
      for (const word of node.classList) shape.add(`${node.localName}.${word}`);
    }
  }
  return [...shape];
}""".replace("HIDDEN", _HIDDEN)


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
