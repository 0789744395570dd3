// The inspector's tools: the groups to filter by, the search, the buttons.

/** @import { Group } from "./types.js" */
/** @import { StepSearch } from "./step_search.js" */

import { button, element } from "./elements.js";
import { GROUP_WORDS, GROUPS } from "./step_kinds.js";
import { groupMark } from "./step_row.js";

/** The groups as buttons, pressed where only their steps are shown. */
export class GroupFilter {
  element = element("div", "qwq-groups", { role: "group", "aria-label": "Show only steps that likely" });
  /** @type {Map<Group, { node: HTMLButtonElement, count: HTMLElement }>} */
  #buttons = new Map();

  /** @param {(group: Group) => void} onToggle */
  constructor(onToggle) {
    for (const group of GROUPS) {
      const node = button("qwq-group", groupMark(group), () => onToggle(group));
      const count = element("span", "qwq-group-count");
      node.append(element("span", "", {}, group), count);
      node.title = `${group === "unclassified" ? "" : "Likely "}${GROUP_WORDS[group]}`;
      this.#buttons.set(group, { node, count });
      this.element.append(node);
    }
  }

  /**
   * @param {Record<Group, number>} counts
   * @param {Group[]} pressed
   */
  show(counts, pressed) {
    for (const [group, { node, count }] of this.#buttons) {
      count.textContent = counts[group].toLocaleString("en-US");
      node.setAttribute("aria-pressed", String(pressed.includes(group)));
      node.hidden = group === "unclassified" && !counts[group];
    }
  }
}

/** The search field, its count, and the way to the next place and the one before. */
export class SearchField {
  element;
  input = element("input", "qwq-search-input", {
    type: "search", placeholder: "Search", "aria-label": "Search the reasoning", spellcheck: "false", autocomplete: "off",
  });
  #count = element("span", "qwq-search-count");
  #ways;

  /** @param {{ onQuery: (query: string) => void, onGo: (direction: 1 | -1) => void }} options */
  constructor({ onQuery, onGo }) {
    /**
     * @param {string} label
     * @param {string} name
     * @param {1 | -1} direction
     */
    const way = (label, name, direction) => {
      const node = button("qwq-button", label, () => onGo(direction));
      node.setAttribute("aria-label", name);
      return node;
    };
    this.#ways = [way("↑", "Previous place found", -1), way("↓", "Next place found", 1)];
    this.input.addEventListener("input", () => onQuery(this.input.value));
    this.element = element("div", "qwq-search", { role: "search" }, this.input, this.#count, ...this.#ways);
  }

  /** @param {StepSearch} search */
  show(search) {
    if (this.input.value !== search.query) this.input.value = search.query;
    this.#count.textContent = search.words;
    for (const node of this.#ways) node.disabled = !search.matches.length;
  }
}

/** The line that tells of the step under the pointer, or of the chosen one. */
export function captionLine() {
  return element("div", "qwq-caption");
}
