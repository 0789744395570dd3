// What can be done from a step: continue after it, change it, or sample it again.

/** @import { InspectorState, Step, TurnSource } from "./types.js" */

import { cellButton, runBelow } from "./cell_runner.js";
import { button, element } from "./elements.js";
import { forkCell } from "./turn_cells.js";

/**
 * The buttons of a step, and its editor while it is open.
 *
 * @param {Step} step
 * @param {{ source: TurnSource, count: number, text: string, state: InspectorState, onEdit: () => void }} options
 *   `count`: how many steps there are; `onEdit` is called when the editor opens or closes
 * @returns {HTMLElement}
 */
export function stepActs(step, { source, count, text, state, onEdit }) {
  const number = step.index + 1;
  const after = number === count ? "end" : number + 1;
  const row = element("div", "qwq-step-acts", { role: "group", "aria-label": `Go on from step ${number}` },
    cellButton("qwq-step-continue", "Continue from here", `Keep the reasoning up to this step, and let it go on${source.limits}`, () => forkCell(source, after)),
    button("qwq-button qwq-step-edit", "Edit and continue", () => {
      state.editing = state.editing?.index === step.index ? null : { index: step.index, text: text.trim() };
      onEdit();
    }),
    cellButton("qwq-step-resample", "Resample", `Keep the reasoning before this step, and sample the rest again${source.limits}`, () => forkCell(source, number)));
  if (state.editing?.index !== step.index) return row;
  return element("div", "qwq-step-editing", {}, row, editor(number, { source, state, onEdit }));
}

/**
 * @param {number} number
 * @param {{ source: TurnSource, state: InspectorState, onEdit: () => void }} options
 */
function editor(number, { source, state, onEdit }) {
  const area = element("textarea", "qwq-step-editor", { rows: "4", "aria-label": `Your text in place of step ${number}`, dir: "auto" });
  area.value = state.editing?.text ?? "";
  area.addEventListener("input", () => {
    if (state.editing) state.editing.text = area.value;
  });
  const close = () => {
    state.editing = null;
    onEdit();
  };
  const run = async () => {
    if (!area.value.trim()) {
      note.textContent = "Write the text that takes the place of the step, or use Resample.";
      return;
    }
    const outcome = await runBelow(area, forkCell(source, number, area.value));
    if (outcome) note.textContent = outcome;
    else close();
  };
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) run();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const note = element("span", "qwq-step-facts", {}, "Shift+Enter runs it in a new cell.");
  // The editor is opened by a click, so the reader is about to type.
  queueMicrotask(() => area.isConnected && area.focus({ preventScroll: true }));
  return element("div", "", {}, area, button("qwq-button qwq-step-run", "Continue with this", run), button("qwq-button", "Cancel", close), note);
}
