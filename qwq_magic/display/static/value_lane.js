// Values along a reasoning, below its map: each a button that is as wide as the value lasts.

/** @import { StepTable } from "./step_table.js" */
/** @import { StepValue } from "./types.js" */

import { button, element } from "./elements.js";

/** Of more values, the last ones are shown: the reader looks for how they came to the answer. */
const MAX_VALUES = 200;
const MAX_TRAIL = 8;

/**
 * Values as one line, "20 → 19 → 20"; the middle of many is left out.
 *
 * @param {StepValue[]} values
 */
export function trailOf(values) {
  const names = values.map(({ value }) => value);
  const half = MAX_TRAIL / 2;
  const shown = names.length > MAX_TRAIL ? [...names.slice(0, half), "…", ...names.slice(-half)] : names;
  return shown.join(" → ");
}

/**
 * The saved values, a line each of its step and its value, up to the first one that does not fit.
 *
 * @param {string} text
 * @param {StepTable} table
 * @returns {StepValue[]}
 */
export function stepValuesOf(text, table) {
  /** @type {StepValue[]} */
  const values = [];
  for (const line of text.slice(0, 50_000).split("\n")) {
    const [, index = "", value = ""] = /^(\d{1,7}) (.{1,200})$/u.exec(line) ?? [];
    const step = Number(index);
    if (!value || !table.steps[step] || step < (values.at(-1)?.step ?? 0)) break;
    values.push({ step, value });
  }
  return values.slice(-MAX_VALUES);
}

export class ValueLane {
  element = element("div", "qwq-values", { role: "group" });
  #name;
  #onJump;

  /**
   * `onJump(step)` goes to the step with that index.
   *
   * @param {string} name
   * @param {(step: number) => void} onJump
   */
  constructor(name, onJump) {
    this.#name = name;
    this.#onJump = onJump;
    this.element.hidden = true;
  }

  /**
   * Show values where there are two or more: a single one is the answer itself.
   *
   * @param {StepValue[]} values
   * @param {{ table: StepTable, final: string }} shown `final` is the value of the answer
   */
  show(values, { table, final }) {
    this.element.hidden = values.length < 2;
    if (this.element.hidden) return;
    const trail = `${this.#name}: ${trailOf(values)}`;
    const name = element("div", "qwq-values-name", {}, trail);
    const track = element("div", "qwq-values-track");
    for (const [index, value] of values.entries()) {
      const start = table.steps[value.step]?.end ?? 0;
      const next = values[index + 1];
      const end = next ? (table.steps[next.step]?.end ?? start) : table.text.length;
      track.append(this.#segment(value, { start: start / table.text.length, end: end / table.text.length, isFinal: value.value === final }));
    }
    this.element.setAttribute("aria-label", trail);
    this.element.replaceChildren(name, track);
  }

  /**
   * @param {StepValue} value
   * @param {{ start: number, end: number, isFinal: boolean }} place
   */
  #segment({ step, value }, { start, end, isFinal }) {
    const node = button("qwq-values-value", value, () => this.#onJump(step));
    node.classList.toggle("qwq-values-final", isFinal);
    node.title = `${value}${isFinal ? ", the final answer," : ""} from step ${(step + 1).toLocaleString("en-US")}`;
    node.setAttribute("aria-label", node.title);
    node.style.insetInlineStart = `${100 * start}%`;
    node.style.inlineSize = `max(3px, ${100 * (end - start)}% - 1px)`;
    return node;
  }
}
