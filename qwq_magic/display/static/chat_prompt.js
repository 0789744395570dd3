// The prompt box of a chat: Enter sends, Shift-Enter begins a new line, and one button sends or stops.

/** @import { ViewRecord } from "./types.js" */
/** @import { ChatPage } from "./chat_page.js" */

import { button, element } from "./elements.js";
import { listen } from "./view_records.js";

export class ChatPrompt {
  element;
  /** @type {ChatPage} */
  #page;
  /** @type {HTMLTextAreaElement} */
  #box;
  /** @type {HTMLButtonElement} */
  #button;
  /** @type {() => void} */
  #onAsked;

  /**
   * `onAsk` sends the draft.
   *
   * @param {ChatPage} page
   * @param {ViewRecord} record
   * @param {{ onAsk: () => void, signal: AbortSignal }} options
   */
  constructor(page, record, { onAsk, signal }) {
    this.#page = page;
    this.#onAsked = onAsk;
    this.#box = element("textarea", "qwq-chat-box", {
      rows: "1",
      "aria-label": "Prompt",
      placeholder: "Ask…",
      title: "Enter sends, Shift-Enter begins a new line",
      spellcheck: "true",
      autocomplete: "off",
      dir: "auto",
    });
    this.#button = button("qwq-button qwq-chat-send", "Send", () => this.#pressed());
    this.element = element("div", "qwq-chat-foot", {}, this.#box, this.#button);
    this.#box.addEventListener("input", () => page.type(this.#box.value));
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#box.addEventListener("focus", () => page.refresh());
    listen(record, "draft", () => this.#show(), signal);
    const resized = new ResizeObserver(() => this.#fit());
    resized.observe(this.element);
    signal.addEventListener("abort", () => resized.disconnect());
    this.#show();
  }

  focus() {
    this.#box.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // In an input method, Enter confirms a word; Safari reports this by key code only.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    this.#onAsked();
  }

  #pressed() {
    if (this.#page.live) this.#page.stop();
    else this.#onAsked();
    this.focus();
  }

  #show() {
    const { draft, live, pending, stopping } = this.#page;
    if (this.#box.value !== draft) this.#box.value = draft;
    const word = pending ? "Sending…" : stopping ? "Stopping…" : live ? "Stop" : "Send";
    if (this.#button.textContent !== word) this.#button.textContent = word;
    this.#button.classList.toggle("qwq-stop", live !== null && !pending);
    // Not `disabled`: that would take the focus away from the chat.
    const idle = !live && !draft.trim();
    this.#button.setAttribute("aria-disabled", String(Boolean(pending || stopping || idle)));
    this.#fit();
  }

  /** Fit the height to the draft, up to the limit in the style sheet. */
  #fit() {
    if (!this.#box.offsetWidth) return;
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight + 2}px`;
  }
}
