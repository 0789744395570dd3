// A block of code: its language, a copy button and the text.

import { copyButton } from "./copy_button.js";
import { element, scrolling } from "./elements.js";

/**
 * `code` is the element with the text; `language` may be "".
 *
 * @param {HTMLElement} code
 * @param {string} language
 */
export function codeBox(code, language) {
  code.className = language ? `language-${language.replace(/[^A-Za-z0-9_-]/g, "_")}` : "";
  const bar = element("div", "qwq-code-bar", {}, element("span", "qwq-code-language", {}, language));
  bar.append(copyButton("code", () => code.textContent));
  const pre = scrolling("pre", "", "Code", code);
  pre.dir = "ltr";
  return element("div", "qwq-code", {}, bar, pre);
}

/**
 * The element with the text of a box.
 *
 * @param {Element} box
 */
export function codeIn(box) {
  return /** @type {HTMLElement} */ (box.querySelector("code"));
}

/**
 * The first word of a fence's info string if it is a valid name; otherwise "".
 *
 * @param {string} info
 */
export function fenceLanguage(info) {
  return (/^[A-Za-z0-9_+#.-]{1,30}/.exec(info.trim()) ?? [""])[0];
}
