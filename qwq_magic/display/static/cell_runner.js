// Run code in a new cell below the one that shows a node.
//
// An output cannot reach the notebook that it is in, so the request is an event, which the
// extension beside the renderer takes. Where no one takes it, the cell is copied.

import { copyText } from "./copy_button.js";
import { announce, button } from "./elements.js";

export const RUN_CELL = "qwq-run-cell";
const SHOWN_MS = 4000;

/**
 * @param {HTMLElement} node
 * @param {string} code
 * @returns {Promise<string>} what happened, for the reader
 */
export async function runBelow(node, code) {
  const event = new CustomEvent(RUN_CELL, { bubbles: true, composed: true, cancelable: true, detail: { code } });
  if (!node.dispatchEvent(event)) {
    announce("Running in a new cell");
    return "";
  }
  return (await copyText(code)) === "Copied" ? "Copied: paste it into a cell" : "Copy failed";
}

/**
 * A button that runs a cell; `code` is called on each click.
 *
 * @param {string} className
 * @param {string} label
 * @param {string} hint
 * @param {() => string} code
 */
export function cellButton(className, label, hint, code) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const node = button(`qwq-button ${className}`, label, async () => {
    const outcome = await runBelow(node, code());
    if (!outcome) return;
    node.textContent = outcome;
    clearTimeout(timer);
    timer = setTimeout(() => (node.textContent = label), SHOWN_MS);
  });
  node.title = hint;
  return node;
}
