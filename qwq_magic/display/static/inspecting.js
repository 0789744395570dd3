// Opening a turn's inspector in the place of its panes, and closing it again.

/** @import { Inspected, InspectorState, ViewRecord } from "./types.js" */

import { Inspector, inspectorState } from "./inspector.js";

export class Inspecting {
  /** @type {Inspector | null} */
  inspector = null;
  /** @type {InspectorState} */
  #state;
  /** @type {HTMLElement} */
  #place;
  /** @type {HTMLElement[]} */
  #panes;
  /** @type {HTMLElement | null} */
  #answer;
  /** @type {() => Inspected} */
  #read;
  /** @type {AbortSignal} */
  #signal;
  /** @type {AbortController | null} */
  #controller = null;
  /** @type {HTMLElement | null} */
  #home = null; // where the answer stands while no inspector is open

  /**
   * The inspector stands in `place`, before the panes it hides. `answer`, if any, is shown
   * beside the steps, and `read` gives what the inspector shows.
   *
   * @param {ViewRecord} record
   * @param {{ place: HTMLElement, panes: HTMLElement[], answer?: HTMLElement | null, read: () => Inspected, signal: AbortSignal }} options
   */
  constructor(record, { place, panes, answer = null, read, signal }) {
    this.#state = record.inspector ??= inspectorState();
    this.#place = place;
    this.#panes = panes;
    this.#answer = answer;
    this.#read = read;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#controller?.abort());
  }

  /**
   * Open at once where the reader had it open, or `otherwise` where there was no choice yet.
   *
   * @param {boolean} otherwise
   */
  begin(otherwise) {
    if (this.#state.open ?? otherwise) this.#mount();
  }

  open() {
    if (this.inspector) return;
    this.#state.open = true;
    this.#mount().focus();
  }

  close() {
    this.#state.open = false;
    this.#controller?.abort();
    this.inspector?.element.remove();
    this.inspector = null;
    if (this.#answer) this.#home?.append(this.#answer);
    for (const pane of this.#panes) pane.hidden = false;
    /** @type {HTMLElement | null} */ (this.#place.querySelector(".qwq-inspect"))?.focus({ preventScroll: true });
  }

  #mount() {
    this.#controller = new AbortController();
    if (this.#signal.aborted) this.#controller.abort();
    const inspector = new Inspector(this.#read(), {
      state: this.#state,
      onClose: () => this.close(),
      signal: this.#controller.signal,
    });
    this.inspector = inspector;
    if (this.#answer) {
      this.#home = this.#answer.parentElement;
      inspector.beside.append(this.#answer);
    } else inspector.beside.remove();
    for (const pane of this.#panes) pane.hidden = true;
    this.#panes[0]?.before(inspector.element);
    inspector.settle();
    return inspector;
  }
}
