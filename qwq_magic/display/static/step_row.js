// One step in the list: its likely kind, its text with the cue and the matches, and its details.

/** @import { Group, Match, Span, Step } from "./types.js" */
/** @import { StepDrawings } from "./step_drawings.js" */
/** @import { StepTable } from "./step_table.js" */

import { sumMark, sumsInWords } from "./checked_sums.js";
import { copyButton } from "./copy_button.js";
import { button, element, uniqueId } from "./elements.js";
import { markGiven } from "./given_text.js";
import { cleanLine, cleanText, estimateTokens } from "./safe_text.js";
import { cutsCode } from "./step_drawings.js";
import { GROUP_DESCRIPTIONS, likely, UNCLASSIFIED } from "./step_kinds.js";
import { seconds } from "./turn_captions.js";

/**
 * @typedef {object} StepView
 * @property {StepTable} table
 * @property {StepDrawings} drawings
 * @property {boolean} isGiven
 * @property {boolean} isOpen
 * @property {boolean} isSelected
 * @property {Match[]} found
 * @property {string[]} flags
 * @property {HTMLElement[]} labels
 * @property {string} labelled
 * @property {() => void} onToggle
 * @property {() => void} onSelect
 * @property {HTMLElement | null} acts what can be done from the step, while it is open
 */

const SHOWN = 1_500;
const MAX_SHOWN = 100_000;
const BEFORE_FOUND = 500;
const MAX_MARKS = 2_000;
const MAX_SUMS = 40;

/**
 * The square that shows a group by colour and by pattern.
 *
 * @param {Group} group
 */
export function groupMark(group) {
  return element("span", "qwq-group-mark", { "data-group": group, "aria-hidden": "true" });
}

/**
 * Draw a step.
 *
 * @param {Step} step
 * @param {StepView} view
 */
export function stepRow(step, view) {
  const { kind } = step;
  const id = uniqueId("step");
  const toggle = button("qwq-step-toggle", groupMark(kind.group), view.onToggle);
  toggle.append(element("span", "qwq-step-kind", {}, kind === UNCLASSIFIED ? "–" : kind.name));
  const mark = sumMark(step.sums);
  if (mark) toggle.append(mark);
  toggle.setAttribute("aria-expanded", String(view.isOpen));
  toggle.setAttribute("aria-controls", id);
  toggle.setAttribute("aria-label", [`Step ${step.index + 1}, ${likely(kind)}`, sumsInWords(step.sums), view.labelled].filter(Boolean).join(", "));
  const body = element("div", "qwq-step-body", {}, textOf(step, view));
  body.addEventListener("click", () => {
    // Selecting text in order to copy it does not select the step.
    if (getSelection()?.isCollapsed ?? true) view.onSelect();
  });
  markGiven(body, view.isGiven ? "whole" : "none");
  const detail = element("div", "qwq-step-detail", { id });
  detail.hidden = !view.isOpen;
  if (view.isOpen) detail.append(...detailOf(step, view.table), ...(view.acts ? [view.acts] : []));
  const row = element("div", "qwq-step", { "data-group": kind.group }, toggle, body, detail);
  if (view.isSelected) row.setAttribute("aria-current", "true");
  if (view.flags.length) body.prepend(...view.flags.map((flag) => element("span", "qwq-step-flag", {}, flag)));
  body.prepend(...view.labels);
  row.toggleAttribute("data-labelled", view.labels.length > 0);
  return row;
}

/**
 * The growing end of a reasoning, which is not yet a step.
 *
 * @param {string} text
 */
export function tailRow(text) {
  return element("div", "qwq-step qwq-step-tail", { "data-group": "unclassified" },
    element("div", "qwq-step-toggle", {}, groupMark("unclassified"), element("span", "qwq-step-kind", {}, "…")),
    element("div", "qwq-step-body", {}, element("div", "qwq-step-text", {}, element("div", "qwq-step-plain", { dir: "auto" }, cleanText(text).trim()))));
}

/**
 * @param {Step} step
 * @param {StepView} view
 */
