// The hand labels of a turn: who called which step what.
//
// The kernel knows them, if it runs; `saved/label_records.py` defines their format. A label is
// shown as soon as it is made, and goes to the notebook as well, so that it is there without a
// kernel.

/** @import { Labelling, LabelRecord, StepKind } from "./types.js" */
/** @import { StepTable } from "./step_table.js" */

import { labelPane, onLabelPanes } from "./live_labels.js";
import { cleanLine, codePointLength } from "./safe_text.js";
import { kindOf, LABEL_LETTERS, letterOf } from "./step_kinds.js";

const RECORD = /([A-Z])([0-9a-z]{1,6})/g;
const REMOVED = "X";
const MAX_PEOPLE = 20;
const MAX_RECORDS = 2_000_000;
const SAVE_AFTER_MS = 400;
const NO_KERNEL = "Kept in this page. Run the cell again to save them, or copy them.";
const NO_KERNEL_SAVED = "Kept in this notebook. Run the cell again to save them, or copy them.";

/**
 * The labels in the data of a turn, whatever the notebook contains.
 *
 * @param {unknown} value
 * @returns {LabelRecord[]}
 */
export function labelRecordsOf(value) {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_PEOPLE).flatMap((item) => {
    if (item === null || typeof item !== "object" || typeof item.by !== "string" || typeof item.steps !== "string") return [];
    const by = cleanLine(item.by.slice(0, 500), 80);
    return by ? [{ by, steps: item.steps.slice(0, MAX_RECORDS) }] : [];
  });
}

/**
 * Who labels in this output; null if it only shows labels.
 *
 * @param {unknown} value
 * @returns {Labelling | null}
 */
export function labellingOf(value) {
  const { id, annotator, unsaved } = /** @type {Record<string, unknown>} */ (value !== null && typeof value === "object" ? value : {});
  if (typeof id !== "string" || typeof annotator !== "string" || !annotator) return null;
  return { id: id.slice(0, 200), annotator: cleanLine(annotator.slice(0, 500), 80), unsaved: typeof unsaved === "string" ? unsaved.slice(0, MAX_RECORDS) : "" };
}

