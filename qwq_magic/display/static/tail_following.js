// A scrolling body that follows its tail until the reader scrolls up.

/** @import { ViewRecord } from "./types.js" */

import { button } from "./elements.js";

const NEAR_PX = 24;

/** Follow the tail of `body`, whose children are the text, plain or drawn. */
export class TailFollowing {
  /** @type {HTMLElement} */
  #body;
  /** @type {ViewRecord} */
  #record;
  #lastTop = 0;
  #wasHidden = true;
  #growing = true;
  following;
  /** Called when the reader has scrolled. */
  onMoved = () => {};

  /**
   * @param {HTMLElement} body
   * @param {ViewRecord} record
   * @param {AbortSignal} signal
   */
  constructor(body, record, signal) {
    this.#body = body;
    this.#record = record;
    this.following = record.scroll === null;
    this.jump = button("qwq-button qwq-jump", "↓ Jump to latest", () => this.#resume());
    this.jump.hidden = true;
    body.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    const resized = new ResizeObserver(() => this.#resized());
    // Observe the text as well: it grows with every delta, and when a font loads late.
    for (const node of [body, ...body.children]) resized.observe(node);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  /**
   * Set whether more text will arrive; otherwise there is nothing to jump to.
   *
   * @param {boolean} growing
   */
  set growing(growing) {
    this.#growing = growing;
    this.#showJump();
  }

  /** Show text from the beginning if the reader did not watch it grow. */
  fromTop() {
    this.following = false;
    this.#record.scroll = 0;
  }

  #toTail() {
    this.#body.scrollTop = this.#body.scrollHeight;
    this.#lastTop = this.#body.scrollTop;
  }

  /** Scroll to the tail and follow it. */
  follow() {
    this.following = true;
    this.#record.scroll = null;
    this.#toTail();
    this.#showJump();
  }

  #resume() {
    this.follow();
    this.#body.focus();
  }

  #distance() {
    return this.#body.scrollHeight - this.#body.scrollTop - this.#body.clientHeight;
  }

  #scrolled() {
    const top = this.#body.scrollTop;
    if (this.#body.clientHeight === 0) return; // hidden or detached: the reader did not scroll
    const isMoved = Math.abs(top - this.#lastTop) >= 1;
    if (this.#distance() < NEAR_PX) this.following = true;
    else if (top < this.#lastTop) this.following = false;
    this.#lastTop = top;
    this.#record.scroll = this.following ? null : top;
    this.#showJump();
    if (isMoved) this.onMoved();
  }

  // This runs before the next paint and causes no extra layout. The reader therefore never sees
  // the tail leave the view, nor a scroll position that the browser lost on hiding or moving.
  #resized() {
    const hidden = this.#body.clientHeight === 0;
    if (!hidden && this.#wasHidden) {
      if (this.following) this.#toTail();
      else this.#body.scrollTop = this.#record.scroll ?? 0;
      this.#lastTop = this.#body.scrollTop;
    } else if (!hidden && this.following) this.#toTail();
    this.#wasHidden = hidden;
    this.#showJump();
  }

  #showJump() {
    this.jump.hidden = !this.#growing || this.following || this.#wasHidden;
  }
}
