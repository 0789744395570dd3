// The text of one live pane, assembled from deltas that may be lost or arrive twice.

/** @import { DeltaMessage, KernelMessage } from "./types.js" */

/** @typedef {Pick<DeltaMessage, "offset" | "text">} Delta */

import { codePointLength, unitOffset } from "./safe_text.js";

const RETRY_MS = 1000;

export class TextStream {
  /** @type {string[]} */
  #chunks = [];
  #length = 0; // in code points, as the deltas count
  #run; // how often the kernel has cleared the text
  /** @type {Delta[]} */
  #early = []; // deltas after a gap
  /** @type {Set<(delta: string) => void>} */
  #listeners = new Set();
  /** @type {Set<() => void>} */
  #clearListeners = new Set();
  /** @type {() => void} */
  #requestSnapshot;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * `requestSnapshot` requests the whole text from the kernel.
   *
   * @param {string} text
   * @param {() => void} requestSnapshot
   * @param {number} [run]
   */
  constructor(text, requestSnapshot, run = 0) {
    this.#requestSnapshot = requestSnapshot;
    this.#run = run;
    this.#add(text);
  }

  get text() {
    if (this.#chunks.length > 1) this.#chunks = [this.#chunks.join("")];
    return this.#chunks[0] ?? "";
  }

  /**
   * Call `listener` with each new delta; returns a function that unsubscribes it.
   *
   * @param {(delta: string) => void} listener
   * @returns {() => void}
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Call `listener` whenever the text is cleared; returns a function that unsubscribes it.
   *
   * @param {() => void} listener
   * @returns {() => void}
   */
  subscribeToClear(listener) {
    this.#clearListeners.add(listener);
    return () => this.#clearListeners.delete(listener);
  }

  /** @param {KernelMessage} message */
  receive(message) {
    if (message?.type === "delta" || message?.type === "snapshot") {
      const { run = 0 } = message;
      // A message from before the text was cleared.
      if (run < this.#run) return;
      if (run > this.#run) this.#clear(run);
    }
    if (message?.type === "delta") this.#early.push(message);
    else if (message?.type === "snapshot") this.#early.push({ offset: 0, text: message.text });
    this.#settle();
  }

  close() {
    clearTimeout(this.#timer);
    this.#listeners.clear();
    this.#clearListeners.clear();
  }

  /** @param {number} run */
  #clear(run) {
    this.#run = run;
    this.#chunks = [];
    this.#length = 0;
    this.#early = [];
    for (const listener of this.#clearListeners) listener();
  }

  #settle() {
    this.#early.sort((one, other) => one.offset - other.offset);
    for (let next = this.#early[0]; next && next.offset <= this.#length; next = this.#early[0]) {
      const { offset, text } = next;
      this.#early.shift();
      this.#add(text.slice(unitOffset(text, this.#length - offset)));
    }
    if (!this.#early.length) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined) this.#request();
  }

  #request() {
    this.#requestSnapshot();
    this.#timer = setTimeout(() => this.#request(), RETRY_MS);
  }

  /** @param {string} text */
  #add(text) {
    if (!text) return;
    this.#chunks.push(text);
    this.#length += codePointLength(text);
    for (const listener of this.#listeners) listener(text);
  }
}
