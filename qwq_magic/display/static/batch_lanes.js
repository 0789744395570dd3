// The list of a batch's lanes: a grid that is one tab stop, in which a lane opens below its row.
//
// Only so many lanes are on the page as the reader has asked for, so that a batch of thousands is
// as fast as one of eight.

/** @import { Batch, BatchChoices, Lane, LaneSection } from "./types.js" */
/** @import { LaneAction } from "./batch_keys.js" */

import { count } from "./batch_captions.js";
import { listenToLaneKeys } from "./batch_keys.js";
import { LaneRow } from "./batch_lane_row.js";
import { button, element } from "./elements.js";

export const FIRST_LANES = 24;
const MORE_LANES = 100;
const CHARACTER_PX = 6.6;

/** @typedef {{ batch: Batch, choices: BatchChoices }} ListView */

export class LaneList {
  element = element("div", "qwq-lanes");
  #grid = element("div", "qwq-lanes-grid", { role: "grid", "aria-label": "Samples", "aria-description": "Arrow keys move, Enter opens, C chooses two to compare" });
  #more;
  #empty = element("div", "qwq-lanes-empty", { hidden: "" }, "None.");
  /** @type {Map<number, LaneRow>} */
  #rows = new Map();
  /** @type {LaneRow[]} */
  #shown = [];
  /** The row that the keys move from. */
  #at = -1;
  #room = 80;
  #order = "";
  /** @type {LaneSection[]} */
  #sections = [];
  #on;
  #detail = element("div", "qwq-lane-detail", { role: "row" });

