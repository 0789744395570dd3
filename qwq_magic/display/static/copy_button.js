// A button that copies text and confirms it; it works in a saved notebook without a kernel.

import { announce, button } from "./elements.js";

const SHOWN_MS = 1800;

/** @param {string} text */
async function writeClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    // Not a secure context, or no permission: the older API still works there.
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;opacity:0";
  document.body.append(area);
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  try {
    area.select();
    if (!document.execCommand("copy")) throw new Error("copy refused");
  } finally {
    area.remove();
    focused?.focus?.();
  }
}

/**
 * Copy a text and announce the outcome; returns the announced words.
 *
 * @param {string} text
 */
export async function copyText(text) {
  let outcome = "Copied";
  try {
    await writeClipboard(text);
  } catch {
    outcome = "Copy failed";
  }
  announce(outcome);
  return outcome;
}

/**
 * `text` is called on each click, so that the current text is copied.
 *
 * @param {string} what
 * @param {() => string} text
 * @param {string} [label]
 */
export function copyButton(what, text, label = "Copy") {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const node = button("qwq-button qwq-copy", label, async () => {
    node.textContent = await copyText(text());
    clearTimeout(timer);
    timer = setTimeout(() => (node.textContent = label), SHOWN_MS);
  });
  node.setAttribute("aria-label", `Copy ${what}`);
  return node;
}
