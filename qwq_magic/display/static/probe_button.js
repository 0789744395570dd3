// The button that asks when the model knew its answer: the first press shows what that costs.

/** @import { Metrics, TurnSource } from "./types.js" */

import { runBelow } from "./cell_runner.js";
import { announce, button } from "./elements.js";
import { probeCell } from "./turn_cells.js";

// As in `Session.probe`, which asks at fewer places where there are fewer steps.
const PLACES = 12;
const ASKED_MS = 8000;
const LABEL = "When did it know?";

/**
 * What probing costs, ≈: on average, half of the reasoning is sent at each place.
 *
 * @param {number} tokens of the reasoning
 * @param {number} steps of the reasoning
 */
export function probeCost(tokens, steps) {
  const calls = Math.min(PLACES, steps + 1);
  return `${calls} calls, ≈ ${Math.round((tokens * calls) / 2).toLocaleString("en-US")} tokens in: ask?`;
}

/**
 * @param {TurnSource} source
 * @param {Metrics | null} metrics
 * @param {number} steps of the reasoning
 */
export function probeButton(source, metrics, steps) {
  const node = button("qwq-button qwq-probe", LABEL, press);
  node.title = `Ask for a short answer at ${PLACES} places along the reasoning, in a new cell${source.limits}`;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isAsking = false;
  /** @param {string} text */
  const show = (text) => {
    clearTimeout(timer);
    node.textContent = text;
    if (text !== LABEL) timer = setTimeout(() => {
      isAsking = false;
      show(LABEL);
    }, ASKED_MS);
  };
  /** @param {MouseEvent} event */
  async function press({ detail }) {
    // The second click of a double click: no one has read the cost yet.
    if (detail > 1) return;
    if (!isAsking) {
      isAsking = true;
      show(probeCost(metrics?.reasoning_tokens ?? 0, steps));
      announce(`${node.textContent} Press again to ask.`);
      return;
    }
    isAsking = false;
    show((await runBelow(node, probeCell(source))) || LABEL);
  }
  return node;
}