export class TurnLabels {
  /** @type {Labelling | null} */
  labelling;
  /**
   * Called when something has changed: with true if the labels have, and not by `put`.
   *
   * @type {(areOthers: boolean) => void}
   */
  onChange = () => {};
  /** @type {Map<number, Map<string, StepKind>>} */
  #bySteps = new Map();
  /** @type {Map<number, string>} */
  #own; // the letters of one's own labels that the kernel does not have yet
  /** @type {Map<string, number>} */
  #sent = new Map(); // the step of each message that the kernel has not answered
  #turnId;
  #save;
  #saved = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * `save` keeps labels in the notebook, and which of them the kernel does not have; null where
   * that is not possible. `own` are the latter of earlier views.
   *
   * @param {{ turnId: string, records: LabelRecord[], labelling: Labelling | null, save?: ((records: LabelRecord[], unsaved: string) => void) | null, own?: Map<number, string>, signal: AbortSignal }} options
   */
  constructor({ turnId, records, labelling, save = null, own = new Map(), signal }) {
    this.#turnId = turnId;
    this.labelling = labelling;
    this.#save = save;
    this.#own = own;
    this.#read(records);
    if (!labelling) return;
    this.#saved = this.#state;
    for (const [, letter = "", digits = ""] of labelling.unsaved.matchAll(RECORD)) {
      const step = parseInt(digits, 36);
      if (!own.has(step)) own.set(step, letter === REMOVED ? "" : letter);
    }
    onLabelPanes(() => this.#takeOver(), signal);
    // What is saved now would be for an output that is gone.
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    this.#takeOver();
  }

  /**
   * The labels of a step, by name.
   *
   * @param {number} step
   * @returns {[name: string, kind: StepKind][]}
   */
  of(step) {
    return [...(this.#bySteps.get(step) ?? [])].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /**
   * One's own label of a step.
   *
   * @param {number} step
   */
  ownOf(step) {
    return this.labelling ? (this.#bySteps.get(step)?.get(this.labelling.annotator) ?? null) : null;
  }

  /** How many steps one has labelled. */
  get ownCount() {
    let count = 0;
    for (const step of this.#bySteps.keys()) count += Number(this.ownOf(step) !== null);
    return count;
  }

  /** Where labels are kept, in a line. */
  get where() {
    const pane = this.#pane();
    if (!pane) return this.#save ? NO_KERNEL_SAVED : NO_KERNEL;
    return this.#own.size ? `${this.#own.size} not saved yet` : cleanLine(pane.where(), 400);
  }

  /**
   * Label a step, or with null remove one's label.
   *
   * @param {number} step
   * @param {StepKind | null} kind
   */
  put(step, kind) {
    if (!this.labelling) return;
    const letter = kind ? letterOf(kind) : "";
    this.#own.set(step, letter);
    this.#setOwn(step, letter);
    this.#send(step, letter);
    this.#saveLater();
    this.onChange(false);
  }

  /** @returns {LabelRecord[]} */
  get records() {
    /** @type {Map<string, string[]>} */
    const people = new Map();
    for (const step of [...this.#bySteps.keys()].sort((one, other) => one - other)) {
      for (const [name, kind] of this.of(step)) {
        const records = people.get(name) ?? [];
        records.push(`${letterOf(kind)}${step.toString(36)}`);
        people.set(name, records);
      }
    }
    return [...people.keys()].sort().map((by) => ({ by, steps: (people.get(by) ?? []).join("") }));
  }

  /**
   * The labels as `Labels.export` in Python writes them: a JSON object a line.
   *
   * @param {StepTable} table
   */
  lines(table) {
    /** @type {string[]} */
    const lines = [];
    let start = 0;
    for (const step of table.steps) {
      const text = table.textOf(step);
      const end = start + codePointLength(text);
      for (const [annotator, kind] of this.of(step.index)) {
        lines.push(JSON.stringify({ turn_id: this.#turnId, step: step.index, start, end, label: kind.name, annotator, labelled_at: "", text }));
      }
      start = end;
    }
    return lines.length ? `${lines.join("\n")}\n` : "";
  }

  /** One's own labels that the kernel does not have, as text. */
  get #unsaved() {
    return [...this.#own].map(([step, letter]) => `${letter || REMOVED}${step.toString(36)}`).join("");
  }

  get #state() {
    return JSON.stringify([this.records, this.#unsaved]);
  }

  #pane() {
    return this.labelling ? labelPane(this.labelling.id) : null;
  }

  /** Show the labels that the kernel has, and send it those that it has not. */
  #takeOver() {
    const before = JSON.stringify(this.records);
    this.#readPane();
    this.#saveLater();
    this.onChange(JSON.stringify(this.records) !== before);
  }

  #readPane() {
    const pane = this.#pane();
    if (!pane) {
      this.#sent.clear();
      for (const [step, letter] of this.#own) this.#setOwn(step, letter);
      return;
    }
    for (const [message, step] of this.#sent) {
      if (!pane.hasAnswered(message)) continue;
      this.#sent.delete(message);
      if (![...this.#sent.values()].includes(step)) this.#own.delete(step);
    }
    this.#read(labelRecordsOf(pane.records()));
    const waiting = new Set(this.#sent.values());
    for (const [step, letter] of this.#own) {
      this.#setOwn(step, letter);
      if (!waiting.has(step)) this.#send(step, letter);
    }
  }

  /**
   * @param {number} step
   * @param {string} letter
   */
  #send(step, letter) {
    const pane = this.#pane();
    if (pane) this.#sent.set(pane.send(step, letter), step);
  }

  /** @param {LabelRecord[]} records */
  #read(records) {
    this.#bySteps.clear();
    for (const { by, steps } of records) {
      for (const [, letter = "", digits = ""] of steps.matchAll(RECORD)) {
        if (LABEL_LETTERS.includes(letter)) this.#set(parseInt(digits, 36), by, letter);
      }
    }
  }

  /**
   * @param {number} step
   * @param {string} name
   * @param {string} letter
   */
  #set(step, name, letter) {
    const labels = this.#bySteps.get(step) ?? new Map();
    if (letter) labels.set(name, kindOf(letter));
    else labels.delete(name);
    this.#bySteps.set(step, labels);
  }

  /**
   * @param {number} step
   * @param {string} letter
   */
  #setOwn(step, letter) {
    if (this.labelling) this.#set(step, this.labelling.annotator, letter);
  }

  #saveLater() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const state = this.#state;
      if (state === this.#saved) return;
      this.#saved = state;
      this.#save?.(this.records, this.#unsaved);
    }, SAVE_AFTER_MS);
  }
}
