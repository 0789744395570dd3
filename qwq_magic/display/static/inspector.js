// The inspector: a reasoning as episodes and steps, with a map, search and filter.
//
// It shows a StepTable, finished or growing. The reader's choices are kept in the turn's record,
// so that they survive the change from the live view to the final one.

/** @import { Group, Host, Inspected, InspectorState, Metrics, Step } from "./types.js" */
/** @import { Action } from "./inspector_keys.js" */
/** @import { StepTable } from "./step_table.js" */

import { copyButton, copyText } from "./copy_button.js";
import { announce, button, element, unfolding } from "./elements.js";
import { captionLine, GroupFilter, SearchField } from "./inspector_bar.js";
import { KEYS, listenToKeys } from "./inspector_keys.js";
import { LabelMode } from "./label_mode.js";
import { InspectorSteps } from "./inspector_steps.js";
import { metricList } from "./metric_figures.js";
import { Minimap } from "./minimap.js";
import { probeButton } from "./probe_button.js";
import { RawSwitch } from "./raw_switch.js";
import { cleanLine, unitOffset } from "./safe_text.js";
import { StepDrawings } from "./step_drawings.js";
import { GROUPS, likely } from "./step_kinds.js";
import { StepSearch } from "./step_search.js";
import { valueLane } from "./value_lane.js";

const NO_STEPS = "The notebook does not contain all steps of this turn. The rest is shown by paragraph.";

/**
 * The reader's choices at first; `open` is null until the reader opens or closes it.
 *
 * @param {number | null} [step] the step that is selected, from 1
 * @returns {InspectorState}
 */
export function inspectorState(step = null) {
  return { open: null, selected: step === null ? -1 : step - 1, groups: [], query: "", folded: new Set(), opened: new Set(), editing: null, labelling: true };
}

export class Inspector {
  element;
  /** The container of the answer beside the steps. */
  beside = element("div", "qwq-inspector-beside");
  /** @type {StepTable} */
  table;
  /** @type {InspectorState} */
  state;
  search = new StepSearch();
  drawings;
  /** @type {boolean} */
  growing;
  source;
  #loops;
  /** @type {Map<number, string>} */
  #candidates;
  #lanes = element("div", "qwq-lanes");
  #sureness;
  #seen;
  #value;
  #steps;
  #minimap;
  #filter = new GroupFilter((group) => this.#toggleGroup(group));
  #field = new SearchField({ onQuery: (query) => this.#find(query), onGo: (way) => this.#goFound(way) });
  #caption = captionLine();
  #note = element("div", "qwq-notice qwq-inspector-note");
  #metrics = element("div", "qwq-metrics-frame");
  #switch;
  #given;
  #givenEnd;
  /** @type {LabelMode} */
  labels;

