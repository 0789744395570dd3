// The list of steps: a heading for each episode, followed by those of its steps that are shown.

/** @import { Group, InspectorState, IsShown, Span, Step, TurnSource } from "./types.js" */
/** @import { LabelMode } from "./label_mode.js" */
/** @import { StepDrawings } from "./step_drawings.js" */
/** @import { StepSearch } from "./step_search.js" */
/** @import { StepTable } from "./step_table.js" */

import { button, element, uniqueId } from "./elements.js";
import { stepActs } from "./step_acts.js";
import { stepRow, tailRow } from "./step_row.js";
import { VirtualRows } from "./virtual_rows.js";

/**
 * @typedef {object} Owner
 * @property {StepTable} table
 * @property {InspectorState} state
 * @property {StepSearch} search
 * @property {StepDrawings} drawings
 * @property {(step: Step) => boolean} isGiven
 * @property {boolean} growing
 * @property {IsShown} isShown
 * @property {(step: Step) => string[]} flagsOf
 * @property {(step: Step) => void} select
 * @property {(step: Step) => void} toggle
 * @property {TurnSource | null} source
 * @property {LabelMode} labels
 */
/** @typedef {{ episode: number, steps: Step[], count: number }} Heading */
/** @typedef {{ tail: true }} Tail */
/** @typedef {Heading | Step | Tail} Item */

const LINE_PX = 21;
const CHARACTER_PX = 6.9;
const TAIL_SHOWN = 2_000;

/**
 * Where a step, or the first step of an episode, begins.
 *
 * @param {Heading | Step} item
 */
function startOf(item) {
  return "steps" in item ? (item.steps[0]?.start ?? 0) : item.start;
}

export class InspectorSteps {
  rows;
  /** @type {Owner} */
  #owner;
  /** @type {Item[]} */
  #items = [];
  /** @type {Heading[]} */
  #headings = []; // one per episode
  /** @type {Tail} */
  #tail = { tail: true };
  #id = uniqueId("steps");

  /**
   * @param {Owner} owner
   * @param {AbortSignal} signal
   */
  constructor(owner, signal) {
    this.#owner = owner;
    this.rows = new VirtualRows({
      draw: (item) => this.#draw(item),
      estimate: (item, width) => this.#estimate(item, width),
      label: "Steps of the reasoning",
      signal,
    });
    this.rows.element.id = this.#id;
  }

  /**
   * Rebuild the list after the filter or the folded episodes have changed.
   *
   * @param {Item | null} [keep]
   */
  show(keep = null) {
    this.#items = this.#list();
    this.rows.show(this.#items, keep);
  }

  /** Add the new steps of a table that has grown. */
  grown() {
    this.#items = this.#list();
    this.rows.grown(this.#items);
  }

  /** @param {Item} step */
  indexOf(step) {
    return this.#items.indexOf(step);
  }

  /**
   * Focus a step's button, so that a screen reader reads it.
   *
   * @param {Item} step
   */
  focus(step) {
    const row = this.rows.rowOf(this.indexOf(step));
    (row?.querySelector("button") ?? this.rows.element).focus({ preventScroll: true });
  }

  /**
   * The span of the text that the visible rows cover.
   *
   * @returns {Span | null}
   */
  get visible() {
    const { visible } = this.rows;
    const [first, last] = [this.#items[visible.first], this.#items[visible.last]];
    if (!first || !last) return null;
    const { table } = this.#owner;
    /** @param {Item} item */
    const begin = (item) => ("tail" in item ? table.end : startOf(item));
    /** @param {Item} item */
    const end = (item) => ("tail" in item ? table.text.length : "steps" in item ? startOf(item) : item.end);
    return [begin(first), Math.max(begin(first), end(last))];
  }

  /** @returns {Item[]} */
  #list() {
    const { table, state, isShown, growing } = this.#owner;
    this.#deal(table);
    /** @type {Item[]} */
    const items = [];
    for (const heading of this.#headings) {
      const shown = heading.steps.filter(isShown);
      heading.count = shown.length;
      if (!shown.length) continue;
      items.push(heading);
      if (!state.folded.has(heading.episode)) for (const step of shown) items.push(step);
    }
    if (growing && table.end < table.text.length) items.push(this.#tail);
    return items;
  }

  /**
   * Add new steps to their episodes.
   *
   * @param {StepTable} table
   */
  #deal(table) {
    const dealt = this.#headings.reduce((sum, { steps }) => sum + steps.length, 0);
    for (const step of table.steps.slice(dealt)) {
      (this.#headings[step.episode] ??= { episode: step.episode, steps: [], count: 0 }).steps.push(step);
    }
  }

  /**
   * @param {Item} item
   * @returns {HTMLElement}
   */
  #draw(item) {
    const owner = this.#owner;
    if ("tail" in item) return tailRow(owner.table.text.slice(Math.max(owner.table.end, owner.table.text.length - TAIL_SHOWN)));
    if ("steps" in item) return this.#heading(item);
    return stepRow(item, {
      table: owner.table,
      drawings: owner.drawings,
      isGiven: owner.isGiven(item),
      isOpen: owner.state.opened.has(item.index),
      isSelected: owner.state.selected === item.index,
      found: owner.search.within(item),
      flags: owner.flagsOf(item),
      labels: owner.labels.chipsOf(item),
      labelled: owner.labels.wordsOf(item),
      onToggle: () => owner.toggle(item),
      onSelect: () => owner.select(item),
      acts: this.#acts(item),
    });
  }

  /** @param {Step} step */
  #acts(step) {
    const { source, state, table } = this.#owner;
    if (!source || !state.opened.has(step.index)) return null;
    const onEdit = () => this.rows.refresh();
    return stepActs(step, { source, count: table.steps.length, text: table.textOf(step), state, onEdit });
  }

  /** @param {Heading} heading */
  #heading(heading) {
    const { state } = this.#owner;
    const isOpen = !state.folded.has(heading.episode);
    const node = button("qwq-toggle qwq-episode", `Episode ${heading.episode + 1}`, () => {
      if (isOpen) state.folded.add(heading.episode);
      else state.folded.delete(heading.episode);
      this.show(heading);
      this.focus(heading);
    });
    node.setAttribute("aria-expanded", String(isOpen));
    node.setAttribute("aria-controls", this.#id);
    const many = `${heading.count.toLocaleString("en-US")} step${heading.count === 1 ? "" : "s"}`;
    node.append(element("span", "qwq-episode-count", {}, many));
    return node;
  }

  /**
   * @param {Item} item
   * @param {number} width
   */
  #estimate(item, width) {
    if ("steps" in item) return 30;
    const { table, state } = this.#owner;
    const isTail = "tail" in item;
    const text = isTail ? table.text.slice(table.end).slice(-TAIL_SHOWN) : table.textOf(item).trim().slice(0, 1600);
    const room = Math.max(12, ((width || 600) - (width < 420 ? 40 : 130)) / CHARACTER_PX);
    const lines = text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / room)), 0);
    return lines * LINE_PX + 6 + (!isTail && state.opened.has(item.index) ? 28 : 0);
  }
}
