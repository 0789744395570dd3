// Values along a reasoning, below its map: each a button that is as wide as the value lasts.

/** @import { StepTable } from "./step_table.js" */
/** @import { SavedLane, StepValue } from "./types.js" */

import { button, element } from "./elements.js";
import { cleanLine } from "./safe_text.js";

/** Of more values, the last ones are shown: the reader looks for how they came to the answer. */
const MAX_VALUES = 200;
const MAX_LANES = 8;
const MAX_TRAIL = 8;
const LINE = /^(\d{1,7})(\*?) (.{1,200})$/u;

/**
 * Values as one line, "20 → 19 → 20", without repetitions; the middle of many is left out.
 *
 * @param {StepValue[]} values
 */
export function trailOf(values) {
  const names = values.map(({ value }) => value).filter((value, index, all) => value !== all[index - 1]);
  const half = MAX_TRAIL / 2;
  const shown = names.length > MAX_TRAIL ? [...names.slice(0, half), "…", ...names.slice(-half)] : names;
  return shown.join(" → ");
}

/**
 * The saved lanes, without those that have no value.
 *
 * @param {unknown} value
 * @returns {SavedLane[]}
 */
export function lanesOf(value) {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_LANES).flatMap((item) => {
    if (item === null || typeof item !== "object" || typeof item.name !== "string" || typeof item.values !== "string") return [];
    return [{ name: cleanLine(item.name.slice(0, 200), 60), values: item.values.slice(0, 50_000) }];
  });
}

/**
 * The values of a lane: a line each of how many steps precede it and its value, up to the first one
 * that does not fit. A star marks a value, such as the final one.
 *
 * @param {string} text
 * @param {StepTable} table
 * @returns {StepValue[]}
 */
export function stepValuesOf(text, table) {
  /** @type {StepValue[]} */
  const values = [];
  for (const line of text.split("\n")) {
    const [, count = "", star = "", value = ""] = LINE.exec(line) ?? [];
    const after = Number(count);
    if (!value || after > table.steps.length || after < (values.at(-1)?.after ?? 0)) break;
    values.push({ after, value: cleanLine(value, 100), isMarked: star !== "" });
  }
  return values.slice(-MAX_VALUES);
}

/**
 * A lane of values; `onJump(step)` goes to the step with that index.
 *
 * @param {string} name
 * @param {StepValue[]} values
 * @param {{ table: StepTable, onJump: (step: number) => void }} options
 */
export function valueLane(name, values, { table, onJump }) {
  const trail = `${name}: ${trailOf(values)}`;
  const track = element("div", "qwq-values-track");
  /** @param {StepValue | undefined} value */
  const startOf = (value) => (value ? (table.steps[value.after - 1]?.end ?? 0) / table.text.length : 1);
  for (const [index, value] of values.entries()) {
    const [start, end] = [startOf(value), startOf(values[index + 1])];
    const node = button("qwq-values-value", value.value, () => onJump(Math.max(0, value.after - 1)));
    node.classList.toggle("qwq-values-marked", value.isMarked);
    node.title = `${value.value}, ${value.after ? `from step ${value.after.toLocaleString("en-US")} on` : "without any step"}`;
    node.setAttribute("aria-label", node.title);
    // At the very end there is no width left.
    node.style.insetInlineStart = `min(${100 * start}%, 100% - 2.5em)`;
    node.style.inlineSize = `max(3px, ${100 * (end - start)}% - 1px${start === 1 ? " + 2.5em" : ""})`;
    track.append(node);
  }
  return element("div", "qwq-values", { role: "group", "aria-label": trail }, element("div", "qwq-values-name", {}, trail), track);
}
