// The reasoning pane: a header that folds it, and a body that follows its tail.
//
// The text is plain while it streams. When the turn has ended it is drawn for reading, unless the
// reader was looking at the plain text: that stays until they scroll or open the pane again.

/** @import { CheckedSum, Host, StartMode, ViewRecord } from "./types.js" */
/** @import { ReasoningText } from "./reasoning_text.js" */

/**
 * @typedef {object} PaneOptions
 * @property {StartMode} start
 * @property {Host} host
 * @property {boolean} [wasSeen] was the plain text on the page until now?
 * @property {() => CheckedSum[]} [sumsOf] the recomputed sums, with places in the text as it was received
 * @property {() => void} onInspect
 * @property {AbortSignal} signal
 */

import { copyButton } from "./copy_button.js";
import { DrawnReasoning } from "./drawn_reasoning.js";
import { button, element, scrolling, uniqueId } from "./elements.js";
import { RawSwitch } from "./raw_switch.js";
import { placeInDrawing, placeInPlain } from "./reading_place.js";
import { TailFollowing } from "./tail_following.js";
import { listen, notify } from "./view_records.js";

export class ReasoningPane {
  element;
  /** @type {ViewRecord} */
  #record;
  /** @type {ReasoningText} */
  #text;
  /** @type {DrawnReasoning | null} */
  #drawn = null; // null if the host has no parser
  #label = element("span", "qwq-toggle-label");
  #toggle;
  #body;
  #following;
  #switch = new RawSwitch((isRaw) => this.#switched(isRaw));
  /** @type {StartMode} */
  #start;
  #answered = false;
  #hidden = false;
  #ended = false;
  #sumsOf;
  #isHeld; // is the plain text kept because the reader is looking at it?

  /**
   * @param {ViewRecord} record
   * @param {ReasoningText} text
   * @param {PaneOptions} options
   */
  constructor(record, text, { start, host, wasSeen = true, sumsOf = () => [], onInspect, signal }) {
    this.#record = record;
    this.#text = text;
    this.#start = start;
    this.#isHeld = wasSeen;
    // The drawing has no controls, and without them its places may be others.
    this.#sumsOf = () => (text.shown === text.source ? sumsOf() : []);
    const id = uniqueId("reasoning");
    this.#toggle = button("qwq-toggle", this.#label, () => this.#toggled());
    this.#toggle.setAttribute("aria-controls", id);
    this.#body = scrolling("div", "qwq-reasoning-body", "Reasoning text", text.element);
    this.#body.id = id;
    if (host.parse) {
      this.#drawn = new DrawnReasoning(host, this.#body, signal);
      this.#body.append(this.#drawn.element);
    }
    this.#following = new TailFollowing(this.#body, record, signal);
    this.#following.onMoved = () => this.#release();
    this.element = this.#build(onInspect);
    listen(record, "toggle", () => this.#fold(), signal);
    listen(record, "raw", () => this.#release(), signal);
    this.#keepHeight(signal);
    this.#fold();
  }

  /**
   * `answered`: has the answer begun? `ended`: has the turn? `hidden`: the turn has no reasoning
   * and will have none.
   *
   * @param {{ label: string, answered: boolean, ended: boolean, hidden: boolean, growing: boolean }} shown
   */
  show({ label, answered, ended, hidden, growing }) {
    this.#following.growing = growing;
    if (this.#label.textContent !== label) this.#label.textContent = label;
    if (answered !== this.#answered || hidden !== this.#hidden || ended !== this.#ended) {
      this.#answered = answered;
      this.#hidden = hidden;
      this.#ended = ended;
      this.#fold();
    }
    if (!growing && !this.#isOpen) this.#following.fromTop();
  }

  /** @param {string} delta */
  append(delta) {
    const wasEmpty = !this.#text.element.firstChild;
    this.#text.append(delta);
    if (wasEmpty || this.#ended) this.#fold();
  }

  /** @param {() => void} onInspect */
  #build(onInspect) {
    const inspect = button("qwq-button qwq-inspect", "Inspect", onInspect);
    inspect.setAttribute("aria-label", "Inspect the reasoning");
    const copy = copyButton("reasoning", () => this.#text.source);
    const head = element("div", "qwq-pane-head", {}, this.#toggle, this.#switch.element, inspect, copy);
    return element(
      "section",
      "qwq-reasoning",
      { role: "region", "aria-label": "Reasoning" },
      head,
      element("div", "qwq-reasoning-frame", {}, this.#body, this.#following.jump),
    );
  }

  /**
   * A height that the reader gives the body is that of the turn's next view as well.
   *
   * @param {AbortSignal} signal
   */
  #keepHeight(signal) {
    const { style } = this.#body;
    style.height = this.#record.reasoningHeight;
    const resized = new ResizeObserver(() => (this.#record.reasoningHeight = style.height));
    resized.observe(this.#body);
    signal.addEventListener("abort", () => resized.disconnect());
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

  /** @param {boolean} isRaw */
  #switched(isRaw) {
    this.#record.reasoningRaw = isRaw;
    notify(this.#record, "raw");
  }

  #release() {
    if (!this.#ended) return;
    this.#isHeld = false;
    this.#draw();
  }

  #fold() {
    const open = this.#isOpen;
    this.#toggle.setAttribute("aria-expanded", String(open));
    this.#body.hidden = !open || !this.#text.element.firstChild;
    this.element.hidden = this.#hidden;
    // The plain text is out of sight, so the drawing may take its place.
    if (!open && this.#ended) this.#isHeld = false;
    this.#draw();
  }

  /** Show the text drawn or plain, from the same place on. */
  #draw() {
    const drawn = this.#drawn;
    this.#switch.element.hidden = !drawn || !this.#ended || this.#body.hidden;
    if (!drawn || this.#body.hidden) return;
    const isRaw = !this.#ended || this.#isHeld || this.#record.reasoningRaw === true;
    this.#switch.isRaw = isRaw;
    if (!isRaw) drawn.fill(this.#text.shown, this.#text.givenUnits, this.#sumsOf);
    if (drawn.element.hidden === isRaw) return;
    const note = isRaw ? placeInDrawing : placeInPlain;
    const toPlace = note(this.#body, this.#text, drawn);
    this.#text.element.hidden = !isRaw;
    drawn.element.hidden = isRaw;
    toPlace();
  }
}
