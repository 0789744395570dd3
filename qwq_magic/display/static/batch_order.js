// The order of a batch's lanes. While they stream no lane moves: a lane that ends keeps its place
// until another one takes it. When all have ended, they are grouped by their final values.

/** @import { Batch, Lane, LaneFilter, LaneSection } from "./types.js" */

import { count, isEnded, stageOf } from "./batch_captions.js";

/** So many lanes are simply listed in order while they stream. */
const FEW = 64;

/** Which lanes of a large batch are listed while it runs, and where. */
export class LivePlaces {
  /** @type {Lane[]} */
  #running = []; // each in its place, until the place is needed
  /** @type {Lane[]} */
  #ended = []; // in the order in which they ended
  /** @type {Set<Lane>} */
  #known = new Set();

  /**
   * Take note of lanes that have changed.
   *
   * @param {Lane[]} changed
   * @param {Lane} [held] keeps its place: it is open, and is being read
   */
  update(changed, held) {
    for (const lane of changed) {
      if (isEnded(lane) && !this.#known.has(lane)) {
        this.#known.add(lane);
        this.#ended.push(lane);
      }
    }
    const placed = new Set(this.#running);
    let free = 0;
    for (const lane of changed) {
      if (stageOf(lane) !== "running" || placed.has(lane)) continue;
      for (let there; (there = this.#running[free]) && (there === held || stageOf(there) === "running"); ) free++;
      this.#running[free] = lane;
      placed.add(lane);
    }
  }

  /** Those that stream, then those that have ended, in the order in which they did. */
  get lanes() {
    const placed = new Set(this.#running);
    return [...this.#running, ...this.#ended.filter((lane) => !placed.has(lane))];
  }

  /** Those at each place, some of which have ended. */
  get running() {
    return this.#running;
  }

  get ended() {
    return this.#ended;
  }
}

/**
 * The lanes to list, under headings.
 *
 * @param {Batch} batch
 * @param {LaneFilter} filter
 * @param {LivePlaces | null} places null when the batch has ended
 * @returns {LaneSection[]}
 */
export function sectionsOf(batch, filter, places) {
  if (places) return [{ title: "", detail: "", isValue: false, lanes: liveLanes(batch, filter, places) }];
  const lanes = batch.lanes.filter((lane) => isListed(lane, filter));
  if (batch.rows <= 1) return byValue(batch, lanes);
  return [{ title: "", detail: "", isValue: false, lanes }];
}

/**
 * @param {Batch} batch
 * @param {LaneFilter} filter
 * @param {LivePlaces} places
 */
function liveLanes(batch, filter, places) {
  const isLarge = batch.lanes.length > FEW;
  if (!isLarge) return batch.lanes.filter((lane) => isListed(lane, filter));
  if (filter.by === "all") return places.lanes;
  if (filter.by === "stage" && filter.stage === "running") return places.running.filter((lane) => isListed(lane, filter));
  if (filter.by === "stage" && filter.stage === "waiting") return batch.lanes.filter((lane) => isListed(lane, filter));
  return places.ended.filter((lane) => isListed(lane, filter));
}

/**
 * @param {Lane} lane
 * @param {LaneFilter} filter
 */
export function isListed(lane, filter) {
  switch (filter.by) {
    case "stage": return stageOf(lane) === filter.stage;
    case "value": return lane.value === filter.value;
    case "valueless": return lane.value === null && stageOf(lane) === "done";
    default: return true;
  }
}

/**
 * The samples of one prompt: a section for each value, the most frequent first, then the rest.
 *
 * @param {Batch} batch
 * @param {Lane[]} lanes
 * @returns {LaneSection[]}
 */
function byValue({ groups }, lanes) {
  /** @type {Map<string, Lane[]>} */
  const values = new Map(groups.map(({ value }) => [value, []]));
  /** @type {Lane[]} */
  const valueless = [];
  /** @type {Lane[]} */
  const rest = [];
  for (const lane of lanes) {
    if (stageOf(lane) !== "done") rest.push(lane);
    else if (lane.value === null) valueless.push(lane);
    else if (values.has(lane.value)) values.get(lane.value)?.push(lane);
    else values.set(lane.value, [lane]);
  }
  const sections = [...values]
    .map(([title, same]) => ({ title, detail: samples(same), isValue: true, lanes: same }))
    .concat({ title: "No final value", detail: samples(valueless), isValue: false, lanes: valueless })
    .concat({ title: "Not finished", detail: samples(rest), isValue: false, lanes: rest })
    .filter((section) => section.lanes.length);
  // A single heading would only repeat what is above the list.
  const [only] = sections;
  return sections.length === 1 && only && !only.isValue ? [{ ...only, title: "", detail: "" }] : sections;
}

/** @param {Lane[]} lanes */
function samples({ length }) {
  return `${count(length)} sample${length === 1 ? "" : "s"}`;
}
