// The live panes: anywidget models and views over one turn's record.

/** @import { KernelMessage, LiveStatus, PaneKind, TurnState, ViewRecord, WidgetManager, WidgetModel } from "./types.js" */

import { AnswerMarkdown } from "./answer_markdown.js";
import { AnswerPane } from "./answer_pane.js";
import { ChatPage } from "./chat_page.js";
import { mountChat } from "./chat_view.js";
import { mountComparison } from "./comparison_view.js";
import { announce, element, useStyle } from "./elements.js";
import { countsOf } from "./metric_figures.js";
import { draws, hostOfManager, interruptKernel, servicesOfManager } from "./host.js";
import { Inspecting } from "./inspecting.js";
import { addChat, removeChat } from "./live_chats.js";
import { ReasoningPane } from "./reasoning_pane.js";
import { ReasoningText } from "./reasoning_text.js";
import { cleanLine, estimateTokens } from "./safe_text.js";
import { StatusLine } from "./status_line.js";
import { StepTable } from "./step_table.js";
import { TextStream } from "./text_stream.js";
import { noticesOf, usageOf } from "./turn_data.js";
import { mountTurn } from "./turn_view.js";
import { isRunning, reasoningLabel, seconds, STATE_WORDS, tokenSplit } from "./turn_words.js";
import { listen, notify, offerDrawing, viewRecord } from "./view_records.js";

/** @typedef {{ receive: (message: KernelMessage) => void, stop: () => void }} Started */
/** @typedef {(model: WidgetModel, record: ViewRecord) => Started} Start */
/** @typedef {(model: WidgetModel, record: ViewRecord, el: HTMLElement, signal: AbortSignal) => void} Render */

const UNHEARD_MS = 500;
const ADOPTION_MS = 20000;
const UNHEARD = "Stops when the cell that is running has ended.";
const LOST = "The connection to the kernel is lost; what came until then is shown.";

/** @param {WidgetModel} model */
function recordOf(model) {
  return viewRecord(model.get("turn_id"));
}

/**
 * A host renders the status line only after its model has started.
 *
 * @param {ViewRecord} record
 */
function statusOf(record) {
  return /** @type {LiveStatus} */ (record.live);
}

/**
 * The same holds for a text pane.
 *
 * @param {ViewRecord} record
 * @param {keyof ViewRecord["streams"]} name
 */
function streamOf(record, name) {
  return /** @type {TextStream} */ (record.streams[name]);
}

/**
 * Run a model: collect what the kernel sends. `inbox` came before this module did.
 *
 * @param {WidgetModel} model
 * @param {KernelMessage[]} inbox
 * @returns {() => void}
 */
