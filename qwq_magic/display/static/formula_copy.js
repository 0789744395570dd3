// Copy formulas as their source: the typesetter's own elements have no text that could be pasted.

import { element } from "./elements.js";

const INSTALLED = Symbol.for("qwq_magic.formula_copy");

/** Listen to copies on this page; these modules may be loaded more than once. */
export function copyFormulasAsSource() {
  const page = /** @type {Record<symbol, boolean | undefined>} */ (globalThis);
  if (page[INSTALLED]) return;
  page[INSTALLED] = true;
  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    if (event.defaultPrevented || !event.clipboardData || !selection || selection.isCollapsed) return;
    const copied = copyOf(selection.getRangeAt(0));
    if (!copied) return;
    event.clipboardData.setData("text/plain", copied.text);
    event.clipboardData.setData("text/html", copied.html);
    event.preventDefault();
  });
}

/**
 * What is copied of a range with formulas of ours; null for one without.
 *
 * @param {Range} range
 */
function copyOf(range) {
  const copy = element("div", "qwq-copied", { "aria-hidden": "true" });
  // A formula that is selected from within is copied whole.
  const inside = outerFormula(range.commonAncestorContainer);
  copy.append(inside ? inside.cloneNode(true) : range.cloneContents());
  /** @type {NodeListOf<HTMLElement>} */
  const formulas = copy.querySelectorAll(".qwq-math[data-tex]");
  if (!formulas.length) return null;
  for (const node of formulas) node.replaceChildren(node.dataset.tex ?? "");
  // Only what is on the page has line breaks between its blocks.
  document.body.append(copy);
  const text = copy.innerText;
  copy.remove();
  return { text, html: new XMLSerializer().serializeToString(copy) };
}

/** @param {Node} node */
function outerFormula(node) {
  return (node instanceof Element ? node : node.parentElement)?.closest(".qwq-math[data-tex]") ?? null;
}
