// The button that asks when the model knew its answer: the first press shows what that costs.

/** @import { Metrics, TurnSource } from "./types.js" */

import { runBelow } from "./cell_runner.js";
import { announce, button } from "./elements.js";
import { probeCell } from "./turn_cells.js";

// As in `Session.probe`.
const PLACES = 12;
const ASKED_MS = 8000;
const LABEL = "When did it know?";

/**
 * What probing costs, ≈: on average, half of the reasoning is sent at each place.
 *
 * @param {number} tokens of the reasoning
 */
export function probeCost(tokens) {
  return `${PLACES} calls, ≈ ${Math.round((tokens * PLACES) / 2).toLocaleString("en-US")} tokens in: ask?`;
}

/**
 * @param {TurnSource} source
 * @param {Metrics | null} metrics
 */
export function probeButton(source, metrics) {
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
  async function press() {
    if (!isAsking) {
      isAsking = true;
      show(probeCost(metrics?.reasoning_tokens ?? 0));
      announce(`${node.textContent} Press again to ask.`);
      return;
    }
    isAsking = false;
    show((await runBelow(node, probeCell(source))) || LABEL);
  }
  return node;
}
