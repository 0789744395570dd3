// Two turns side by side: metrics, both maps, the aligned steps, and a diff of the answers.

/** @import { AnswerPart, Compared, ComparedRow, Mounted, Step } from "./types.js" */
/** @import { Action } from "./inspector_keys.js" */
/** @import { StepTable } from "./step_table.js" */

import { comparisonOf } from "./comparison_data.js";
import { button, element, unfolding } from "./elements.js";
import { listenToKeys } from "./inspector_keys.js";
import { Minimap } from "./minimap.js";
import { cleanText } from "./safe_text.js";
import { likely } from "./step_kinds.js";
import { groupMark } from "./step_row.js";
import { VirtualRows } from "./virtual_rows.js";

/** @typedef {"left" | "right"} Side */
/** @typedef {{ divergence: true }} Divergence */
/** @typedef {ComparedRow | Divergence} Item */

const SHOWN = 1_500;

/** @type {Partial<Record<Action, 1 | -1>>} */
const WAYS = { next: 1, nextSwitch: 1, previous: -1, previousSwitch: -1 };
const SIGNS = { same: "=", similar: "≈", none: "≠" };
const MATCH_LABELS = { same: "the same", similar: "similar", none: "only here" };

/**
 * Show saved comparison data in `el`; returns {dispose}.
 *
 * @param {HTMLElement} el
 * @param {unknown} data
 * @returns {Mounted}
 */
export function mountComparison(el, data) {
  const controller = new AbortController();
  const view = new ComparisonView(comparisonOf(data), controller.signal);
  el.replaceChildren(view.element);
  view.settle();
  return { dispose: () => controller.abort() };
}

class ComparisonView {
  element;
  /** @type {Compared} */
  #compared;
  /** @type {VirtualRows<Item>} */
  #rows;
  /** @type {Item[]} */
  #items = [];
  /** @type {Divergence} */
  #divergence = { divergence: true };
  #onlyDifferences = false;
  #at = -1; // the row from which the keys move
  /** @type {[side: Side, map: Minimap][]} */
  #maps;