function textOf(step, view) {
  const { table, drawings, found, isOpen } = view;
  const whole = table.textOf(step);
  const first = step.start + (whole.length - whole.trimStart().length);
  // The current match is shown, however far inside the step it is.
  const here = found.find(({ isCurrent }) => isCurrent);
  const begin = here && here.end > first + MAX_SHOWN ? here.start - BEFORE_FOUND : first;
  const trimmed = step.start + whole.trimEnd().length;
  const room = isOpen || (here && here.end > begin + SHOWN) ? MAX_SHOWN : SHOWN;
  const end = Math.min(trimmed, begin + room);
  const plain = element("div", "qwq-step-plain", { dir: "auto" }, begin > first ? "… " : "", ...marked(table.text, begin, end, step.cue, found));
  const isCode = cutsCode(table.text, step.start, step.end);
  plain.classList.toggle("qwq-step-code", isCode && !drawings.isRaw);
  // What was found is marked in the plain text.
  if (!found.length && !isCode) drawings.draw(step, plain, { text: table.text.slice(begin, end), end, cue: step.cue ? table.text.slice(...step.cue) : "" });
  const node = element("div", "qwq-step-text qwq-reading", {}, plain);
  if (end < trimmed) {
    const left = (trimmed - end).toLocaleString("en-US");
    node.append(element("span", "qwq-step-more", {}, ` … ${left} more characters`));
  }
  return node;
}

/**
 * Nodes for `text` from `begin` to `end`, with the cue underlined and the matches marked.
 *
 * @param {string} text
 * @param {number} begin
 * @param {number} end
 * @param {Span | null} cue
 * @param {Match[]} found
 * @returns {(Node | string)[]}
 */
function marked(text, begin, end, cue, found) {
  const inRange = found.filter((match) => match.end > begin && match.start < end).slice(0, MAX_MARKS);
  /** @type {[start: number, end: number, tag: "mark" | "span", name: string][]} */
  const spans = inRange.map(({ start, end, isCurrent }) => [start, end, "mark", isCurrent ? "qwq-found qwq-found-here" : "qwq-found"]);
  if (cue && !inRange.some(({ start, end }) => start < cue[1] && end > cue[0])) spans.push([...cue, "span", "qwq-cue"]);
  spans.sort(([one], [other]) => one - other);
  /** @type {(Node | string)[]} */
  const nodes = [];
  let at = begin;
  for (const [from, to, tag, name] of spans) {
    const [start, stop] = [Math.max(from, at), Math.min(to, end)];
    if (start >= stop) continue;
    nodes.push(cleanText(text.slice(at, start)), element(tag, name, {}, cleanText(text.slice(start, stop))));
    at = stop;
  }
  return [...nodes, cleanText(text.slice(at, end))];
}

/**
 * @param {Step} step
 * @param {StepTable} table
 */
function detailOf(step, table) {
  const { kind, cue } = step;
  const text = table.textOf(step);
  const evidence = cue ? `cue “${cleanLine(table.text.slice(...cue), 60)}”` : kind === UNCLASSIFIED ? "" : "no cue; classified by wording and form";
  const facts = [
    kind === UNCLASSIFIED ? kind.name : `${likely(kind)} (${kind.group}: ${GROUP_DESCRIPTIONS[kind.group]})`,
    evidence,
    `step ${(step.index + 1).toLocaleString("en-US")} of ${table.steps.length.toLocaleString("en-US")}`,
    `episode ${step.episode + 1}`,
    `characters ${step.start.toLocaleString("en-US")}–${step.end.toLocaleString("en-US")}`,
    step.seconds === null ? "" : `≈ ${seconds(step.seconds)}`,
    `≈ ${Math.max(1, Math.round(estimateTokens(text))).toLocaleString("en-US")} tokens`,
  ];
  return [element("span", "qwq-step-facts", {}, facts.filter(Boolean).join(" · ")), copyButton("step", () => text), ...sumList(step)];
}

/**
 * The recomputed sums of a step, the wrong ones first.
 *
 * @param {Step} step
 */
function sumList({ sums }) {
  if (!sums.length) return [];
  const ordered = [...sums.filter(({ holds }) => !holds), ...sums.filter(({ holds }) => holds)].slice(0, MAX_SUMS);
  const items = ordered.map(({ title, holds }) => element("li", holds ? "" : "qwq-sum-wrong", {}, holds ? title : `✗ ${title}`));
  return [element("ul", "qwq-step-sums", { "aria-label": "Recomputed sums" }, ...items)];
}
