// Opens a turn's inspector in container of its panes, and closes it again.

/** @import { Host, Inspected, InspectorState, ViewRecord } from "./types.js" */

import { Inspector, inspectorState } from "./inspector.js";
import { listen, notify } from "./view_records.js";

export class InspectorToggle {
  /** @type {Inspector | null} */
  inspector = null;
  /** @type {ViewRecord} */
  #record;
  /** @type {Host} */
  #host;
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
   * @param {{ host: Host, container: HTMLElement, panes: HTMLElement[], answer?: HTMLElement | null, read: () => Inspected, signal: AbortSignal }} options
   */
  constructor(record, { host, container, panes, answer = null, read, signal }) {
    this.#record = record;
    this.#host = host;
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
    const { signal } = this.#controller;
    const inspector = new Inspector(this.#read(), {
      state: this.#state,
      host: this.#host,
      onClose: () => this.close(),
      onRaw: (isRaw) => {
        this.#record.reasoningRaw = isRaw;
        notify(this.#record, "raw");
      },
      signal,
    });
    const showRaw = () => inspector.showRaw(this.#record.reasoningRaw === true);
    listen(this.#record, "raw", showRaw, signal);
    showRaw();
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