  /**
   * @param {Compared} compared
   * @param {AbortSignal} signal
   */
  constructor(compared, signal) {
    this.#compared = compared;
    this.#rows = new VirtualRows({
      draw: (item) => this.#draw(item),
      estimate: (item, width) => estimate(item, width, compared),
      label: "Steps of both reasonings",
      signal,
    });
    this.#rows.onScrolled = () => this.#showMaps();
    this.#maps = [["left", this.#mapOf("left", signal)], ["right", this.#mapOf("right", signal)]];
    this.element = this.#build();
    listenToKeys(this.element, (action) => this.#act(action), signal);
    this.#show();
  }

  /** Begin at the fork, above which both are the same; call it when the element is on the page. */
  settle() {
    const { rows, divergence, isFork } = this.#compared;
    const row = rows[divergence];
    if (isFork && row) this.#rows.scrollTo(Math.max(0, this.#items.indexOf(row) - 1));
  }

  #build() {
    const { names, findings, metrics, parts, divergence, isFork } = this.#compared;
    const list = element("dl", "qwq-findings");
    for (const [name = "", value = ""] of findings) {
      list.append(element("dt", "", {}, name), element("dd", "", {}, value));
    }
    const differences = button("qwq-group", "Only differences", () => {
      this.#onlyDifferences = !this.#onlyDifferences;
      differences.setAttribute("aria-pressed", String(this.#onlyDifferences));
      this.#show();
    });
    differences.setAttribute("aria-pressed", "false");
    const tools = element("div", "qwq-inspector-tools", {}, differences);
    if (divergence >= 0) tools.append(button("qwq-button", isFork ? "Go to the fork" : "Go to the first divergence", () => this.#go(this.#compared.rows[divergence])));
    const maps = this.#maps.map(([side, map]) => element("div", "", {}, heading(names[side === "left" ? 0 : 1] ?? side), map.element));
    return element("section", "qwq-part qwq-inspector qwq-comparison", { role: "region", "aria-label": "Comparison of two turns" },
      element("div", "qwq-inspector-head", {}, element("span", "qwq-inspector-title", {}, `Comparison of ${names.join(" and ")}`)),
      list, folded("Metrics", tableOf(names, metrics)), element("div", "qwq-sides", {}, ...maps), tools,
      this.#rows.element, heading("Answers"), answers(parts));
  }

  /**
   * @param {Side} side
   * @param {AbortSignal} signal
   */
  #mapOf(side, signal) {
    const { table } = this.#compared[side];
    /** @param {number} offset */
    const go = (offset) => {
      const step = table.steps[table.indexAt(offset)];
      this.#go(this.#compared.rows.find((row) => row[side] === step));
    };
    return new Minimap({ onScrub: go, onHover: () => {}, signal });
  }

  #showMaps() {
    const { first, last } = this.#rows.visible;
    for (const [side, map] of this.#maps) {
      const { table, loops, seen } = this.#compared[side];
      const steps = this.#items.slice(first, last + 1).flatMap((item) => ("divergence" in item ? [] : item[side] ?? []));
      map.show({
        table, loops,
        seenEnd: table.steps[seen ?? -1]?.end ?? null,
        selected: this.#compared.rows[this.#at]?.[side]?.index ?? -1,
        visible: steps.length ? [steps[0]?.start ?? 0, steps.at(-1)?.end ?? 0] : null,
        matches: [],
        isShown: () => true,
      });
    }
  }

  #show() {
    const { rows, divergence } = this.#compared;
    this.#items = [];
    rows.forEach((row, index) => {
      if (index === divergence) this.#items.push(this.#divergence);
      if (!this.#onlyDifferences || row.match !== "same") this.#items.push(row);
    });
    this.#rows.show(this.#items);
    this.#showMaps();
  }

  /** @param {Item} item */
  #draw(item) {
    if ("divergence" in item) return element("div", "qwq-divergence", {}, captionOf(this.#compared));
    /**
     * @param {Step | null} step
     * @param {StepTable} table
     */
    const side = (step, table) => {
      if (!step) return element("div", "qwq-side-step");
      const text = cleanText(table.textOf(step).trim());
      const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)} …` : text;
      const mark = groupMark(step.kind.group);
      mark.title = likely(step.kind);
      return element("div", "qwq-side-step", { "aria-label": `Step ${step.index + 1}, ${likely(step.kind)}, ${MATCH_LABELS[item.match]}`, role: "group" },
        mark, element("div", "qwq-step-text", { dir: "auto" }, shown));
    };
    const { left, right, rows } = this.#compared;
    const row = element("div", "qwq-sides qwq-side-row", { "data-match": item.match },
      side(item.left, left.table), element("span", "qwq-sign", { "aria-hidden": "true" }, SIGNS[item.match]), side(item.right, right.table));
    if (rows[this.#at] === item) row.setAttribute("aria-current", "true");
    return row;
  }

  /** @param {ComparedRow | undefined} row */
  #go(row) {
    if (!row) return;
    this.#at = this.#compared.rows.indexOf(row);
    this.#rows.refresh();
    this.#rows.scrollTo(this.#items.indexOf(row));
    this.#showMaps();
  }

  /** @param {Action} action */
  #act(action) {
    const { rows, divergence } = this.#compared;
    const way = WAYS[action];
    if (action === "firstSeen") this.#go(rows[divergence]);
    if (way === undefined) return;
    let index = this.#at + way;
    while (rows[index]?.match === "same") index += way;
    this.#go(rows[index]);
  }
}

/** @param {Compared} compared */
function captionOf({ isFork, parting }) {
  if (isFork) return "Fork";
  return parting ? `First divergence: ${parting}` : "First divergence";
}

/** @param {string} text */
function heading(text) {
  return element("div", "qwq-side-name", {}, text);
}

/**
 * @param {string} label
 * @param {HTMLElement} content
 */
function folded(label, content) {
  return element("div", "qwq-fold", {}, unfolding("qwq-toggle", label, content), content);
}

/**
 * @param {string[]} names
 * @param {string[][]} metrics
 */
function tableOf(names, metrics) {
  /**
   * @param {"td" | "th"} tag
   * @param {string[]} row
   */
  const cells = (tag, row) => element("tr", "", {}, ...row.map((text, index) => element(index ? tag : "th", index ? "qwq-right" : "", {}, text)));
  const head = element("thead", "", {}, cells("th", ["", ...names, "difference"]));
  const body = element("tbody", "", {}, ...metrics.map(([name = "", ...values]) => cells("td", [name.replaceAll("_", " "), ...values])));
  return element("div", "qwq-table", {}, element("table", "", {}, head, body));
}

/**
 * Both answers, with the parts marked that only one of them contains.
 *
 * @param {AnswerPart[]} parts
 */
function answers(parts) {
  /**
   * @param {"L" | "R"} mine
   * @param {"del" | "ins"} tag
   * @param {string} name
   */
  const column = (mine, tag, name) => element("div", "qwq-side-answer", { dir: "auto" },
    ...parts.filter(([side]) => side === "B" || side === mine)
      .map(([side, text]) => (side === "B" ? cleanText(text) : element(tag, name, {}, cleanText(text)))));
  return element("div", "qwq-sides", {}, column("L", "del", "qwq-only-left"), column("R", "ins", "qwq-only-right"));
}

/**
 * @param {Item} item
 * @param {number} width
 * @param {Compared} compared
 */
function estimate(item, width, compared) {
  if ("divergence" in item) return 30;
  const room = Math.max(12, ((width || 700) - 60) / 2 / 6.9);
  /**
   * @param {Step | null} step
   * @param {StepTable} table
   */
  const lines = (step, table) => (step ? Math.ceil(table.textOf(step).trim().slice(0, SHOWN).length / room) : 1);
  return 8 + 21 * Math.max(lines(item.left, compared.left.table), lines(item.right, compared.right.table));
}