export function start(model, inbox) {
  const record = recordOf(model);
  /** @type {Record<PaneKind, Start>} */
  const begin = { status: startStatus, reasoning: startText, answer: startText, saved: startSaved, chat: startChat };
  const { receive, stop } = begin[model.get("kind")](model, record);
  model.on("msg:custom", receive);
  inbox.forEach(receive);
  return () => {
    stop();
    // The final view, where one comes, has taken the drawings over long before.
    setTimeout(() => (record.drawings = {}), ADOPTION_MS);
  };
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @returns {Started}
 */
function startText(model, record) {
  const kind = model.get("kind") === "answer" ? "answer" : "reasoning";
  const stream = new TextStream(model.get("text"), () => model.send({ type: "resync" }));
  record.streams[kind] = stream;
  /** @param {string} text */
  const estimate = (text) => {
    record.tokens[kind] += estimateTokens(text);
    notify(record, "tokens");
  };
  record.tokens[kind] = 0;
  estimate(stream.text);
  stream.subscribe(estimate);
  const steps = kind === "reasoning" ? startSteps(model, record) : null;
  /** @param {KernelMessage} message */
  const receive = (message) => {
    stream.receive(message);
    steps?.receive(message);
  };
  const stop = () => {
    stream.close();
    delete record.streams[kind];
    steps?.stop();
  };
  return { receive, stop };
}

/**
 * The records of steps come with the text, and are lost and found with it.
 *
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @returns {Started}
 */
function startSteps(model, record) {
  const stream = (record.streams.steps = new TextStream(model.get("steps"), () => {}));
  /** @param {KernelMessage} message */
  const receive = (message) => {
    if (!("steps" in message) || message.steps === undefined) return;
    if (message.type === "snapshot") stream.receive({ type: "snapshot", text: message.steps });
    else stream.receive({ type: "delta", offset: message.steps_offset, text: message.steps });
  };
  const stop = () => {
    stream.close();
    delete record.streams.steps;
  };
  return { receive, stop };
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @returns {Started}
 */
function startStatus(model, record) {
  /** @type {LiveStatus} */
  const live = { began: performance.now() - 1000 * model.get("elapsed_s"), stopping: false, lost: false };
  record.live = live;
  const refresh = () => {
    const state = model.get("state");
    if (live.state !== state) changeState(record, live, state);
    notify(record, "live");
  };
  const advise = () => {
    refresh();
    if (model.get("advice")) announce("The model repeats itself");
  };
  for (const name of ["state", "usage", "waits_until_s", "notices"]) model.on(`change:${name}`, refresh);
  model.on("change:advice", advise);
  /** @param {KernelMessage} message */
  const receive = (message) => {
    if (message.type === "stopping") {
      live.acknowledged = true;
      live.stopping = true;
      notify(record, "live");
    }
  };
  // All that came before the page had loaded the view.
  advise();
  return { receive, stop: () => {} };
}

/**
 * @param {ViewRecord} record
 * @param {LiveStatus} live
 * @param {TurnState} state
 */
function changeState(record, live, state) {
  const now = performance.now();
  if (state === "reasoning") record.thinking.began ??= now;
  else if (record.thinking.began !== null) record.thinking.ended ??= now;
  live.state = state;
  if (state !== "reasoning") announce(STATE_WORDS[state]);
}

/**
 * Draw a view of a model into `el`; returns how to take it down.
 *
 * @param {{ model: WidgetModel, el: HTMLElement }} view
 * @returns {() => void}
 */
export function render({ model, el }) {
  const record = recordOf(model);
  const controller = new AbortController();
  const kind = model.get("kind");
  el.classList.add("qwq-part", "qwq-live");
  /** @type {Record<PaneKind, Render>} */
  const draw = { status: renderStatus, reasoning: renderReasoning, answer: renderAnswer, saved: renderSaved, chat: renderChat };
  draw[kind](model, record, el, controller.signal);
  const heights = new ResizeObserver(() => {
    if (el.offsetHeight) record.heights[kind] = el.offsetHeight;
  });
  heights.observe(el);
  return () => {
    heights.disconnect();
    controller.abort();
  };
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
function renderStatus(model, record, el, signal) {
  const line = new StatusLine(() => askToStop(model, statusOf(record), record));
  const refresh = () => {
    const live = statusOf(record);
    // The host marks widgets whose kernel restarted or died; nobody else tells.
    const lost = isRunning(model.get("state")) && el.closest(".jupyter-widgets-disconnected") !== null;
    if (lost !== live.lost) {
      live.lost = lost;
      changeState(record, live, lost ? "stopped" : model.get("state"));
      queueMicrotask(() => notify(record, "live"));
    }
    const { state = model.get("state"), began, stopping } = live;
    const elapsedS = (performance.now() - began) / 1000;
    line.show({
      state,
      waitS: state === "connecting" ? model.get("waits_until_s") - elapsedS : 0,
      seconds: lost ? "" : seconds(elapsedS),
      tokens: tokenSplit(usageOf(model.get("usage")), record.tokens),
      about: [model.get("model_name"), model.get("conversation")].map((name) => cleanLine(name)).filter(Boolean).join(" · "),
      notices: lost ? [LOST] : [...noticesOf(model.get("notices")), ...(live.unheard ? [UNHEARD] : [])],
      advice: lost ? "" : model.get("advice"),
      stopping,
    });
  };
  const timer = setInterval(() => isRunning(model.get("state")) && refresh(), 100);
  signal.addEventListener("abort", () => clearInterval(timer));
  listen(record, "live", refresh, signal);
  refresh();
  el.append(line.element);
}

/**
 * @param {WidgetModel} model
 * @param {LiveStatus} live
 * @param {ViewRecord} record
 */
function askToStop(model, live, record) {
  live.stopping = true;
  model.send({ type: "stop" });
  notify(record, "live");
  announce("Stopping");
  // Where the kernel cannot hear a busy cell's widgets, an interrupt is what it hears.
  setTimeout(() => {
    if (live.acknowledged || !isRunning(model.get("state"))) return;
    if (model.get("interrupts")) interruptKernel(model.widget_manager);
    else live.unheard = true;
  }, UNHEARD_MS);
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
function renderReasoning(model, record, el, signal) {
  const text = new ReasoningText();
  /** @type {Inspecting | null} */
  let inspecting = null;
  const onInspect = () => inspecting?.open();
  const pane = new ReasoningPane(record, text, { start: model.get("start"), onInspect, signal });
  const refresh = () => pane.show(liveReasoning(record));
  listen(record, "live", refresh, signal);
  listen(record, "tokens", refresh, signal);
  const stream = streamOf(record, "reasoning");
  pane.append(stream.text);
  signal.addEventListener("abort", stream.subscribe((delta) => pane.append(delta)));
  offerDrawing(record, "reasoning", text);
  refresh();
  const part = element("div", "", {}, pane.element);
  el.append(part);
  inspecting = inspectLive(record, el, part, signal);
  if (model.get("footer")) el.append(element("div", "qwq-footer"));
}

/**
 * The inspector of a turn that still streams; the answer has a pane of its own.
 *
 * @param {ViewRecord} record
 * @param {HTMLElement} place
 * @param {HTMLElement} part
 * @param {AbortSignal} signal
 */
function inspectLive(record, place, part, signal) {
  const table = new StepTable();
  const reasoning = streamOf(record, "reasoning");
  const steps = streamOf(record, "steps");
  const read = () => {
    table.grow(reasoning.text, steps.text);
    return { table, metrics: countsOf(table), loops: [], growing: true };
  };
  const inspecting = new Inspecting(record, { place, panes: [part], read, signal });
  let frame = 0;
  const grown = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => inspecting.inspector?.grown(read().metrics));
  };
  for (const stream of [reasoning, steps]) signal.addEventListener("abort", stream.subscribe(grown));
  inspecting.begin(false);
  return inspecting;
}

/** @param {ViewRecord} record */
function liveReasoning(record) {
  const { state } = record.live ?? { state: "connecting" };
  const { began, ended } = record.thinking;
  const answered = !isRunning(state) || state === "answering";
  const known = began !== null && ended !== null;
  const label = known
    ? reasoningLabel((ended - began) / 1000, null, record.tokens.reasoning)
    : began === null ? "Reasoning" : "Thinking…";
  return { label, answered, hidden: answered && record.tokens.reasoning === 0, growing: !answered };
}

/**
 * All of it came with the model.
 *
 * @returns {Started}
 */
function startSaved() {
  return { receive: () => {}, stop: () => {} };
}

/**
 * What the renderer would show; where the page has it, the kernel gives it the place.
 *
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
function renderSaved(model, record, el, signal) {
  const mount = model.get("mime").includes("comparison") ? mountComparison : mountTurn;
  const mounted = mount(el, model.get("data"), servicesOfManager(model.widget_manager));
  signal.addEventListener("abort", () => mounted.dispose());
  sayWhereSaved(model);
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @returns {Started}
 */
function startChat(model, record) {
  const page = (record.chat = new ChatPage(model, record));
  const id = model.get("turn_id");
  addChat(id, {
    mount: (el, signal) => mountChat(el, record, model.widget_manager, signal),
    keepSaved: (data, save, signal) => page.keepSaved(data, save, signal),
  });
  const stop = () => {
    removeChat(id);
    page.close();
  };
  return { receive: (/** @type {KernelMessage} */ message) => page.receive(message), stop };
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
function renderChat(model, record, el, signal) {
  mountChat(el, record, model.widget_manager, signal);
  sayWhereSaved(model);
}

/**
 * Tell the kernel where the page has the renderer for what is saved.
 *
 * @param {WidgetModel} model
 */
function sayWhereSaved(model) {
  if (draws(model.widget_manager, model.get("mime"))) model.send({ type: "renderer" });
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
function renderAnswer(model, record, el, signal) {
  const answer = new AnswerMarkdown(hostOfManager(model.widget_manager));
  const pane = new AnswerPane(answer);
  const stream = streamOf(record, "answer");
  answer.append(stream.text);
  signal.addEventListener("abort", stream.subscribe((delta) => answer.append(delta)));
  offerDrawing(record, "answer", answer);
  el.append(pane.element);
}

export { useStyle };
