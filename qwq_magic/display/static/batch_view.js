// A batch, live and saved: its progress, how its values group, and a list of lanes that open.

/** @import { Batch, BatchChoices, Lane, LaneFilter, Mounted, Services, ViewRecord } from "./types.js" */

import { isEnded, laneName } from "./batch_captions.js";
import { batchOf } from "./batch_data.js";
import { GroupBars } from "./batch_groups.js";
import { BatchHeader } from "./batch_header.js";
import { FIRST_LANES, LaneList } from "./batch_lanes.js";
import { isListed, LivePlaces, sectionsOf } from "./batch_order.js";
import { cellButton } from "./cell_runner.js";
import { announce, button, element, setText } from "./elements.js";
import { compareCell, sourceOf } from "./turn_cells.js";
import { mountTurn } from "./turn_view.js";
import { viewRecord } from "./view_records.js";

const MOST_COLUMN = 24;
const REPLACED_MS = 300;

/**
 * @typedef {object} LiveSide what a batch that streams can do
 * @property {() => void} onStop
 * @property {(lane: Lane | null) => void} onOpen
 */
/** @typedef {{ stopping: boolean, lost: boolean, notices: string[] }} HeaderState */

/**
 * Show the saved data of a batch in `el`.
 *
 * @param {HTMLElement} el
 * @param {unknown} data
 * @param {Services} [services]
 * @returns {Mounted}
 */
export function mountBatch(el, data, services = {}) {
  const batch = batchOf(data);
  const controller = new AbortController();
  const view = new BatchView(batch, viewRecord(batch.id), { services, live: null, signal: controller.signal });
  el.replaceChildren(view.element);
  view.show();
  view.keepFocus(controller.signal);
  return { dispose: () => { view.close(); controller.abort(); } };
}

export class BatchView {
  element;
  /** What is below the row of the lane that is open; a live batch fills it with panes. */
  detail = element("div", "qwq-lane-turn");
  #batch;
  #choices;
  #live;
  #services;
  #places;
  #header;
  #groups;
  #list;
  #title = element("span", "qwq-lanes-heading");
  #tools = element("span", "qwq-lanes-tools");
  #shownTools = "";
  /** @type {Mounted | null} */
  #mounted = null;
  /** @type {string | null} */
  #drawn = null; // the lane whose turn is below its row
  /** @type {HeaderState} */
  #headerState = { stopping: false, lost: false, notices: [] };

