// The reasoning pane: a header that folds it, and a body that follows its tail.

/** @import { StartMode, ViewRecord } from "./types.js" */
/** @import { ReasoningText } from "./reasoning_text.js" */

import { copyButton } from "./copy_button.js";
import { button, element, scrolling, uniqueId } from "./elements.js";
import { TailFollowing } from "./tail_following.js";
import { listen, notify } from "./view_records.js";

export class ReasoningPane {
  element;
  /** @type {ViewRecord} */
  #record;
  /** @type {ReasoningText} */
  #text;
  #label = element("span", "qwq-toggle-label");
  #toggle;
  #body;
  #following;
  /** @type {StartMode} */
  #start;
  #answered = false;
  #hidden = false;

  /**
   * `start` is open, auto or closed.
   *
   * @param {ViewRecord} record
   * @param {ReasoningText} text
   * @param {{ start: StartMode, onInspect: () => void, signal: AbortSignal }} options
   */
  constructor(record, text, { start, onInspect, signal }) {
    this.#record = record;
    this.#text = text;
    this.#start = start;
    const id = uniqueId("reasoning");
    this.#toggle = button("qwq-toggle", this.#label, () => this.#toggled());
    this.#toggle.setAttribute("aria-controls", id);
    this.#body = scrolling("div", "qwq-reasoning-body", "Reasoning text", text.element);
    this.#body.id = id;
    this.#following = new TailFollowing(this.#body, record, signal);
    const inspect = button("qwq-button qwq-inspect", "Inspect", onInspect);
    inspect.setAttribute("aria-label", "Inspect the reasoning");
    const copy = copyButton("reasoning", () => text.source);
    const head = element("div", "qwq-pane-head", {}, this.#toggle, inspect, copy);
    this.element = element(
      "section",
      "qwq-reasoning",
      { role: "region", "aria-label": "Reasoning" },
      head,
      element("div", "qwq-reasoning-frame", {}, this.#body, this.#following.jump),
    );
    listen(record, "toggle", () => this.#fold(), signal);
    this.#fold();
  }

  /**
   * `answered`: has the answer begun? `hidden`: the turn has no reasoning and will have none.
   *
   * @param {{ label: string, answered: boolean, hidden: boolean, growing: boolean }} shown
   */
  show({ label, answered, hidden, growing }) {
    this.#following.growing = growing;
    if (this.#label.textContent !== label) this.#label.textContent = label;
    if (answered !== this.#answered || hidden !== this.#hidden) {
      this.#answered = answered;
      this.#hidden = hidden;
      this.#fold();
    }
    if (!growing && !this.#isOpen) this.#following.fromTop();
  }

  /** @param {string} delta */
  append(delta) {
    const wasEmpty = !this.#text.element.firstChild;
    this.#text.append(delta);
    if (wasEmpty) this.#fold();
  }

  // The reader's own choice always overrides the start mode.
  get #isOpen() {
    if (this.#record.reasoningOpen !== null) return this.#record.reasoningOpen;
    if (this.#start === "auto") return !this.#answered;
    return this.#start === "open";
  }

  #toggled() {
    this.#record.reasoningOpen = !this.#isOpen;
    notify(this.#record, "toggle");
  }

  #fold() {
    const open = this.#isOpen;
    this.#toggle.setAttribute("aria-expanded", String(open));
    this.#body.hidden = !open || !this.#text.element.firstChild;
    this.element.hidden = this.#hidden;
  }
}
