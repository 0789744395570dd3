// What the page remembers about a turn when its live widgets are replaced by the final output.
//
// The records are stored on `globalThis`, because the live panes and the renderer of final
// outputs load these modules separately. They are keyed by turn id; a saved notebook can name an
// id, but cannot add a record's contents.

/** @import { ViewRecord } from "./types.js" */

/** @typedef {ViewRecord["drawings"]} Drawings */

const RECORDS = Symbol.for("qwq_magic.views");
const LIMIT = 500;

/** Increase it when drawings of the previous version can no longer be adopted. */
const VERSION = 2;

/**
 * @param {string} id
 * @returns {ViewRecord}
 */
function newRecord(id) {
  return {
    id,
    reasoningOpen: null, // the reader's own choice, null until then
    reasoningRaw: null, // likewise: as received rather than drawn
    reasoningHeight: "", // the height the reader gave the pane
    scroll: null, // the reasoning's scrollTop, null at the tail
    heights: {}, // of the live parts
    streams: {}, // the text live panes received
    drawings: {}, // live drawings the final view may adopt
    version: VERSION,
    live: null, // the state of the status line
    tokens: { reasoning: 0, answer: 0 }, // estimated from the text received
    inspector: null, // the reader's choices in the inspector
    thinking: { began: null, ended: null }, // performance.now()
    events: new EventTarget(), // "toggle", "raw", "live", "tokens"
  };
}

/**
 * The record of a turn; the oldest records are dropped.
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
 * Offer a live drawing to the final view, so that nothing is drawn twice.
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
 * Take over a live drawing whose text is a prefix of `text`, with the same part given, or null.
 *
 * @template {keyof Drawings} Part
 * @param {ViewRecord} record
 * @param {Part} part
 * @param {string} text
 * @param {number} [given]
 * @returns {NonNullable<Drawings[Part]> | null}
 */
export function adoptDrawing(record, part, text, given = 0) {
  const drawing = record.drawings[part];
  delete record.drawings[part];
  if (!drawing || record.version !== VERSION || drawing.given !== given) return null;
  if (!text.startsWith(drawing.source)) return null;
  drawing.append(text.slice(drawing.source.length));
  return drawing;
}

/**
 * Notify every view of the turn.
 *
 * @param {ViewRecord} record
 * @param {string} name
 */
export function notify(record, name) {
  record.events.dispatchEvent(new Event(name));
}

/**
 * Call back on an event of a record until `signal` aborts.
 *
 * @param {ViewRecord} record
 * @param {string} name
 * @param {() => void} callback
 * @param {AbortSignal} signal
 */
export function listen(record, name, callback, signal) {
  record.events.addEventListener(name, callback, { signal });
}
