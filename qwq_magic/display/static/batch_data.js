// A batch as its view needs it, saved or live, whatever the notebook contains.
//
// `display/batch_lanes.py` defines the records of the lanes. A saved notebook may be forged, and a
// page may have missed a frame: what is not there is empty.

/** @import { Batch, BatchFigures, BatchGroup, Lane, LaneState, OpenPanes } from "./types.js" */

import { fieldsOf, lineOf, numberOf } from "./turn_data.js";

const MAX_LANES = 20_000;
const MAX_GROUPS = 50;
const MAX_MODELS = 50;
const MAX_TEXTS = 12;
const NAME = /^[A-Za-z_]\w{0,60}$/;
const PLACE = /^\d{1,9}(?:\.\d{1,9})?$/;
const PLAIN_ID = /^[\w-]{1,80}$/;

/** @type {readonly LaneState[]} */
const STATES = ["waiting", "connecting", "reasoning", "answering", "complete", "cut", "stopped", "error", "saved"];

/**
 * @param {unknown} value
 * @param {number} limit
 * @returns {unknown[]}
 */
function listOf(value, limit) {
  return Array.isArray(value) ? value.slice(0, limit) : [];
}

/** @param {unknown} value */
function countOf(value) {
  return Math.round(numberOf(value) ?? 0);
}

/** @param {unknown} value */
function shareOf(value) {
  const share = numberOf(value);
  return share === null ? null : Math.min(1, share);
}

/**
 * @param {unknown} value
 * @returns {Batch}
 */
export function batchOf(value) {
  const data = fieldsOf(value);
  const name = lineOf(data.name, 80);
  return {
    id: lineOf(data.id, 200),
    name: NAME.test(name) ? name : "batch",
    conversation: lineOf(data.conversation, 120),
    frame: countOf(data.number),
    rows: countOf(data.rows),
    models: listOf(data.models, MAX_MODELS).map((model) => lineOf(model, 120)),
    labels: listOf(data.labels, MAX_LANES).map((label) => lineOf(label, 200)),
    lanes: listOf(data.lanes, MAX_LANES).map((lane, index) => laneOf(lane, index)),
    leftOut: countOf(data.left_out),
    open: openOf(data.open),
    figures: figuresOf(data.figures),
    groups: groupsOf(data.groups),
    others: othersOf(data.others),
    without: countOf(data.without_value),
  };
}

/**
 * Take the changes of a frame into the batch; returns the lanes that have changed.
 *
 * @param {Batch} batch
 * @param {unknown} value
 * @returns {Lane[]}
 */
export function applyFrame(batch, value) {
  const frame = fieldsOf(value);
  batch.frame = countOf(frame.number);
  batch.open = openOf(frame.open);
  if ("figures" in frame) batch.figures = figuresOf(frame.figures);
  if ("groups" in frame) batch.groups = groupsOf(frame.groups);
  if ("others" in frame) batch.others = othersOf(frame.others);
  if ("without_value" in frame) batch.without = countOf(frame.without_value);
  /** @type {Lane[]} */
  const changed = [];
  for (const each of listOf(frame.lanes, MAX_LANES)) {
    const record = fieldsOf(each);
    const lane = batch.lanes[numberOf(record.index) ?? -1];
    if (!lane) continue;
    const { index, key, row, number, model } = lane;
    const began = numberOf(record.began_s) ?? lane.began;
    Object.assign(lane, laneOf(record, index), { index, key, row, number, model, began });
    changed.push(lane);
  }
  return changed;
}

/**
 * A list begins with the first sample of the batch and leaves none out, so the position is the
 * index, whatever the record contains.
 *
 * @param {unknown} value
 * @param {number} position
 * @returns {Lane}
 */
function laneOf(value, position) {
  const data = fieldsOf(value);
  const place = lineOf(data.place, 40);
  const [row, number, model] = [countOf(data.row), countOf(data.number), countOf(data.model)];
  return {
    index: position,
    key: `${row} ${model} ${number}`,
    row, number, model,
    state: STATES.find((state) => state === data.state) ?? "waiting",
    value: typeof data.value === "string" ? lineOf(data.value, 120) : null,
    line: lineOf(data.line, 400),
    tokens: lineOf(data.tokens, 30),
    length: countOf(data.length),
    seconds: numberOf(data.seconds),
    began: numberOf(data.began_s),
    reused: data.reused === true,
    seen: shareOf(data.seen),
    place: PLACE.test(place) ? place : "",
    turn: data.turn !== null && typeof data.turn === "object" ? data.turn : null,
  };
}

/**
 * @param {unknown} value
 * @returns {[values: number, samples: number]}
 */
function othersOf(value) {
  const [values, samples] = listOf(value, 2);
  return [countOf(values), countOf(samples)];
}

/**
 * @param {unknown} value
 * @returns {BatchFigures}
 */
function figuresOf(value) {
  const data = fieldsOf(value);
  const { state } = data;
  return {
    state: state === "running" || state === "complete" ? state : "stopped",
    total: countOf(data.total),
    done: countOf(data.done),
    failed: countOf(data.failed),
    stopped: countOf(data.stopped),
    running: countOf(data.running),
    texts: listOf(data.texts, MAX_TEXTS).map((text) => lineOf(text, 120)).filter(Boolean),
    notice: lineOf(data.notice, 300),
    errors: listOf(data.errors, MAX_TEXTS).map((each) => {
      const [kind, count] = listOf(each, 2);
      return [lineOf(kind, 60), countOf(count)];
    }),
    elapsed: numberOf(data.elapsed_s) ?? 0,
  };
}

/**
 * @param {unknown} value
 * @returns {BatchGroup[]}
 */
function groupsOf(value) {
  return listOf(value, MAX_GROUPS).map((each) => {
    const data = fieldsOf(each);
    const [low, high] = [shareOf(data.low), shareOf(data.high)];
    return {
      value: lineOf(data.value, 120),
      count: countOf(data.count),
      share: shareOf(data.share) ?? 0,
      interval: low === null || high === null ? null : [low, high],
    };
  });
}

/**
 * @param {unknown} value
 * @returns {OpenPanes | null}
 */
function openOf(value) {
  const data = fieldsOf(value);
  const index = numberOf(data.index);
  if (index === null) return null;
  const panes = listOf(data.panes, 4).filter((id) => typeof id === "string" && PLAIN_ID.test(id));
  return { index, turn: lineOf(data.turn_id, 200), panes: /** @type {string[]} */ (panes), elsewhere: data.elsewhere === true };
}
