// Opens a turn's inspector in container of its panes, and closes it again.

/** @import { Inspected, InspectorState, ViewRecord } from "./types.js" */

import { Inspector, inspectorState } from "./inspector.js";

export class InspectorToggle {
  /** @type {Inspector | null} */
  inspector = null;
  /** @type {InspectorState} */
  #state;
  /** @type {HTMLElement} */
  #container;
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
  #home = null; // the answer's parent while no inspector is open

  /**
   * The inspector is inserted in `container`, before the panes it hides. `answer`, if any, is
   * shown beside the steps, and `read` returns the data to show.
   *
   * @param {ViewRecord} record
   * @param {{ container: HTMLElement, panes: HTMLElement[], answer?: HTMLElement | null, read: () => Inspected, signal: AbortSignal }} options
   */
  constructor(record, { container, panes, answer = null, read, signal }) {
    this.#state = record.inspector ??= inspectorState();
    this.#container = container;
    this.#panes = panes;
    this.#answer = answer;
    this.#read = read;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#controller?.abort());
  }

  /**
   * Open the inspector if the reader left it open; `byDefault` applies until the first choice.
   *
   * @param {boolean} byDefault
   */
  begin(byDefault) {
    if (this.#state.open ?? byDefault) this.#mount();
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
    /** @type {HTMLElement | null} */ (this.#container.querySelector(".qwq-inspect"))?.focus({ preventScroll: true });
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
