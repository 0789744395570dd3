// Reasoning as plain text that grows at its end.

import { element } from "./elements.js";
import { GivenCount, markGiven } from "./given_text.js";
import { TextCleaner } from "./safe_text.js";

// A browser lays out a block of text again whenever it grows, so text is split into blocks: after
// SOFT characters at the next line break, after HARD anywhere.
const SOFT = 2000;
const HARD = 16000;

export class ReasoningText {
  element = element("div", "qwq-reasoning-text");
  #cleaner = new TextCleaner();
  /** @type {string[]} */
  #chunks = [];
  /** @type {Text | null} */
  #node = null;
  #size = 0;
  #count;
  /** @type {HTMLElement | null} */
  #givenPart = null;
  /** How much of the text is given, in the UTF-16 units of `shown`. */
  givenUnits = 0;

  /**
   * `given`: how many characters at the start of the text are given, in code points.
   *
   * @param {number} [given]
   */
  constructor(given = 0) {
    this.given = given;
    this.#count = new GivenCount(given);
  }

  /** All text received so far, unchanged. */
  get source() {
    if (this.#chunks.length > 1) this.#chunks = [this.#chunks.join("")];
    return this.#chunks[0] ?? "";
  }

  /** @param {string} delta */
  append(delta) {
    if (!delta) return;
    this.#chunks.push(delta);
    const end = this.#count.take(delta);
    if (end) this.#addGiven(delta.slice(0, end));
    this.#add(this.#cleaner.push(delta.slice(end)));
  }

  /** The text as it is on the page, without controls. */
  get shown() {
    return this.#blocks().map(({ data }) => data).join("");
  }

  /**
   * The upper edge of the line at an offset in the text on the page, in the window.
   *
   * @param {number} offset
   */
  topAt(offset) {
    let left = offset;
    for (const node of this.#blocks()) {
      if (left < node.length) {
        const range = document.createRange();
        range.setStart(node, left);
        range.setEnd(node, left + 1);
        return (range.getClientRects()[0] ?? this.element.getBoundingClientRect()).top;
      }
      left -= node.length;
    }
    return this.element.getBoundingClientRect().bottom;
  }

  #blocks() {
    const blocks = [...this.element.querySelectorAll(".qwq-text-block")];
    return blocks.map((block) => /** @type {Text} */ (block.firstChild));
  }

  /** @param {string} delta */
  #addGiven(delta) {
    if (!this.#givenPart) {
      this.#givenPart = element("div", "");
      markGiven(this.#givenPart, "whole");
      this.element.append(this.#givenPart);
    }
    const text = this.#cleaner.push(delta);
    this.givenUnits += text.length;
    this.#add(text);
    // The rule ends where the given text does, also within a line.
    if (this.#count.isOver) this.#endBlock();
    if (this.#count.isOver) this.#givenPart = null;
  }

  #endBlock() {
    this.#node = null;
    this.#size = 0;
  }

  /** @param {string} text */
  #add(text) {
    let rest = text;
    while (rest) {
      const cut = this.#room(rest);
      this.#write(rest.slice(0, cut));
      rest = rest.slice(cut);
    }
  }

  /**
   * How many characters of `text` go into the current block.
   *
   * @param {string} text
   */
  #room(text) {
    const newline = text.indexOf("\n", Math.max(0, SOFT - this.#size));
    const soft = newline < 0 ? Infinity : newline + 1;
    const hard = HARD - this.#size;
    let cut = Math.min(soft, hard, text.length);
    if (cut === hard && cut < text.length && /[\ud800-\udbff]/.test(text.charAt(cut - 1))) cut += 1;
    return cut;
  }

  /** @param {string} text */
  #write(text) {
    if (!this.#node) {
      this.#node = document.createTextNode("");
      (this.#givenPart ?? this.element).append(element("div", "qwq-text-block", { dir: "auto" }, this.#node));
    }
    this.#node.appendData(text);
    this.#size += text.length;
    const full = this.#size >= HARD || (this.#size > SOFT && text.endsWith("\n"));
    if (full) this.#endBlock();
  }
}
