// The inspector's tools: filter buttons for the groups, and the search field.

/** @import { Group } from "./types.js" */
/** @import { StepSearch } from "./step_search.js" */

import { button, element } from "./elements.js";
import { GROUP_DESCRIPTIONS, GROUPS } from "./step_kinds.js";
import { groupMark } from "./step_row.js";

/** A button per group; while some are pressed, only steps of these groups are shown. */
export class GroupFilter {
  element = element("div", "qwq-groups", { role: "group", "aria-label": "Filter steps by likely kind" });
  /** @type {Map<Group, { node: HTMLButtonElement, count: HTMLElement }>} */
  #buttons = new Map();

  /** @param {(group: Group) => void} onToggle */
  constructor(onToggle) {
    for (const group of GROUPS) {
      const node = button("qwq-group", groupMark(group), () => onToggle(group));
      const count = element("span", "qwq-group-count");
      node.append(element("span", "", {}, group), count);
      node.title = `${group === "unclassified" ? "" : "Likely "}${GROUP_DESCRIPTIONS[group]}`;
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

/** The search field, the number of matches, and buttons for the next and the previous one. */
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
    this.#ways = [way("↑", "Previous match", -1), way("↓", "Next match", 1)];
    this.input.addEventListener("input", () => onQuery(this.input.value));
    this.element = element("div", "qwq-search", { role: "search" }, this.input, this.#count, ...this.#ways);
  }

  /** @param {StepSearch} search */
  show(search) {
    if (this.input.value !== search.query) this.input.value = search.query;
    this.#count.textContent = search.summary;
    for (const node of this.#ways) node.disabled = !search.matches.length;
  }
}

/** A line about the step under the pointer, or about the selected one. */
export function captionLine() {
  return element("div", "qwq-caption");
}
