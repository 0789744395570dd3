// How the samples of a batch group by their final values: a bar for each, which filters the lanes.

/** @import { Batch, BatchGroup, LaneFilter } from "./types.js" */

import { count, percent } from "./batch_captions.js";
import { button, element } from "./elements.js";

export class GroupBars {
  element = element("div", "qwq-batch-groups", { role: "group", "aria-label": "Final values" });
  #shown = "";
  #onFilter;

  /** @param {(filter: LaneFilter) => void} onFilter */
  constructor(onFilter) {
    this.#onFilter = onFilter;
  }

  /**
   * @param {Batch} batch
   * @param {LaneFilter} filter
   */
  show({ groups, others, without }, filter) {
    const shown = JSON.stringify([groups, others, without, filter]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    // The bar that has the focus is replaced, so the focus moves to the one for the same value.
    const focused = /** @type {HTMLElement | null} */ (this.element.querySelector(":focus"))?.dataset.value;
    /** @type {HTMLElement[]} */
    const rows = groups.map((group, index) => this.#bar(group, index === 0, filter));
    if (groups.length && others[0]) rows.push(quietRow(`${count(others[0])} other value${others[0] === 1 ? "" : "s"}`, others[1]));
    if (groups.length && without) rows.push(this.#valueless(without, filter));
    this.element.replaceChildren(...rows, ...note(groups));
    this.element.hidden = !rows.length;
    if (focused === undefined) return;
    for (const row of rows) if (row.dataset.value === focused) row.focus();
  }

  /**
   * @param {BatchGroup} group
   * @param {boolean} leads
   * @param {LaneFilter} filter
   */
  #bar(group, leads, filter) {
    const { value, share, interval } = group;
    const fill = element("span", "qwq-batch-fill");
    fill.style.width = `${100 * share}%`;
    const track = element("span", "qwq-batch-track", { "aria-hidden": "true" }, fill);
    if (interval) {
      const whisker = element("span", "qwq-batch-whisker");
      whisker.style.left = `${100 * interval[0]}%`;
      whisker.style.width = `${100 * (interval[1] - interval[0])}%`;
      track.append(whisker);
    }
    const row = button("qwq-batch-group", element("span", "qwq-batch-value", { dir: "auto" }, value), () => this.#onFilter({ by: "value", value }));
    row.append(track, element("span", "qwq-batch-count", {}, count(group.count)), element("span", "qwq-batch-share", {}, percent(share)));
    const range = interval ? `, 95 % interval ${percent(interval[0])} to ${percent(interval[1])}` : "";
    row.title = `${value}: ${count(group.count)}, ${percent(share)}${range}. Show only these`;
    row.setAttribute("aria-label", `${value}: ${count(group.count)}, ${percent(share)}${range}`);
    row.setAttribute("aria-pressed", String(filter.by === "value" && filter.value === value));
    row.dataset.value = value;
    if (leads) row.dataset.leads = "";
    return row;
  }

  /**
   * @param {number} number
   * @param {LaneFilter} filter
   */
  #valueless(number, filter) {
    const row = button("qwq-batch-group qwq-batch-quiet", element("span", "qwq-batch-value", {}, "no final value"), () => this.#onFilter({ by: "valueless" }));
    row.append(element("span", "qwq-batch-track"), element("span", "qwq-batch-count", {}, count(number)), element("span", "qwq-batch-share"));
    row.setAttribute("aria-pressed", String(filter.by === "valueless"));
    row.dataset.value = "\n"; // no value has a line break
    return row;
  }
}

/**
 * @param {string} text
 * @param {number} number
 */
function quietRow(text, number) {
  return element("div", "qwq-batch-group qwq-batch-quiet", {}, element("span", "qwq-batch-value", {}, text),
    element("span", "qwq-batch-track"), element("span", "qwq-batch-count", {}, count(number)), element("span", "qwq-batch-share"));
}

/** @param {BatchGroup[]} groups */
function note(groups) {
  if (!groups.some(({ interval }) => interval)) return [];
  return [element("div", "qwq-batch-note", { "aria-hidden": "true" }, element("span", "qwq-batch-whisker"), "95 % interval of the share")];
}
