// The header of a batch: its state, how far it is, how fast, what failed, and its Stop button.

/** @import { BatchFigures, LaneFilter, LaneStage, LaneState } from "./types.js" */

import { count, endedOf, stageCounts } from "./batch_captions.js";
import { button, element, setText } from "./elements.js";

/** @type {{ stage: LaneStage, state: LaneState, word: string }[]} */
const STAGES = [
  { stage: "done", state: "complete", word: "done" },
  { stage: "failed", state: "error", word: "failed" },
  { stage: "stopped", state: "stopped", word: "stopped" },
  { stage: "running", state: "reasoning", word: "streaming" },
  { stage: "waiting", state: "waiting", word: "waiting" },
];
const STATE_WORDS = { running: "Streaming", complete: "Done", stopped: "Stopped" };
// The dots of the turn's status line.
const DOTS = { running: "reasoning", complete: "complete", stopped: "stopped" };

/**
 * A mark that tells the state of a lane by its shape.
 *
 * @param {LaneState} state
 */
export function laneMark(state) {
  return element("span", "qwq-lane-mark", { "data-state": state, "aria-hidden": "true" });
}

export class BatchHeader {
  element;
  #state = element("span", "qwq-state");
  #ended = element("span", "qwq-batch-ended");
  #texts = element("span", "qwq-about");
  #notice = element("span", "qwq-batch-notice");
  #errors = element("span", "qwq-batch-errors");
  #bar = element("div", "qwq-batch-bar", { role: "progressbar", "aria-label": "Samples that have ended", "aria-valuemin": "0" });
  /** @type {Map<LaneStage, { segment: HTMLElement, chip: HTMLButtonElement, figure: HTMLElement }>} */
  #stages = new Map();
  #stop;
  #shownErrors = "";

  /**
   * @param {{ onStop: (() => void) | null, onFilter: (filter: LaneFilter) => void }} options
   */
  constructor({ onStop, onFilter }) {
    this.#stop = onStop && button("qwq-button qwq-stop", "Stop", onStop);
    this.#stop?.setAttribute("aria-label", "Stop all samples");
    const chips = element("div", "qwq-batch-chips", { role: "group", "aria-label": "Show only" });
    for (const { stage, state, word } of STAGES) {
      const figure = element("span", "qwq-group-count");
      const chip = button("qwq-group qwq-batch-chip", laneMark(state), () => onFilter({ by: "stage", stage }));
      chip.append(word, figure);
      const segment = element("span", "qwq-batch-segment", { "data-stage": stage });
      this.#stages.set(stage, { segment, chip, figure });
      chips.append(chip);
      if (stage !== "waiting") this.#bar.append(segment);
    }
    chips.append(this.#errors, this.#notice);
    const row = element("div", "qwq-status-row", {}, this.#state, this.#ended, this.#texts, ...(this.#stop ? [this.#stop] : []));
    this.element = element("div", "qwq-batch-header", { role: "group", "aria-label": "Progress" }, row, this.#bar, chips);
  }

  /**
   * @param {BatchFigures} figures
   * @param {{ filter: LaneFilter, stopping?: boolean, lost?: boolean, notices?: string[] }} view
   */
  show(figures, { filter, stopping = false, lost = false, notices = [] }) {
    const isRunning = figures.state === "running" && !lost;
    const state = isRunning ? "running" : lost ? "stopped" : figures.state;
    setText(this.#state, stopping && isRunning ? "Stopping…" : STATE_WORDS[state]);
    this.#state.dataset.state = DOTS[state];
    const ended = endedOf(figures);
    setText(this.#ended, `${count(ended)} of ${count(figures.total)}`);
    setText(this.#texts, figures.texts.join(" · "));
    setText(this.#notice, [...notices, figures.notice].filter(Boolean).join(" · "));
    this.#showErrors(figures.errors);
    if (this.#stop) {
      this.#stop.hidden = !isRunning;
      this.#stop.disabled = stopping;
    }
    this.#bar.setAttribute("aria-valuemax", String(figures.total));
    this.#bar.setAttribute("aria-valuenow", String(ended));
    const counts = stageCounts(figures);
    for (const [stage, { segment, chip, figure }] of this.#stages) {
      segment.style.flexGrow = String(counts[stage]);
      segment.hidden = counts[stage] === 0;
      chip.hidden = counts[stage] === 0;
      chip.setAttribute("aria-pressed", String(filter.by === "stage" && filter.stage === stage));
      setText(figure, count(counts[stage]));
    }
    // The rest of the bar has not begun.
    this.#bar.style.setProperty("--qwq-waiting", String(counts.waiting));
  }

  /** @param {[kind: string, count: number][]} errors */
  #showErrors(errors) {
    const shown = JSON.stringify(errors);
    if (shown === this.#shownErrors) return;
    this.#shownErrors = shown;
    this.#errors.replaceChildren(...errors.map(([kind, number]) =>
      element("span", "qwq-batch-error", {}, `${kind} `, element("span", "qwq-group-count", {}, count(number)))));
  }
}
