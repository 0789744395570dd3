// The final view of a turn: the parts of the live panes, filled from saved data, without a kernel.

/** @import { Host, Inspected, LabelRecord, Mounted, SavedTurn, Services, StepValue, TokenParts, ViewRecord } from "./types.js" */

import { AnswerMarkdown } from "./answer_markdown.js";
import { AnswerPane } from "./answer_pane.js";
import { element } from "./elements.js";
import { copyFormulasAsSource } from "./formula_copy.js";
import { hostOf } from "./host.js";
import { inspectorState } from "./inspector.js";
import { InspectorToggle } from "./inspector_toggle.js";
import { ReasoningPane } from "./reasoning_pane.js";
import { ReasoningText } from "./reasoning_text.js";
import { estimateTokens } from "./safe_text.js";
import { attemptsIn, attemptSwitch } from "./attempt_switch.js";
import { cellButton } from "./cell_runner.js";
import { StatusLine } from "./status_line.js";
import { loopsOf, StepTable, surenessOf } from "./step_table.js";
import { stepValuesOf } from "./value_lane.js";
import { fieldsOf, turnOf } from "./turn_data.js";
import { labellingOf, labelRecordsOf, TurnLabels } from "./turn_labels.js";
import { footerLine, reasoningLabel, seconds } from "./turn_captions.js";
import { answerCell, continueCell, sourceOf } from "./turn_cells.js";
import { adoptDrawing, viewRecord } from "./view_records.js";

/** @typedef {{ answer: AnswerMarkdown, done: Promise<void>, adopted: boolean }} DrawnAnswer */

/** @typedef {(labels: LabelRecord[], unsaved: string) => void} Keep */

/** @typedef {Mounted & { done: Promise<void> }} MountedTurn */

/**
 * Show saved data in `el`, with the host's services if it has them.
 *
 * `done` resolves when everything is drawn; `dispose` removes the view. `keeps(other)` is true if
 * this view has saved the other data itself, so that nothing must be redrawn.
 *
 * @param {HTMLElement} el
 * @param {unknown} data
 * @param {Services} [services]
 * @returns {MountedTurn & { keeps(other: unknown): boolean }}
 */
export function mountTurn(el, data, services = {}) {
  const attempts = attemptsIn(data);
  const { id, view } = fieldsOf(data);
  /** @type {string | null} */
  let saved = null;
  const { save } = services;
  /** @type {Keep | null} */
  const keep = save ? (labels, unsaved) => {
    const labelling = { ...fieldsOf(fieldsOf(view).labelling), unsaved };
    saved = stateOf(labels, labelling);
    save({ ...fieldsOf(data), labels, view: { ...fieldsOf(view), labelling } });
  } : null;
  /** @param {Record<string, unknown>} other */
  const isSaved = (other) => other.id === id && stateOf(other.labels, fieldsOf(other.view).labelling) === saved;
  /** @type {(turn: SavedTurn) => MountedTurn} */
  const show = (turn) => mountOne(el, turn, { ...services, keep }, attemptSwitch(attempts, turn, (other) => {
    const direction = (other.turn.attempt ?? 0) > (turn.attempt ?? 0) ? 1 : -1;
    shown.dispose();
    shown = show(other.turn);
    // The arrow that was pressed is a new one, and the focus would be lost.
    const arrows = /** @type {NodeListOf<HTMLButtonElement>} */ (el.querySelectorAll(".qwq-attempt-arrow"));
    const [back, on] = arrows;
    const pressed = direction > 0 ? on : back;
    (pressed?.disabled ? (direction > 0 ? back : on) : pressed)?.focus();
  }));
  let shown = show(turnOf(data));
  return {
    done: shown.done,
    dispose: () => shown.dispose(),
    keeps: (other) => isSaved(fieldsOf(other)),
  };
}

/**
 * @param {unknown} labels
 * @param {unknown} labelling
 */
function stateOf(labels, labelling) {
  return JSON.stringify([labelRecordsOf(labels), labellingOf(labelling)]);
}

