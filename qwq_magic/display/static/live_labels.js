// The panes on this page that take labels, by id; a saved inspector sends its labels to the live one.
//
// They are stored on `globalThis`, because the widgets and the renderer of final outputs load
// these modules separately. A saved notebook can name an id, but cannot add a pane.

/** @import { LabelPane } from "./types.js" */

/** @typedef {{ byId: Map<string, LabelPane>, events: EventTarget }} Panes */

const PANES = Symbol.for("qwq_magic.labels");

/** @returns {Panes} */
function panes() {
  const page = /** @type {Record<symbol, Panes | undefined>} */ (globalThis);
  return (page[PANES] ??= { byId: new Map(), events: new EventTarget() });
}

/**
 * @param {string} id
 * @param {LabelPane} pane
 */
export function addLabelPane(id, pane) {
  panes().byId.set(id, pane);
  changeLabelPanes();
}

/** @param {string} id */
export function removeLabelPane(id) {
  panes().byId.delete(id);
  changeLabelPanes();
}

/** Notify the inspectors: a pane came, went, or has other labels. */
export function changeLabelPanes() {
  panes().events.dispatchEvent(new Event("change"));
}

/**
 * The pane with this id, or null without a kernel.
 *
 * @param {string} id
 * @returns {LabelPane | null}
 */
export function labelPane(id) {
  return panes().byId.get(id) ?? null;
}

/**
 * Call back when a pane has changed, until `signal` aborts.
 *
 * @param {() => void} callback
 * @param {AbortSignal} signal
 */
export function onLabelPanes(callback, signal) {
  panes().events.addEventListener("change", callback, { signal });
}
