// Reasoning as plain text that grows at its end.

import { element } from "./elements.js";
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

  /** All text received so far, unchanged. */
  get source() {
    if (this.#chunks.length > 1) this.#chunks = [this.#chunks.join("")];
    return this.#chunks[0] ?? "";
  }

  /** @param {string} delta */
  append(delta) {
    if (!delta) return;
    this.#chunks.push(delta);
    this.#add(this.#cleaner.push(delta));
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
      this.element.append(element("div", "qwq-text-block", { dir: "auto" }, this.#node));
    }
    this.#node.appendData(text);
    this.#size += text.length;
    const full = this.#size >= HARD || (this.#size > SOFT && text.endsWith("\n"));
    if (full) {
      this.#node = null;
      this.#size = 0;
    }
  }
}
