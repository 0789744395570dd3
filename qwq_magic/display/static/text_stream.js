// The text of one live pane, put together from deltas that may be lost or come twice.

import { codePointLength, unitOffset } from "./safe_text.js";

const ASK_AGAIN_MS = 1000;

export class TextStream {
  #chunks = [];
  #length = 0; // in code points, as the deltas count
  #early = []; // deltas from beyond a gap
  #listeners = new Set();
  #requestSnapshot;
  #timer = null;

  /** `requestSnapshot` asks the kernel for all of the text. */
  constructor(text, requestSnapshot) {
    this.#requestSnapshot = requestSnapshot;
    this.#add(text);
  }

  get text() {
    if (this.#chunks.length > 1) this.#chunks = [this.#chunks.join("")];
    return this.#chunks[0] ?? "";
  }

  /** Call `listener(delta)` from now on; returns how to stop. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  receive(message) {
    if (message?.type === "delta") this.#early.push(message);
    else if (message?.type === "snapshot") this.#early.push({ offset: 0, text: message.text });
    this.#settle();
  }

  close() {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #settle() {
    this.#early.sort((one, other) => one.offset - other.offset);
    while (this.#early.length && this.#early[0].offset <= this.#length) {
      const { offset, text } = this.#early.shift();
      this.#add(text.slice(unitOffset(text, this.#length - offset)));
    }
    if (!this.#early.length) {
      clearTimeout(this.#timer);
      this.#timer = null;
    } else if (this.#timer === null) this.#ask();
  }

  #ask() {
    this.#requestSnapshot();
    this.#timer = setTimeout(() => this.#ask(), ASK_AGAIN_MS);
  }

  #add(text) {
    if (!text) return;
    this.#chunks.push(text);
    this.#length += codePointLength(text);
    for (const listener of this.#listeners) listener(text);
  }
}
