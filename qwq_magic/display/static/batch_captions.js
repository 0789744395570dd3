// The words around a batch: its lanes, its stages, and what is announced of its progress.

/** @import { Batch, BatchFigures, Lane, LaneStage, LaneState } from "./types.js" */

import { seconds } from "./turn_captions.js";

const SURE = 12; // fewer equal characters may be an accident
const SENTENCE = /[.!?:;]\s/;

/** @type {Record<LaneState, string>} */
export const LANE_WORDS = {
  waiting: "waiting",
  connecting: "connecting",
  reasoning: "thinking",
  answering: "answering",
  complete: "done",
  cut: "cut off",
  stopped: "stopped",
  error: "failed",
  saved: "not needed",
};

/** @type {Record<LaneState, LaneStage>} */
const STAGES = {
  saved: "spared",
  waiting: "waiting",
  connecting: "running",
  reasoning: "running",
  answering: "running",
  complete: "done",
  cut: "done",
  stopped: "stopped",
  error: "failed",
};

/** @param {Lane} lane */
export function stageOf({ state }) {
  return STAGES[state];
}

/** @param {Lane} lane */
export function isEnded(lane) {
  const stage = stageOf(lane);
  return stage === "done" || stage === "failed" || stage === "stopped";
}

/**
 * @param {BatchFigures} figures
 * @returns {Record<LaneStage, number>}
 */
export function stageCounts({ total, done, failed, stopped, running }) {
  return { done, failed, stopped, running, waiting: Math.max(0, total - done - failed - stopped - running), spared: 0 };
}

/**
 * How many have ended by themselves: what was stopped is still to be asked.
 *
 * @param {BatchFigures} figures
 */
export function endedOf({ done, failed }) {
  return done + failed;
}

/** @param {number} count */
export function count(count) {
  return count.toLocaleString("en-US");
}

/** @param {number} share */
export function percent(share) {
  return `${Math.floor(100 * share + 0.5)} %`;
}

/**
 * "3" for the samples of one prompt, "12" for a row, "12 · 3" for a sample of a row.
 *
 * @param {Batch} batch
 * @param {Lane} lane
 */
export function laneName({ rows, lanes, leftOut, models }, { row, number }) {
  if (rows <= 1) return `${number}`;
  return lanes.length + leftOut <= rows * Math.max(1, models.length) ? `${row}` : `${row} · ${number}`;
}

/**
 * The seconds of a lane: exact when it has ended, whole while it runs.
 *
 * @param {Lane} lane
 * @param {number} elapsed of the batch, in seconds
 */
export function laneSeconds(lane, elapsed) {
  if (lane.seconds !== null) return seconds(lane.seconds);
  if (stageOf(lane) !== "running" || lane.began === null) return "";
  const whole = Math.max(0, Math.floor(elapsed - lane.began));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * What a screen reader reads of a lane.
 *
 * @param {Batch} batch
 * @param {Lane} lane
 */
export function laneLabel(batch, lane) {
  const parts = [
    `${batch.rows > 1 ? "Row" : "Sample"} ${laneName(batch, lane)}`,
    batch.models.length > 1 ? batch.models[lane.model] : "",
    LANE_WORDS[lane.state],
    lane.value === null ? "" : `value ${lane.value}`,
    lane.tokens && isEnded(lane) ? `${lane.tokens} tokens` : "",
  ];
  return parts.filter(Boolean).join(", ");
}

/**
 * What is announced of the way from one state to the next: quarters, the first failures, the end.
 *
 * @param {BatchFigures | null} before
 * @param {BatchFigures} after
 */
export function milestone(before, after) {
  if (before === null) return "";
  const ended = endedOf(after);
  const failed = after.failed ? `, ${count(after.failed)} failed` : "";
  if (after.state !== "running") {
    return before.state === "running" ? `${after.state === "complete" ? "Done" : "Stopped"}: ${count(after.done)} of ${count(after.total)}${failed}` : "";
  }
  const quarter = (/** @type {BatchFigures} */ of) => (of.total ? Math.floor((4 * endedOf(of)) / of.total) : 0);
  if (quarter(after) > quarter(before) && quarter(after) < 4) return `${count(ended)} of ${count(after.total)} ended${failed}`;
  const news = after.errors.find(([kind]) => !before.errors.some(([known]) => known === kind));
  return news ? `Failed: ${news[0]}` : "";
}

/**
 * The last line of a reply as it grows from left to right: its text does not move, and begins
 * again with the last sentence or words where the row is full.
 *
 * @param {string} shown what is shown of it so far
 * @param {string} tail the end of the line
 * @param {number} room in characters
 */
export function windowOf(shown, tail, room) {
  // A few letters of the line before may be anywhere in this one.
  const at = shown.length < SURE ? 0 : tail.indexOf(shown);
  const text = at > 0 ? tail.slice(at) : tail;
  if (text.length <= room) return text;
  const half = text.slice(text.length - Math.floor(room / 2));
  // A sentence that has hardly begun would leave the row empty.
  const sentence = half.slice(0, -SURE).search(SENTENCE);
  return half.slice(half.indexOf(" ", Math.max(0, sentence)) + 1) || half;
}