  /**
   * `onClose` removes the inspector, `onRaw` keeps the reader's choice and calls `showRaw`.
   *
   * @param {Inspected} shown
   * @param {{ state: InspectorState, host: Host, onClose: () => void, onRaw: (isRaw: boolean) => void, signal: AbortSignal }} options
   */
  constructor(shown, { state, host, onClose, onRaw, signal }) {
    this.state = state;
    this.table = shown.table;
    this.growing = shown.growing;
    this.source = shown.source;
    this.#loops = shown.loops;
    this.#sureness = shown.sureness;
    this.#candidates = new Map(shown.candidates.map(({ after, value }) => [after - 1, value]));
    this.#given = shown.given;
    this.#givenEnd = unitOffset(shown.table.text, shown.given);
    this.drawings = new StepDrawings(host);
    this.#switch = new RawSwitch(onRaw);
    this.#seen = shown.metrics?.first_seen?.step ?? -1;
    this.#value = shown.metrics?.first_seen?.value ?? "";
    this.#minimap = new Minimap({
      onScrub: (offset) => this.#scrub(offset),
      onHover: (offset) => this.#showCaption(offset === null ? null : this.table.stepAt(offset)),
      signal,
    });
    this.#steps = new InspectorSteps(this, signal);
    this.drawings.onDrawn = () => this.#steps.rows.render();
    this.#steps.rows.onScrolled = () => this.#showMap();
    this.#steps.rows.mayFollow = shown.growing;
    this.#steps.rows.following = shown.growing && state.selected < 0;
    this.labels = new LabelMode({
      table: shown.table,
      state,
      isShown: this.isShown,
      report: (text) => this.#report(text),
      redraw: () => this.#redraw(),
      go: (step) => this.select(step, { reveal: true, focus: true }),
    }, shown.labels, shown.growing ? null : shown.source);
    this.element = this.#build(shown.name, onClose, shown.source && !shown.growing ? [probeButton(shown.source, shown.metrics, shown.table.steps.length)] : []);
    listenToKeys(this.element, (action) => this.#act(action), signal, () => this.labels.isOn);
    this.#showMetrics(shown.metrics);
    this.#showLanes(shown);
    this.search.find(state.query, this.table, this.isShown);
    this.#showAll();
  }

  /** Scroll to the reader's position; call it when the element is on the page. */
  settle() {
    const step = this.table.steps[this.state.selected];
    if (step) this.#steps.rows.scrollTo(this.#steps.indexOf(step));
  }

  /** @param {boolean} isRaw */
  showRaw(isRaw) {
    this.#switch.isRaw = isRaw;
    if (isRaw === this.drawings.isRaw) return;
    this.drawings.isRaw = isRaw;
    this.#steps.rows.refresh();
  }

  focus() {
    this.#steps.rows.element.focus({ preventScroll: true });
  }

  /**
   * Draw the new steps of a table that has grown.
   *
   * @param {Metrics | null} metrics
   */
  grown(metrics) {
    this.#givenEnd = unitOffset(this.table.text, this.#given);
    this.#showMetrics(metrics);
    this.#filter.show(this.#counts(), this.state.groups);
    if (this.search.query) this.#updateSearch();
    this.#steps.grown();
    this.#showMap();
  }

  /** @param {Step} step */
  isShown = (step) => !this.state.groups.length || this.state.groups.includes(step.kind.group);

  /**
   * Does a step end within the given text? The blanks after its last word do not count.
   *
   * @param {Step} step
   */
  isGiven = (step) => this.#givenEnd > step.start && step.start + this.table.textOf(step).trimEnd().length <= this.#givenEnd;

  /**
   * @param {Step} step
   * @returns {string[]}
   */
  flagsOf(step) {
    /** @type {string[]} */
    const flags = [];
    const candidate = this.#candidates.get(step.index);
    if (step.index === this.#seen) flags.push(`⚑ answer first seen${this.#value && `: ${this.#value}`}`);
    else if (candidate !== undefined) flags.push(`◇ candidate answer: ${candidate}`);
    if (this.#loops.some(([start, end]) => start < step.end && end > step.start)) flags.push("↻ loop");
    return flags;
  }

  /**
   * Select a step, from which the keys move.
   *
   * @param {Step | null | undefined} step
   * @param {{ reveal?: boolean, focus?: boolean }} [options]
   */
  select(step, { reveal = false, focus = false } = {}) {
    if (!step) return;
    this.state.selected = step.index;
    if (this.state.folded.delete(step.episode)) this.#steps.show();
    const index = this.#steps.indexOf(step);
    this.#steps.rows.refresh();
    if (reveal && index >= 0) this.#steps.rows.reveal(index);
    if (focus) this.#steps.focus(step);
    this.#showCaption(null);
    this.#showMap();
  }

  /**
   * Open or close a step's detail.
   *
   * @param {Step} step
   */
  toggle(step) {
    if (!this.state.opened.delete(step.index)) this.state.opened.add(step.index);
    this.select(step, { focus: true });
  }

  /**
   * @param {string} name
   * @param {() => void} onClose
   * @param {HTMLElement[]} acts
   */
  #build(name, onClose, acts) {
    const keys = element("dl", "qwq-keys");
    for (const [key, action] of KEYS) keys.append(element("div", "", {}, element("dt", "", {}, key), element("dd", "", {}, action)));
    const help = unfolding("qwq-button", "Keys", keys);
    const copy = copyButton("all of the reasoning", () => this.table.text, "Copy all");
    const close = button("qwq-button qwq-inspector-close", "Close", onClose);
    close.setAttribute("aria-label", "Close the inspector");
    const title = element("span", "qwq-inspector-title", {}, "Inspector", element("span", "qwq-inspector-name", {}, name));
    const head = element("div", "qwq-inspector-head", {}, title, this.#switch.element, ...acts, ...(this.labels.button ? [this.labels.button] : []), help, copy, close);
    this.#switch.element.hidden = !this.drawings.canDraw;
    const tools = element("div", "qwq-inspector-tools", {}, this.#filter.element, this.#field.element);
    const columns = element("div", "qwq-inspector-columns", {}, this.#steps.rows.element, this.beside);
    this.#note.hidden = this.growing || !this.table.isPartial;
    this.#note.textContent = NO_STEPS;
    return element("section", "qwq-part qwq-inspector", { role: "region", "aria-label": "Reasoning inspector" },
      head, keys, this.#metrics, this.#note, this.#minimap.element, this.#lanes, this.#caption, tools, this.labels.bar, columns);
  }

  /** @param {Metrics | null} metrics */
  #showMetrics(metrics) {
    this.#metrics.replaceChildren(metricList(metrics));
  }

  /**
   * Show lanes with values; a single candidate is the answer itself.
   *
   * @param {Inspected} shown
   */
  #showLanes({ candidates, lanes }) {
    /** @type {Inspected["lanes"]} */
    const all = [["Candidate answers", candidates.length > 1 ? candidates : []], ...lanes];
    const options = { table: this.table, onJump: (/** @type {number} */ step) => this.#goTo(step) };
    this.#lanes.replaceChildren(...all.filter(([, values]) => values.length).map(([name, values]) => valueLane(name, values, options)));
  }

  /** @param {Step | null} [keep] */
  #showAll(keep = null) {
    this.#filter.show(this.#counts(), this.state.groups);
    this.#field.show(this.search);
    this.#steps.show(keep);
    this.#showCaption(null);
    this.#showMap();
  }

  #showMap() {
    this.#minimap.show({
      table: this.table,
      loops: this.#loops,
      seenEnd: this.table.steps[this.#seen]?.end ?? null,
      selected: this.state.selected,
      visible: this.#steps.visible,
      matches: this.search.matches,
      isShown: this.isShown,
      sureness: this.#sureness,
    });
  }

  /** @returns {Record<Group, number>} */
  #counts() {
    const counts = { orient: 0, work: 0, reflect: 0, conclude: 0, unclassified: 0 };
    for (const step of this.table.steps) counts[step.kind.group] += 1;
    return counts;
  }

  /** @param {Step | null | undefined} step */
  #showCaption(step) {
    const shown = step ?? this.table.steps[this.state.selected];
    const sure = shown ? this.#sureness[shown.index] : null;
    const sureness = typeof sure === "number" ? ` · ${Math.round(100 * sure)} % a token` : "";
    this.#caption.textContent = shown
      ? `${shown.index + 1} · ${likely(shown.kind)}${sureness} · ${cleanLine(this.table.textOf(shown), 200)}`
      : "Click or drag on the map to move through the reasoning.";
  }

  /** @param {number} offset */
  #scrub(offset) {
    const steps = this.table.steps;
    let index = this.table.indexAt(offset);
    // Under a filter, use the nearest step that is shown.
    for (let away = 0; away < steps.length; away++) {
      const near = [steps[index - away], steps[index + away]].find((step) => step && this.isShown(step));
      if (near) {
        index = near.index;
        break;
      }
    }
    this.select(steps[index], { reveal: true });
  }

  /** @param {Group} group */
  #toggleGroup(group) {
    const { groups } = this.state;
    const index = groups.indexOf(group);
    if (index < 0) groups.push(group);
    else groups.splice(index, 1);
    this.#updateSearch();
    this.#showAll(this.table.steps[this.state.selected] ?? null);
  }

  /** @param {string} query */
  #find(query) {
    this.state.query = query;
    this.#updateSearch();
    this.#steps.rows.refresh();
    this.#showMap();
  }

  /** Draw the visible rows again, and keep the focus on the one that has it. */
  #redraw() {
    const isOnStep = document.activeElement?.classList.contains("qwq-step-toggle") && this.#steps.rows.element.contains(document.activeElement);
    this.#steps.rows.refresh();
    const step = this.table.steps[this.state.selected];
    if (isOnStep && step) this.#steps.focus(step);
  }

  #updateSearch() {
    this.search.find(this.state.query, this.table, this.isShown);
    this.#field.show(this.search);
  }

  /** @param {1 | -1} way */
  #goFound(way) {
    const from = this.table.steps[this.state.selected]?.start ?? this.#steps.visible?.[0] ?? 0;
    const found = this.search.go(way, from);
    this.#field.show(this.search);
    if (found) this.select(this.table.steps[this.table.indexAt(found[0])], { reveal: true });
  }

  /**
   * Show and announce why a key had no effect.
   *
   * @param {string} text
   */
  #report(text) {
    this.#caption.textContent = text;
    announce(text);
  }

  /**
   * Select the next shown step that `wanted` accepts; `name` describes such a step.
   *
   * @param {1 | -1} way
   * @param {string} name
   * @param {(step: Step) => boolean} wanted
   */
  #move(way, name, wanted) {
    const { steps } = this.table;
    const visible = this.#steps.visible;
    const nowhere = visible === null ? 0 : this.table.indexAt(visible[0]) - (way > 0 ? 1 : 0);
    let index = (this.state.selected < 0 ? nowhere : this.state.selected) + way;
    /** @param {Step} step */
    const fits = (step) => this.isShown(step) && wanted(step);
    for (let step = steps[index]; step && !fits(step); step = steps[index]) index += way;
    if (!steps[index]) return this.#report(this.#noneText(way, name, steps.some(fits)));
    this.select(steps[index], { reveal: true, focus: true });
  }

  /**
   * @param {1 | -1} way
   * @param {string} name
   * @param {boolean} isAnyShown
   */
  #noneText(way, name, isAnyShown) {
    if (isAnyShown) return `No ${name} ${way > 0 ? "after" : "before"} this one`;
    return this.state.groups.length ? `No ${name} among the steps shown` : `No ${name} in this reasoning`;
  }

  /**
   * Call `act` with the selected step, if it is shown.
   *
   * @param {(step: Step) => unknown} act
   */
  #actOnSelected(act) {
    const selected = this.table.steps[this.state.selected];
    if (!selected) return this.#report("No step is selected");
    if (!this.isShown(selected)) return this.#report("The selected step is filtered out");
    return act(selected);
  }

  /** @param {Action} action */
  #act(action) {
    switch (action) {
      case "next": return this.#move(1, "step", () => true);
      case "previous": return this.#move(-1, "step", () => true);
      case "nextSwitch": return this.#move(1, "switch", (step) => step.kind.name === "switch");
      case "previousSwitch": return this.#move(-1, "switch", (step) => step.kind.name === "switch");
      case "firstSeen": return this.#goFirstSeen();
      case "nextCandidate": return this.#move(1, "candidate answer", (step) => this.#candidates.has(step.index));
      case "search": return this.#field.input.select();
      case "leaveSearch": return this.focus();
      case "nextFound": return this.#goFound(1);
      case "previousFound": return this.#goFound(-1);
      case "expand": return this.#actOnSelected((step) => this.toggle(step));
      case "copy": return this.#actOnSelected((step) => this.#copy(step));
      case "filter1": case "filter2": case "filter3": case "filter4":
        return this.#toggleGroup(/** @type {Group} */ (GROUPS[Number(action.at(-1)) - 1]));
      default: return this.labels.act(action);
    }
  }

  #goFirstSeen() {
    if (!this.table.steps[this.#seen]) return this.#report("It is not known where the answer is first seen");
    return this.#goTo(this.#seen);
  }

  /**
   * Go to a step, also one that is filtered out.
   *
   * @param {number} index
   */
  #goTo(index) {
    const step = this.table.steps[index];
    if (!step) return;
    if (!this.isShown(step)) {
      this.state.groups = [];
      this.#updateSearch();
      this.#showAll();
    }
    this.select(step, { reveal: true, focus: true });
  }

  /** @param {Step} step */
  async #copy(step) {
    this.#caption.textContent = `${await copyText(this.table.textOf(step))}: step ${step.index + 1}`;
  }
}