  /**
   * @param {{ onOpen: (lane: Lane) => void, onChoose: (lane: Lane) => void, onMore: (by: number) => void, signal: AbortSignal }} on
   */
  constructor(on) {
    this.#on = on;
    this.#more = button("qwq-button qwq-lanes-more", "", () => on.onMore(MORE_LANES));
    this.element.append(this.#grid, this.#empty, this.#more);
    listenToLaneKeys(this.#grid, (action) => this.#act(action), on.signal);
    this.#grid.addEventListener("focusin", (event) => this.#focused(/** @type {Element} */ (event.target)), { signal: on.signal });
    const resized = new ResizeObserver(() => this.#measure());
    resized.observe(this.#grid);
    on.signal.addEventListener("abort", () => resized.disconnect());
  }

  /**
   * Show these lanes; `detail` is what is below the row of the lane that is open.
   *
   * @param {LaneSection[]} sections
   * @param {ListView} view
   * @param {HTMLElement | null} detail
   */
  show(sections, view, detail) {
    this.#sections = sections;
    const { batch, choices } = view;
    const all = sections.reduce((total, { lanes }) => total + lanes.length, 0);
    const order = JSON.stringify([choices.most, choices.open, detail !== null, sections.map(({ title, detail: note, lanes }) => [title, note, lanes.slice(0, choices.most).map(({ index }) => index)])]);
    if (order !== this.#order) {
      this.#order = order;
      this.#lay(view, detail);
    }
    this.#longest(batch);
    this.#refresh(view);
    const left = all - this.#shown.length;
    this.#more.hidden = left <= 0;
    this.#more.textContent = `Show ${count(Math.min(MORE_LANES, left))} more of ${count(left)}`;
    this.#empty.hidden = all > 0;
  }

  /**
   * Show what has changed of these lanes; their order is as before.
   *
   * @param {ListView} view
   */
  update(view) {
    this.#longest(view.batch);
    this.#refresh(view);
  }

  /**
   * The row of a lane; null if it is not on the page.
   *
   * @param {number} index
   */
  focus(index) {
    const row = this.#shown.find(({ lane }) => lane.index === index);
    row?.element.focus({ preventScroll: true });
  }

  /**
   * @param {ListView} view
   * @param {HTMLElement | null} detail
   */
  #lay({ batch, choices }, detail) {
    const focused = document.activeElement;
    const hadFocus = focused instanceof HTMLElement && this.#grid.contains(focused) ? focused : null;
    /** @type {LaneRow[]} */
    const shown = [];
    const nodes = [columnHeads(batch)];
    for (const { title, detail: note, lanes } of this.#sections) {
      const room = choices.most - shown.length;
      if (room <= 0) break;
      const rows = lanes.slice(0, room).map((lane) => this.#rowOf(lane, batch));
      shown.push(...rows);
      const group = element("div", "qwq-lanes-section", { role: "rowgroup" });
      if (title) {
        group.setAttribute("aria-label", `${title}, ${note}`);
        const name = element("span", "qwq-lanes-title", { dir: "auto" }, title);
        group.append(element("div", "qwq-lanes-head", { "aria-hidden": "true" }, name, element("span", "qwq-lanes-note", {}, note)));
      }
      for (const row of rows) {
        group.append(row.element);
        if (detail && row.lane.key === choices.open) group.append(this.#detail);
      }
      nodes.push(group);
    }
    this.#detail.replaceChildren(...(detail ? [element("div", "qwq-lane-opened", { role: "gridcell" }, detail)] : []));
    const here = this.#shown[this.#at]?.lane.index;
    this.#shown = shown;
    const known = new Set(shown);
    for (const [index, row] of this.#rows) if (!known.has(row)) this.#rows.delete(index);
    this.#grid.replaceChildren(...nodes);
    this.#at = Math.max(0, shown.findIndex(({ lane }) => lane.index === here));
    shown.forEach(({ element: row }, index) => (row.tabIndex = index === this.#at ? 0 : -1));
    if (hadFocus?.isConnected) hadFocus.focus({ preventScroll: true });
  }

  /**
   * @param {Lane} lane
   * @param {Batch} batch
   */
  #rowOf(lane, batch) {
    let row = this.#rows.get(lane.index);
    if (!row) {
      row = new LaneRow(lane, batch, this.#on);
      this.#rows.set(lane.index, row);
    }
    return row;
  }

  /** @param {ListView} view */
  #refresh({ batch, choices }) {
    const underValue = new Set(this.#sections.filter(({ isValue }) => isValue).flatMap(({ lanes }) => lanes));
    for (const row of this.#shown) {
      row.show({ batch, room: this.#room, open: choices.open, chosen: choices.chosen, isUnderValue: underValue.has(row.lane) });
    }
  }

  /** @param {Batch} batch */
  #longest({ lanes }) {
    const longest = lanes.reduce((most, { length }) => Math.max(most, length), 1);
    this.#grid.style.setProperty("--qwq-longest", String(longest));
  }

  #measure() {
    const line = this.#grid.querySelector(".qwq-lane-line");
    if (line instanceof HTMLElement && line.clientWidth) this.#room = Math.max(16, Math.floor(line.clientWidth / CHARACTER_PX));
  }

  /** @param {Element} target */
  #focused(target) {
    const index = this.#shown.findIndex(({ element: row }) => row === target);
    if (index >= 0) this.#moveTo(index, false);
  }

  /**
   * @param {number} index
   * @param {boolean} focus
   */
  #moveTo(index, focus) {
    const row = this.#shown[index];
    if (!row) return;
    const former = this.#shown[this.#at];
    if (former) former.element.tabIndex = -1;
    row.element.tabIndex = 0;
    this.#at = index;
    if (!focus) return;
    row.element.focus({ preventScroll: true });
    row.element.scrollIntoView({ block: "nearest" });
  }

  /** @param {LaneAction} action */
  #act(action) {
    const lane = this.#shown[this.#at]?.lane;
    switch (action) {
      case "next": return this.#moveTo(Math.min(this.#at + 1, this.#shown.length - 1), true);
      case "previous": return this.#moveTo(Math.max(0, this.#at - 1), true);
      case "first": return this.#moveTo(0, true);
      case "last": return this.#moveTo(this.#shown.length - 1, true);
      case "choose": return lane && this.#on.onChoose(lane);
      case "open": return lane && this.#on.onOpen(lane);
      case "close": return lane && lane.index === this.#openIndex() ? this.#on.onOpen(lane) : undefined;
    }
  }

  #openIndex() {
    return this.#shown.find(({ element: row }) => row.getAttribute("aria-expanded") === "true")?.lane.index;
  }
}

/**
 * What the figures at the end of a row mean.
 *
 * @param {Batch} batch
 */
function columnHeads({ models, labels }) {
  const names = ["", "", ...(models.length > 1 ? [""] : []), ...(labels.length ? [""] : []), "", ""];
  const heads = names.map(() => element("span", ""));
  const figures = ["reasoning", "tokens", "time"].map((name, index) =>
    element("span", index ? "qwq-lane-figure" : "qwq-lane-track qwq-lane-figure", {}, name));
  return element("div", "qwq-lane-heads", { "aria-hidden": "true" }, ...heads, ...figures, element("span", ""));
}
