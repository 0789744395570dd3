// What the page remembers about a turn, across the change from live widgets to final output.
//
// The Map hangs on the page, because the live panes and the final output's renderer
// load these modules separately. It is keyed by turn id; whatever was saved in a
// notebook can name an id, but never put anything here.

/** @import { ViewRecord } from "./types.js" */

/** @typedef {ViewRecord["drawings"]} Drawings */

const RECORDS = Symbol.for("qwq_magic.views");
const LIMIT = 500;

/** Bump when a drawing of one version can no longer be adopted by the other. */
const VERSION = 1;

/**
 * @param {string} id
 * @returns {ViewRecord}
 */
function newRecord(id) {
  return {
    id,
    reasoningOpen: null, // the reader's own choice; null until there is one
    scroll: null, // the reasoning's scrollTop, null = at the tail
    heights: {}, // of the live parts
    streams: {}, // the text live panes received
    drawings: {}, // live drawings the final view may adopt
    version: VERSION,
    live: null, // what the status line knows: state, elapsed, usage …
    tokens: { reasoning: 0, answer: 0 }, // estimated from what arrived
    inspector: null, // what the reader chose in the inspector
    thinking: { began: null, ended: null }, // performance.now()
    events: new EventTarget(), // "toggle", "live", "tokens"
  };
}

/**
 * The record of a turn; the oldest are forgotten.
 *
 * @param {string} id
 * @returns {ViewRecord}
 */
export function viewRecord(id) {
  const page = /** @type {Record<symbol, Map<string, ViewRecord> | undefined>} */ (globalThis);
  const records = (page[RECORDS] ??= new Map());
  if (!id) return newRecord("");
  let record = records.get(id);
  if (!record) {
    if (records.size >= LIMIT) records.delete(/** @type {string} */ (records.keys().next().value));
    record = newRecord(id);
    records.set(id, record);
  }
  return record;
}

/**
 * Leave a live drawing for the final view to take over, so that nothing is drawn twice.
 *
 * @template {keyof Drawings} Part
 * @param {ViewRecord} record
 * @param {Part} part
 * @param {Drawings[Part]} drawing
 */
export function offerDrawing(record, part, drawing) {
  record.drawings[part] = drawing;
}

/**
 * Take a live drawing whose text begins `text`; null where there is none.
 *
 * @template {keyof Drawings} Part
 * @param {ViewRecord} record
 * @param {Part} part
 * @param {string} text
 * @returns {NonNullable<Drawings[Part]> | null}
 */
export function adoptDrawing(record, part, text) {
  const drawing = record.drawings[part];
  delete record.drawings[part];
  if (!drawing || record.version !== VERSION || !text.startsWith(drawing.source)) return null;
  drawing.append(text.slice(drawing.source.length));
  return drawing;
}

/**
 * Tell every view of the turn.
 *
 * @param {ViewRecord} record
 * @param {string} name
 */
export function notify(record, name) {
  record.events.dispatchEvent(new Event(name));
}

/**
 * Call back on a record's event until `signal` aborts.
 *
 * @param {ViewRecord} record
 * @param {string} name
 * @param {() => void} callback
 * @param {AbortSignal} signal
 */
export function listen(record, name, callback, signal) {
  record.events.addEventListener(name, callback, { signal });
}
