// One lane of a batch: a row whose cells change in place while the sample streams.

/** @import { Batch, Lane } from "./types.js" */

import { isEnded, laneLabel, laneName, laneSeconds, LANE_WORDS, stageOf, windowOf } from "./batch_captions.js";
import { laneMark } from "./batch_header.js";
import { element, setText } from "./elements.js";

/**
 * @typedef {object} RowView what a row needs to know besides its lane
 * @property {Batch} batch
 * @property {number} room of the line, in characters
 * @property {string | null} open the key of the lane that is open
 * @property {string[]} chosen
 * @property {boolean} [isUnderValue] does the heading above name the value already?
 */

export class LaneRow {
  element;
  lane;
  #mark = laneMark("waiting");
  #name = element("span", "qwq-lane-name", { role: "rowheader" });
  #model = element("span", "qwq-lane-model", { role: "gridcell" });
  #label = element("span", "qwq-lane-label", { role: "gridcell", dir: "auto" });
  #line = element("span", "qwq-lane-line", { role: "gridcell", dir: "auto" });
  #value = element("span", "qwq-lane-value", { role: "gridcell", dir: "auto" });
  #fill = element("span", "qwq-lane-length");
  #dot = element("span", "qwq-lane-seen");
  #track = element("span", "qwq-lane-track", { "aria-hidden": "true" }, this.#fill, this.#dot);
  #tokens = element("span", "qwq-lane-figure", { role: "gridcell" });
  #seconds = element("span", "qwq-lane-figure", { role: "gridcell" });
  #choice = element("input", "qwq-lane-choice", { type: "checkbox", tabindex: "-1" });
  #shown = ""; // what is shown of a line that grows

  /**
   * @param {Lane} lane
   * @param {Batch} batch
   * @param {{ onOpen: (lane: Lane) => void, onChoose: (lane: Lane) => void }} on
   */
  constructor(lane, batch, { onOpen, onChoose }) {
    this.lane = lane;
    const name = laneName(batch, lane);
    this.#name.append(name);
    this.#model.append(batch.models[lane.model] ?? "");
    this.#label.append(batch.labels[lane.row] ?? "");
    this.#label.title = batch.labels[lane.row] ?? "";
    this.#choice.setAttribute("aria-label", `Choose ${name} for a comparison`);
    this.#choice.title = "Choose two lanes to compare them (C)";
    const cells = [
      element("span", "qwq-lane-cell", { role: "gridcell" }, this.#mark),
      this.#name,
      ...(batch.models.length > 1 ? [this.#model] : []),
      ...(batch.labels.length ? [this.#label] : []),
      this.#line, this.#value, this.#track, this.#tokens, this.#seconds,
      element("span", "qwq-lane-cell", { role: "gridcell" }, this.#choice),
    ];
    this.element = element("div", "qwq-lane", { role: "row", tabindex: "-1" }, ...cells);
    this.#choice.addEventListener("change", () => onChoose(lane));
    this.element.addEventListener("click", (event) => {
      if (event.target === this.#choice || !getSelection()?.isCollapsed) return;
      onOpen(lane);
    });
  }

  /** @param {RowView} view */
  show({ batch, room, open, chosen, isUnderValue = false }) {
    const { lane } = this;
    const { state, value, seen } = lane;
    this.element.dataset.stage = stageOf(lane);
    this.#mark.dataset.state = state;
    this.#mark.title = LANE_WORDS[state];
    this.#showLine(room);
    const shown = isUnderValue ? "" : (value ?? "");
    setText(this.#value, shown);
    this.element.toggleAttribute("data-valued", shown !== "");
    this.#value.title = value ?? "";
    setText(this.#tokens, lane.tokens);
    setText(this.#seconds, laneSeconds(lane, batch.figures.elapsed));
    this.#track.style.setProperty("--qwq-length", String(lane.length));
    this.#dot.hidden = seen === null;
    if (seen !== null) {
      this.#track.style.setProperty("--qwq-seen", String(seen));
      this.#track.title = `The value is first asserted at ${Math.round(100 * seen)} % of the reasoning`;
    }
    const isChosen = chosen.includes(lane.key);
    this.#choice.checked = isChosen;
    this.#choice.disabled = !isEnded(lane);
    this.element.setAttribute("aria-selected", String(isChosen));
    this.element.setAttribute("aria-expanded", String(open === lane.key));
    const label = laneLabel(batch, lane);
    if (this.element.ariaLabel !== label) this.element.setAttribute("aria-label", label);
  }

  /** @param {number} room */
  #showLine(room) {
    const { lane } = this;
    if (isEnded(lane)) this.#shown = lane.reused ? `${lane.line} (from the store)` : lane.line;
    else if (lane.state === "saved") this.#shown = "not needed: the vote is settled";
    else this.#shown = lane.line ? windowOf(this.#shown, lane.line, room) : "";
    setText(this.#line, this.#shown);
    this.#line.title = isEnded(lane) ? lane.line : "";
  }
}