  /**
   * @param {Batch} batch
   * @param {ViewRecord} record
   * @param {{ services: Services, live: LiveSide | null, signal: AbortSignal }} options
   */
  constructor(batch, record, { services, live, signal }) {
    this.#batch = batch;
    this.#choices = record.batch ??= newChoices();
    this.#services = services;
    this.#live = live;
    this.#places = live ? new LivePlaces() : null;
    this.#places?.update(batch.lanes);
    // A filter of the live view may have nothing to list by now.
    if (!live && !batch.lanes.some((lane) => isListed(lane, this.#choices.filter))) this.#choices.filter = { by: "all" };
    this.#header = new BatchHeader({ onStop: live && live.onStop, onFilter: (filter) => this.#filter(filter) });
    this.#groups = new GroupBars((filter) => this.#filter(filter));
    this.#list = new LaneList({
      onOpen: (lane) => this.#open(lane),
      onChoose: (lane) => this.#choose(lane),
      onMore: (by) => {
        this.#choices.most += by;
        this.show();
      },
      onFocus: (lane) => {
        const { focused } = this.#choices;
        if (lane) this.#choices.focused = { key: lane.key, left: Infinity };
        else if (focused) focused.left = performance.now();
      },
      signal,
    });
    const heading = element("div", "qwq-lanes-bar", {}, this.#title, this.#tools);
    this.element = element("section", "qwq-part qwq-batch", { role: "region", "aria-label": "Samples of a batch" },
      this.#header.element, this.#groups.element, heading, this.#list.element);
    const columns = { name: batch.lanes.map((lane) => laneName(batch, lane)), model: batch.models, label: batch.labels };
    for (const [name, texts] of Object.entries(columns)) this.element.style.setProperty(`--qwq-${name}`, `${widest(texts)}ch`);
    if (batch.labels.length) this.element.dataset.labels = "";
    if (batch.models.length > 1) this.element.dataset.models = "";
    if (batch.leftOut) this.element.append(leftOutNote(batch));
  }

  /** The lane that the reader has opened. */
  get openLane() {
    return this.#laneOf(this.#choices.open);
  }

  /** @param {string | null | undefined} key */
  #laneOf(key) {
    return key ? this.#batch.lanes.find((lane) => lane.key === key) : undefined;
  }

  /** Draw everything that may have changed. */
  show() {
    const { filter } = this.#choices;
    this.#showHeader();
    this.#groups.show(this.#batch, filter);
    this.#showTools();
    const isOpen = this.#drawTurn();
    const view = { batch: this.#batch, choices: this.#choices };
    this.#list.show(sectionsOf(this.#batch, filter, this.#places), view, isOpen ? this.detail : null);
  }

  /**
   * Show the changes of a frame.
   *
   * @param {Lane[]} changed
   */
  update(changed) {
    this.#places?.update(changed, this.openLane);
    this.show();
  }

  /**
   * Focus the lane that had the focus in the live view when this one took its place.
   *
   * @param {AbortSignal} signal
   */
  keepFocus(signal) {
    const { focused } = this.#choices;
    // A view that is replaced loses the focus just before; a reader who went away did so earlier.
    if (focused === null || performance.now() - focused.left > REPLACED_MS) return;
    // The host attaches the element a little later.
    requestAnimationFrame(() => {
      const isLost = !document.activeElement || document.activeElement.contains(this.element);
      if (isLost && !signal.aborted) this.#list.focus(focused.key);
    });
  }

  /** @param {HeaderState} state */
  showState(state) {
    this.#headerState = state;
    this.#showHeader();
  }

  close() {
    this.#mounted?.dispose();
  }

  #showHeader() {
    this.#header.show(this.#batch.figures, { filter: this.#choices.filter, ...this.#headerState });
  }

  /** @param {LaneFilter} filter */
  #filter(filter) {
    const isSame = JSON.stringify(filter) === JSON.stringify(this.#choices.filter);
    this.#choices.filter = isSame ? { by: "all" } : filter;
    this.#choices.most = FIRST_LANES;
    this.show();
  }

  /** @param {Lane} lane */
  #open(lane) {
    const isOpen = this.#choices.open === lane.key;
    this.#choices.open = isOpen ? null : lane.key;
    this.#live?.onOpen(isOpen ? null : lane);
    this.show();
  }

  /** Fill the place below the open lane; returns whether one is open. */
  #drawTurn() {
    const { open } = this.#choices;
    const lane = this.openLane;
    if (this.#live) return lane !== undefined;
    if (open !== this.#drawn) {
      this.#mounted?.dispose();
      this.#mounted = null;
      this.#drawn = open;
      this.detail.replaceChildren();
      if (lane?.turn) this.#mounted = mountTurn(this.detail, lane.turn, this.#services);
      else if (lane) this.detail.append(absentTurn(this.#batch, lane));
    }
    return lane !== undefined;
  }

  /** @param {Lane} lane */
  #choose(lane) {
    if (!isEnded(lane)) return;
    const { chosen } = this.#choices;
    const others = chosen.filter((key) => key !== lane.key);
    // A third one takes the place of the first.
    this.#choices.chosen = others.length < chosen.length ? others : [...others.slice(-1), lane.key];
    const [one, other] = this.#choices.chosen.map((key) => this.#nameOf(key));
    announce(other ? `${one} and ${other} chosen: Compare is above the list` : one ? `${one} chosen` : "None chosen");
    this.show();
  }

  /** @param {string} key */
  #nameOf(key) {
    const lane = this.#laneOf(key);
    if (!lane) return "";
    const { models } = this.#batch;
    return [laneName(this.#batch, lane), models.length > 1 ? models[lane.model] : ""].filter(Boolean).join(" ");
  }

  #showTools() {
    const { chosen, filter } = this.#choices;
    setText(this.#title, headingOf(this.#batch, filter));
    const shown = JSON.stringify([chosen, filter]);
    if (shown === this.#shownTools) return;
    this.#shownTools = shown;
    /** @type {HTMLElement[]} */
    const tools = [];
    if (filter.by !== "all") tools.push(button("qwq-button", "Show all", () => this.#filter(filter)));
    const [one, other] = chosen.map((key) => this.#laneOf(key));
    if (one && !other) tools.push(element("span", "qwq-lanes-hint", {}, `${this.#nameOf(one.key)} and …: choose another one to compare`));
    if (one && other) {
      const code = compareCode(this.#batch, one, other);
      tools.push(cellButton("qwq-compare", `Compare ${this.#nameOf(one.key)} and ${this.#nameOf(other.key)}`, code.startsWith("%") ? "Compare both in a new cell" : `Copy ${code}`, () => code));
    }
    this.#tools.replaceChildren(...tools);
  }
}

/**
 * The width of a column, in characters, as far as there is room for it.
 *
 * @param {string[]} texts
 */
function widest(texts) {
  return Math.min(MOST_COLUMN, texts.reduce((most, { length }) => Math.max(most, length + 1), 3));
}

/** @returns {BatchChoices} */
function newChoices() {
  return { open: null, filter: { by: "all" }, chosen: [], most: FIRST_LANES, focused: null };
}

/**
 * @param {Batch} batch
 * @param {LaneFilter} filter
 */
function headingOf({ rows }, filter) {
  const noun = rows > 1 ? "Rows" : "Samples";
  switch (filter.by) {
    case "value": return `${noun} with ${filter.value}`;
    case "valueless": return `${noun} without a final value`;
    case "stage": return `${noun}: ${filter.stage === "running" ? "streaming" : filter.stage}`;
    default: return noun;
  }
}

/**
 * The cell that compares two lanes, or the expression where they are in no conversation.
 *
 * @param {Batch} batch
 * @param {Lane} one
 * @param {Lane} other
 */
export function compareCode({ name, conversation }, one, other) {
  const [left, right] = [one, other].map(({ place }) => placedSource(place, conversation));
  return left && right ? compareCell(left, right) : `${name}[${one.index}].compare(${name}[${other.index}])`;
}

/**
 * @param {string} place
 * @param {string} conversation
 */
function placedSource(place, conversation) {
  if (!place) return null;
  const [number, attempt] = place.split(".").map(Number);
  return sourceOf({ number: number ?? null, attempt: attempt ?? null, conversation, server: "" });
}

/**
 * @param {Batch} batch
 * @param {Lane} lane
 */
function absentTurn({ name }, lane) {
  const code = `${name}[${lane.index}]`;
  const text = lane.state === "stopped" && !lane.length && !lane.tokens ? "This sample was not asked." : "Its texts are not part of this output: in a cell, this shows them.";
  return element("div", "qwq-lane-absent", {}, `${text} `, element("code", "qwq-lane-code", {}, code), cellButton("qwq-lane-copy", "Copy", `Copy ${code}`, () => code));
}

/** @param {Batch} batch */
function leftOutNote({ leftOut, name }) {
  return element("div", "qwq-lanes-note qwq-batch-rest", {}, `${leftOut.toLocaleString("en-US")} more are not listed here: see `, element("code", "qwq-lane-code", {}, `${name}.to_frame()`));
}
