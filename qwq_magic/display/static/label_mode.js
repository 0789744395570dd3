// Labelling in the inspector: a mode in which keys call the selected step something.
//
// Where an output takes no labels, the button opens one that does, in a new cell.

/** @import { LabelAction } from "./inspector_keys.js" */
/** @import { StepTable } from "./step_table.js" */
/** @import { TurnLabels } from "./turn_labels.js" */
/** @import { InspectorState, IsShown, Step, StepKind, TurnSource } from "./types.js" */

import { cellButton } from "./cell_runner.js";
import { copyButton } from "./copy_button.js";
import { announce, button, element, setText } from "./elements.js";
import { kindOf, LABEL_LETTERS, UNCLASSIFIED } from "./step_kinds.js";
import { groupMark } from "./step_row.js";
import { labelCell } from "./turn_cells.js";

/**
 * @typedef {object} Owner
 * @property {StepTable} table
 * @property {InspectorState} state
 * @property {IsShown} isShown
 * @property {(text: string) => void} report
 * @property {() => void} redraw
 * @property {(step: Step) => void} go
 */

const HINT = "1 to 9 label the selected step, Enter accepts the likely kind, 0 removes the label, Esc ends";

export class LabelMode {
  bar = element("div", "qwq-label-bar", { role: "group", "aria-label": "Label the selected step" });
  /** @type {HTMLButtonElement | null} */
  button = null;
  #owner;
  #labels;
  #count = element("span", "qwq-label-count");
  #where = element("span", "qwq-label-where");

  /**
   * @param {Owner} owner
   * @param {TurnLabels | null} labels
   * @param {TurnSource | null} source
   */
  constructor(owner, labels, source) {
    this.#owner = owner;
    this.#labels = labels;
    if (labels?.labelling) {
      this.button = button("qwq-button qwq-label", "Label", () => this.#turn(!this.isOn));
      this.button.title = "Label the steps by hand (L)";
      this.#build(labels, labels.labelling.annotator);
    } else if (source) {
      this.button = cellButton("qwq-label", "Label", "Label the steps by hand, in a new cell", () => labelCell(source));
    }
    // Drawing the rows again for a label that is shown already would take the focus from its row.
    if (labels) labels.onChange = (areOthers) => (areOthers ? this.#changed() : this.show());
    this.show();
  }

  get isOn() {
    return Boolean(this.#labels?.labelling) && this.#owner.state.labelling;
  }

  /**
   * The labels of a step as chips; the names are in the hints.
   *
   * @param {Step} step
   */
  chipsOf(step) {
    return (this.#labels?.of(step.index) ?? []).map(([name, kind]) => {
      const chip = element("span", "qwq-step-label", { "data-group": kind.group, title: `${kind.name}, labelled by ${name}` }, kind.name);
      if (name !== this.#labels?.labelling?.annotator) chip.append(element("span", "qwq-step-label-name", {}, name));
      return chip;
    });
  }

  /**
   * "labelled doubt by ann", for screen readers; "" without a label.
   *
   * @param {Step} step
   */
  wordsOf(step) {
    return (this.#labels?.of(step.index) ?? []).map(([name, kind]) => `labelled ${kind.name} by ${name}`).join(", ");
  }

  show() {
    this.bar.hidden = !this.isOn;
    if (!this.#labels?.labelling) return;
    this.button?.setAttribute("aria-pressed", String(this.isOn));
    const { table } = this.#owner;
    setText(this.#count, `${this.#labels.labelling.annotator}: ${this.#labels.ownCount.toLocaleString("en-US")} of ${table.steps.length.toLocaleString("en-US")} labelled`);
    setText(this.#where, this.#labels.where);
  }

  /** @param {LabelAction} action */
  act(action) {
    if (action === "toggleLabels") return this.button ? this.button.click() : this.#owner.report("Use %qwq_label to label this turn");
    if (action === "leaveLabels") return this.#turn(false);
    const step = this.#owner.table.steps[this.#owner.state.selected];
    if (!step || !this.#owner.isShown(step)) return this.#owner.report("Select a step to label it");
    if (action === "unlabel") return this.#put(step, null);
    if (action !== "acceptLabel") return this.#put(step, kindOf(LABEL_LETTERS[Number(action.at(-1)) - 1] ?? ""));
    if (step.kind === UNCLASSIFIED) return this.#owner.report("There is no likely kind to accept");
    return this.#put(step, step.kind);
  }

  /**
   * @param {TurnLabels} labels
   * @param {string} annotator
   */
  #build(labels, annotator) {
    const kinds = LABEL_LETTERS.map((letter, index) => {
      const kind = kindOf(letter);
      const node = button("qwq-group qwq-label-kind", element("kbd", "", {}, String(index + 1)), () => this.act(/** @type {LabelAction} */ (`label${index + 1}`)));
      node.append(groupMark(kind.group), element("span", "", {}, kind.name));
      node.setAttribute("aria-label", `Label as ${kind.name}, key ${index + 1}`);
      return node;
    });
    const none = button("qwq-group qwq-label-kind", element("kbd", "", {}, "0"), () => this.act("unlabel"));
    none.append(element("span", "", {}, "none"));
    none.setAttribute("aria-label", "Remove the label, key 0");
    const copy = copyButton(`the labels of ${annotator} and others as JSON Lines`, () => labels.lines(this.#owner.table), "Copy labels");
    this.bar.title = HINT;
    const keys = element("span", "qwq-label-keys", {}, element("kbd", "", {}, "Enter"), " likely kind · ", element("kbd", "", {}, "Esc"), " end");
    this.bar.append(
      element("div", "qwq-label-kinds", {}, ...kinds, none, keys),
      element("div", "qwq-label-line", {}, this.#count, this.#where, copy),
    );
  }

  /** @param {boolean} isOn */
  #turn(isOn) {
    const { state, table, isShown } = this.#owner;
    state.labelling = isOn;
    announce(isOn ? `Labelling. ${HINT}` : "Labelling ended");
    this.#changed();
    if (!isOn || state.selected >= 0) return;
    const first = table.steps.find((step) => isShown(step) && !this.#labels?.ownOf(step.index));
    if (first) this.#owner.go(first);
  }

  /**
   * Label a step, and go on to the next one.
   *
   * @param {Step} step
   * @param {StepKind | null} kind
   */
  #put(step, kind) {
    const { table, isShown } = this.#owner;
    this.#labels?.put(step.index, kind);
    const next = kind ? table.steps.slice(step.index + 1).find(isShown) : step;
    announce(`Step ${step.index + 1} ${kind ? `labelled ${kind.name}` : "has no label"}${next ? "" : ". This was the last step"}`);
    this.#owner.go(next ?? step);
  }

  #changed() {
    this.show();
    this.#owner.redraw();
  }
}
