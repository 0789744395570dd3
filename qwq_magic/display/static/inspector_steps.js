// The list of steps: a heading per episode, under it its steps, as far as they are shown.

import { button, element, uniqueId } from "./elements.js";
import { stepRow, tailRow } from "./step_row.js";
import { VirtualRows } from "./virtual_rows.js";

const LINE_PX = 21;
const CHARACTER_PX = 6.9;
const TAIL_SHOWN = 2_000;

export class InspectorSteps {
  rows;
  #owner;
  #items = [];
  #headings = []; // one per episode
  #tail = { tail: true };
  #id = uniqueId("steps");

  /** `owner` answers {table, state, search, growing, isShown, flagsOf, select, toggle}. */
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

  /** The list from scratch: the filter, or what is folded, has changed. */
  show(keep = null) {
    this.#items = this.#list();
    this.rows.show(this.#items, keep);
  }

  /** The table has grown. */
  grown() {
    this.#items = this.#list();
    this.rows.grown(this.#items);
  }

  indexOf(step) {
    return this.#items.indexOf(step);
  }

  /** Put the focus on a step's button, so that a screen reader says it. */
  focus(step) {
    const row = this.rows.rowOf(this.indexOf(step));
    (row?.querySelector("button") ?? this.rows.element).focus({ preventScroll: true });
  }

  /** The places in the text of the first and the last step in sight. */
  get sight() {
    const [first, last] = this.rows.inSight.map((index) => this.#items[index]);
    if (!first) return null;
    const { table } = this.#owner;
    const begin = (item) => (item.tail ? table.end : item.steps ? item.steps[0].start : item.start);
    const end = (item) => (item.tail ? table.text.length : item.steps ? item.steps[0].start : item.end);
    return [begin(first), Math.max(begin(first), end(last))];
  }

  #list() {
    const { table, state, isShown, growing } = this.#owner;
    this.#deal(table);
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

  /** Deal new steps to their episodes. */
  #deal(table) {
    let dealt = this.#headings.reduce((sum, { steps }) => sum + steps.length, 0);
    for (; dealt < table.steps.length; dealt++) {
      const step = table.steps[dealt];
      (this.#headings[step.episode] ??= { episode: step.episode, steps: [] }).steps.push(step);
    }
  }

  #draw(item) {
    const owner = this.#owner;
    if (item.tail) return tailRow(owner.table.text.slice(Math.max(owner.table.end, owner.table.text.length - TAIL_SHOWN)));
    if (item.steps) return this.#heading(item);
    return stepRow(item, {
      table: owner.table,
      isOpen: owner.state.opened.has(item.index),
      isSelected: owner.state.selected === item.index,
      found: owner.search.within(item),
      flags: owner.flagsOf(item),
      onToggle: () => owner.toggle(item),
      onSelect: () => owner.select(item),
    });
  }

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

  #estimate(item, width) {
    if (item.steps) return 30;
    const { table, state } = this.#owner;
    const text = item.tail ? table.text.slice(table.end).slice(-TAIL_SHOWN) : table.textOf(item).trim().slice(0, 1600);
    const room = Math.max(12, ((width || 600) - (width < 420 ? 40 : 130)) / CHARACTER_PX);
    const lines = text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / room)), 0);
    return lines * LINE_PX + 6 + (state.opened.has(item.index) ? 28 : 0);
  }
}
