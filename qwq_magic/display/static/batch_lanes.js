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
  /** @type {HTMLElement | null} */
  #heads = null;
  /** @type {Map<string, { group: HTMLElement, head: HTMLElement | null }>} */
  #groups = new Map();

  /**
   * @param {{ onOpen: (lane: Lane) => void, onChoose: (lane: Lane) => void, onMore: (by: number) => void, onFocus: (lane: Lane | null) => void, signal: AbortSignal }} on
   */
  constructor(on) {
    this.#on = on;
    this.#more = button("qwq-button qwq-lanes-more", "", () => on.onMore(MORE_LANES));
    this.element.append(this.#grid, this.#empty, this.#more);
    listenToLaneKeys(this.#grid, (action) => this.#act(action), on.signal);
    this.#grid.addEventListener("focusin", (event) => this.#focused(/** @type {Element} */ (event.target)), { signal: on.signal });
    this.#grid.addEventListener("focusout", () => on.onFocus(null), { signal: on.signal });
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
   * Focus the row of a lane, if it is on the page.
   *
   * @param {string} key
   */
  focus(key) {
    this.#moveTo(this.#shown.findIndex(({ lane }) => lane.key === key), true);
  }

  /**
   * Rows that stay are not moved, so that none loses the focus.
   *
   * @param {ListView} view
   * @param {HTMLElement | null} detail
   */
  #lay({ batch, choices }, detail) {
    this.#heads ??= columnHeads(batch);
    /** @type {LaneRow[]} */
    const shown = [];
    /** @type {HTMLElement[]} */
    const groups = [this.#heads];
    for (const section of this.#sections) {
      const room = choices.most - shown.length;
      if (room <= 0) break;
      const rows = section.lanes.slice(0, room).map((lane) => this.#rowOf(lane, batch));
      shown.push(...rows);
      const nodes = rows.flatMap((row) => (detail && row.lane.key === choices.open ? [row.element, this.#detail] : [row.element]));
      const { group, head } = this.#groupOf(section);
      placeChildren(group, head ? [head, ...nodes] : nodes);
      groups.push(group);
    }
    this.#detail.replaceChildren(...(detail ? [element("div", "qwq-lane-opened", { role: "gridcell" }, detail)] : []));
    placeChildren(this.#grid, groups);
    this.#keep(shown);
  }

  /**
   * Note which rows are on the page; the keys go on from the same lane.
   *
   * @param {LaneRow[]} shown
   */
  #keep(shown) {
    const here = this.#shown[this.#at];
    this.#shown = shown;
    const known = new Set(shown);
    for (const [index, row] of this.#rows) if (!known.has(row)) this.#rows.delete(index);
    this.#at = Math.max(0, here ? shown.indexOf(here) : 0);
    shown.forEach(({ element: row }, index) => (row.tabIndex = index === this.#at ? 0 : -1));
  }

  /**
   * The place of a section's rows, below its heading if it has one.
   *
   * @param {LaneSection} section
   */
  #groupOf({ title, detail: note }) {
    let known = this.#groups.get(title);
    if (!known) {
      const group = element("div", "qwq-lanes-section", { role: "rowgroup" });
      const head = title ? element("div", "qwq-lanes-head", { "aria-hidden": "true" }) : null;
      known = { group, head };
      this.#groups.set(title, known);
    }
    if (title) known.group.setAttribute("aria-label", `${title}, ${note}`);
    known.head?.replaceChildren(element("span", "qwq-lanes-title", { dir: "auto" }, title), element("span", "qwq-lanes-note", {}, note));
    return known;
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
    if (index < 0) return;
    this.#moveTo(index, false);
    this.#on.onFocus(this.#shown[index]?.lane ?? null);
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
  const columns = ["", "", ...(models.length > 1 ? ["qwq-lane-model"] : []), ...(labels.length ? ["qwq-lane-label"] : []), "", ""];
  const heads = columns.map((name) => element("span", name));
  const figures = ["reasoning", "tokens", "time"].map((name, index) =>
    element("span", index ? "qwq-lane-figure" : "qwq-lane-track qwq-lane-figure", {}, name));
  return element("div", "qwq-lane-heads", { "aria-hidden": "true" }, ...heads, ...figures, element("span", ""));
}

/**
 * Let these be the children, in this order, without moving those that are in place.
 *
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} nodes
 */
function placeChildren(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(/** @type {HTMLElement} */ (child))) child.remove();
  nodes.forEach((node, index) => {
    const there = parent.children[index];
    if (there !== node) parent.insertBefore(node, there ?? null);
  });
}