/**
 * @param {HTMLElement} el
 * @param {SavedTurn} turn
 * @param {Services & { keep: Keep | null }} services
 * @param {HTMLElement[]} attempts
 * @returns {MountedTurn}
 */
function mountOne(el, turn, { markdownParser = null, latexTypesetter = null, keep }, attempts) {
  // An output of the inspect command opens the inspector, independently of the turn's other output.
  const place = turn.labelling ? ` ${turn.labelling.id}` : turn.step === null ? "" : ` at ${turn.step}`;
  const record = viewRecord(turn.inspect ? `${turn.id} inspected${place}` : turn.id);
  if (turn.inspect) record.inspector ??= inspectorState(turn.step);
  const controller = new AbortController();
  const estimated = estimatedTokens(turn);
  const host = hostOf(markdownParser, latexTypesetter);
  const root = element("div", "qwq-turn");
  copyFormulasAsSource();
  root.append(element("div", "qwq-part", {}, statusOf(turn, attempts)));
  /** @type {InspectorToggle | null} */
  let toggle = null;
  const reasoning = element("div", "qwq-part");
  if (turn.show !== "answer") {
    const pane = reasoningOf(turn, record, estimated, { host, onInspect: () => toggle?.open(), signal: controller.signal });
    reasoning.append(pane);
    root.append(reasoning);
  }
  const drawn = turn.show === "reasoning" ? null : answerOf(turn, record, host);
  const pane = new AnswerPane(drawn?.answer ?? null);
  // Notebooks saved before 0.1.0 hold neither line.
  if (turn.state_word) pane.showEnding(turn.ending);
  pane.showFooter(turn.footer || footerLine(turn, estimated));
  const reply = element("div", "qwq-part", {}, pane.element);
  root.append(reply);
  if (turn.show !== "answer" && turn.reasoning) {
    const labels = new TurnLabels({
      turnId: turn.id,
      records: turn.labels,
      labelling: turn.labelling,
      save: keep,
      // What one output could not save, the next one does.
      own: turn.labelling ? (viewRecord(`${turn.id} labelled by ${turn.labelling.annotator}`).labels ??= new Map()) : undefined,
      signal: controller.signal,
    });
    toggle = new InspectorToggle(record, {
      host,
      container: root,
      panes: [reasoning, reply],
      answer: pane.element,
      read: () => inspected(turn, labels),
      signal: controller.signal,
    });
  }
  const done = holdHeight(root, record, drawn);
  el.replaceChildren(root);
  toggle?.begin(turn.inspect);
  return { done, dispose: () => controller.abort() };
}

/**
 * Like `split_tokens` in Python: a total counted by the server is split by the estimates.
 *
 * @param {SavedTurn} turn
 * @returns {TokenParts}
 */
export function estimatedTokens({ reasoning, answer, usage }) {
  const parts = { reasoning: estimateTokens(reasoning), answer: estimateTokens(answer) };
  const scale = (usage.output_tokens ?? NaN) / (parts.reasoning + parts.answer);
  if (!Number.isFinite(scale)) return parts;
  return { reasoning: parts.reasoning * scale, answer: parts.answer * scale };
}

/**
 * @param {SavedTurn} turn
 * @param {HTMLElement[]} attempts
 */
function statusOf(turn, attempts) {
  const line = new StatusLine();
  line.show({
    state: turn.state,
    word: turn.state_word,
    seconds: seconds(turn.timing.total_s),
    tokens: "",
    about: "",
    // The ending of a reply that was cut is below its last words.
    notices: turn.ending && !turn.state_word ? [...turn.notices, turn.ending] : turn.notices,
    error: turn.error,
  });
  line.addInFront(...attempts);
  line.add(...turnActs(turn));
  return line.element;
}

/**
 * The buttons of a reply that has not ended as it should: continue it, or answer from it.
 *
 * @param {SavedTurn} turn
 */
function turnActs(turn) {
  const source = sourceOf(turn);
  const isCut = turn.state !== "complete" || turn.state_word !== "";
  if (!source || turn.inspect) return [];
  const acts = [];
  const loops = turn.loops !== "";
  if (turn.reasoning && (!turn.answer || isCut || loops)) {
    acts.push(cellButton("qwq-answer-from", turn.answer ? "Answer again" : "Answer from this reasoning",
      `End the reasoning here and ask for the answer, in a new cell${source.limits}`, () => answerCell(source)));
  }
  if (isCut && (turn.reasoning || turn.answer)) {
    acts.push(cellButton("qwq-continue", "Continue", `Let the reply go on where it ended, in a new cell${source.limits}`, () => continueCell(source)));
  }
  return acts;
}

/** @param {SavedTurn} turn */
function tableOf(turn) {
  const table = new StepTable();
  table.grow(turn.reasoning, turn.steps);
  table.finish();
  return table;
}

/**
 * @param {SavedTurn} turn
 * @param {TurnLabels} labels
 * @returns {Inspected}
 */
function inspected(turn, labels) {
  const table = tableOf(turn);
  const loops = loopsOf(turn.loops, turn.reasoning);
  const candidates = stepValuesOf(turn.candidates, table);
  const lanes = turn.lanes.map(({ name, values }) => /** @type {[string, StepValue[]]} */ ([name, stepValuesOf(values, table)]));
  const number = turn.number === null ? "" : `turn ${turn.number}${(turn.attempt ?? 1) > 1 ? `.${turn.attempt}` : ""}`;
  const name = [number, turn.conversation === "main" ? "" : turn.conversation, turn.model].filter(Boolean).join(" · ");
  return { name, table, metrics: turn.metrics, loops, candidates, lanes, sureness: surenessOf(turn.sureness, table), given: turn.given.reasoning, growing: false, labels, source: sourceOf(turn) };
}

/**
 * @param {SavedTurn} turn
 * @param {ViewRecord} record
 * @param {TokenParts} estimated
 * @param {{ host: Host, onInspect: () => void, signal: AbortSignal }} options
 */
function reasoningOf(turn, record, estimated, options) {
  const given = turn.given.reasoning;
  const adopted = adoptDrawing(record, "reasoning", turn.reasoning, given);
  const text = adopted ?? new ReasoningText(given);
  if (!adopted) {
    text.append(turn.reasoning);
    // Show a saved turn from its beginning.
    record.scroll ??= 0;
  }
  const pane = new ReasoningPane(record, text, {
    ...options,
    start: turn.start,
    wasSeen: adopted !== null,
    sumsOf: () => tableOf(turn).steps.flatMap(({ sums }) => sums),
  });
  pane.show({
    label: turn.caption || reasoningLabel(turn.timing.thinking_s, turn.usage.reasoning_tokens, estimated.reasoning),
    answered: turn.answer !== "" || turn.state === "complete",
    ended: true,
    hidden: turn.reasoning === "",
    growing: false,
  });
  return pane.element;
}

/**
 * @param {SavedTurn} turn
 * @param {ViewRecord} record
 * @param {Host} host
 * @returns {DrawnAnswer}
 */
function answerOf(turn, record, host) {
  const adopted = adoptDrawing(record, "answer", turn.answer, turn.given.answer);
  if (adopted) return { answer: adopted, done: adopted.finish(), adopted: true };
  const answer = new AnswerMarkdown(host, turn.given.answer);
  answer.append(turn.answer);
  return { answer, done: answer.finish(), adopted: false };
}

/**
 * Keep the height of the live view until the answer is drawn.
 *
 * @param {HTMLElement} root
 * @param {ViewRecord} record
 * @param {DrawnAnswer | null} drawn
 * @returns {Promise<void>}
 */
function holdHeight(root, record, drawn) {
  if (!drawn) return Promise.resolve();
  const { status = 0, reasoning = 0, answer = 0 } = record.heights;
  if (!drawn.adopted && answer) root.style.minHeight = `${status + reasoning + answer}px`;
  return drawn.done.then(() => {
    root.style.minHeight = "";
    root.dataset.drawn = "";
  });
}
