// The live panes: anywidget models and views over one turn's record.

/** @import { Host, KernelMessage, LiveStatus, PaneKind, TurnState, ViewRecord, WidgetManager, WidgetModel } from "./types.js" */

import { AnswerMarkdown } from "./answer_markdown.js";
import { AnswerPane } from "./answer_pane.js";
import { mountBatch } from "./batch_view.js";
import { ChatPage } from "./chat_page.js";
import { mountChat } from "./chat_view.js";
import { mountComparison } from "./comparison_view.js";
import { announce, element, useStyle } from "./elements.js";
import { copyFormulasAsSource } from "./formula_copy.js";
import { countsOf } from "./metric_figures.js";
import { canRender, hostOfManager, interruptKernel, servicesOfManager } from "./host.js";
import { InspectorToggle } from "./inspector_toggle.js";
import { renderBatch, startBatch } from "./live_batch.js";
import { addChat, removeChat } from "./live_chats.js";
import { addLabelPane, changeLabelPanes, removeLabelPane } from "./live_labels.js";
import { ReasoningPane } from "./reasoning_pane.js";
import { ReasoningText } from "./reasoning_text.js";
import { cleanLine, estimateTokens } from "./safe_text.js";
import { StatusLine } from "./status_line.js";
import { StepTable } from "./step_table.js";
import { TextStream } from "./text_stream.js";
import { noticesOf, usageOf } from "./turn_data.js";
import { mountTurn } from "./turn_view.js";
import { isRunning, pace, reasoningLabel, seconds, STATE_LABELS, tokenSplit } from "./turn_captions.js";
import { listen, notify, offerDrawing, viewRecord } from "./view_records.js";

/** @typedef {{ receive: (message: KernelMessage) => void, stop: () => void }} Started */
/** @typedef {(model: WidgetModel, record: ViewRecord) => Started} Start */
/** @typedef {(model: WidgetModel, record: ViewRecord, el: HTMLElement, signal: AbortSignal) => void} Render */

const STOP_TIMEOUT_MS = 500;
const ADOPTION_MS = 20000;
const STOPS_LATER = "This turn stops when the running cell has finished.";
const CONNECTION_LOST = "The connection to the kernel was lost. The text received until then is shown.";

/** @param {WidgetModel} model */
function recordOf(model) {
  return viewRecord(model.get("turn_id"));
}

/**
 * Its status, which is set: a host renders the status line only after its model has started.
 *
 * @param {ViewRecord} record
 */
function statusOf(record) {
  return /** @type {LiveStatus} */ (record.live);
}

/**
 * Its stream, which is set for the same reason.
 *
 * @param {ViewRecord} record
 * @param {keyof ViewRecord["streams"]} name
 */
function streamOf(record, name) {
  return /** @type {TextStream} */ (record.streams[name]);
}

/**
 * Start a model: receive the kernel's messages, beginning with those in `inbox`.
 *
 * @param {WidgetModel} model
 * @param {KernelMessage[]} inbox
 * @returns {() => void}
 */
export function start(model, inbox) {
  const record = recordOf(model);
  /** @type {Record<PaneKind, Start>} */
  const begin = { status: startStatus, reasoning: startText, answer: startText, saved: startSaved, chat: startChat, batch: startBatch, label: startLabels };
  const { receive, stop } = begin[model.get("kind")](model, record);
  model.on("msg:custom", receive);
  inbox.forEach(receive);
  return () => {
    stop();
    // By then, the final view, if any, has taken over the drawings.
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
  const stream = new TextStream(model.get("text"), () => model.send({ type: "resync" }), model.get("run"));
  record.streams[kind] = stream;
  /** @param {string} text */
  const estimate = (text) => {
    record.tokens[kind] += estimateTokens(text);
    notify(record, "tokens");
  };
  record.tokens[kind] = 0;
  estimate(stream.text);
  stream.subscribe(estimate);
  stream.subscribeToClear(() => {
    record.tokens[kind] = 0;
    notify(record, "tokens");
  });
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
 * The records of steps arrive with the text, and are recovered with it when lost.
 *
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @returns {Started}
 */
function startSteps(model, record) {
  const stream = (record.streams.steps = new TextStream(model.get("steps"), () => {}, model.get("run")));
  /** @param {KernelMessage} message */
  const receive = (message) => {
    if (!("steps" in message) || message.steps === undefined) return;
    const { run, steps: text } = message;
    if (message.type === "snapshot") stream.receive({ type: "snapshot", run, text });
    else stream.receive({ type: "delta", run, offset: message.steps_offset, text });
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
  const live = { began: performance.now() - 1000 * model.get("elapsed_s"), stopping: false, closing: false, lost: false, text: { tokens: 0, first: 0, last: 0 } };
  record.live = live;
  const refresh = () => {
    const state = model.get("state");
    if (live.state !== state) changeState(record, live, state);
    notify(record, "live");
  };
  const advise = () => {
    refresh();
    if (model.get("advice")) announce("The model is repeating itself");
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
  // Apply changes from before the page had loaded the view.
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
  // What looked like an answer may turn out to be reasoning.
  if (state === "answering") live.answering ??= now;
  if (state === "reasoning") record.thinking.began ??= live.answering ?? now;
  else if (record.thinking.began !== null) record.thinking.ended ??= now;
  live.state = state;
  if (state !== "reasoning") announce(STATE_LABELS[state]);
}

/**
 * Draw a view of a model into `el`; returns a function that removes it.
 *
 * @param {{ model: WidgetModel, el: HTMLElement }} view
 * @returns {() => void}
 */
export function render({ model, el }) {
  const record = recordOf(model);
  const controller = new AbortController();
  const kind = model.get("kind");
  el.classList.add("qwq-part", "qwq-live");
  copyFormulasAsSource();
  /** @type {Record<PaneKind, Render>} */
  const draw = { status: renderStatus, reasoning: renderReasoning, answer: renderAnswer, saved: renderSaved, chat: renderChat, batch: renderBatch, label: renderSaved };
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
  const line = new StatusLine(model.get("actions"), (name) => {
    const live = statusOf(record);
    // Once the answer has been asked for, the same button stops.
    if (name === "stop" || (name === "answer_now" && live.closing)) return askToStop(model, live, record);
    live.closing = name === "answer_now";
    model.send({ type: "action", name });
    notify(record, "live");
    announce("Ending the reasoning");
  });
  const refresh = () => {
    const live = statusOf(record);
    // The host marks widgets whose kernel restarted or died; there is no other notification.
    const lost = isRunning(model.get("state")) && el.closest(".jupyter-widgets-disconnected") !== null;
    if (lost !== live.lost) {
      live.lost = lost;
      changeState(record, live, lost ? "stopped" : model.get("state"));
      queueMicrotask(() => notify(record, "live"));
    }
    const { state = model.get("state"), began, stopping } = live;
    const now = performance.now();
    const elapsedS = (now - began) / 1000;
    const arrived = record.tokens.reasoning + record.tokens.answer;
    const { text } = live;
    if (arrived !== text.tokens) {
      if (!text.tokens) text.first = now;
      text.tokens = arrived;
      text.last = now;
    }
    const arriving = isRunning(state) ? pace({ tokens: arrived, firstS: (now - text.first) / 1000, lastS: (now - text.last) / 1000 }) : "";
    line.show({
      state,
      waitS: state === "connecting" ? model.get("waits_until_s") - elapsedS : 0,
      seconds: lost ? "" : seconds(elapsedS),
      tokens: [tokenSplit(usageOf(model.get("usage")), record.tokens), arriving].filter(Boolean).join(" · "),
      about: [model.get("model_name"), model.get("conversation")].map((name) => cleanLine(name)).filter(Boolean).join(" · "),
      notices: lost ? [CONNECTION_LOST] : [...noticesOf(model.get("notices")), ...(live.unanswered ? [STOPS_LATER] : [])],
      advice: lost ? "" : model.get("advice"),
      stopping,
      closing: live.closing,
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
  // Some kernels handle no widget messages while a cell runs, but do handle an interrupt.
  setTimeout(() => {
    if (live.acknowledged || !isRunning(model.get("state"))) return;
    if (model.get("interrupts")) interruptKernel(model.widget_manager);
    else live.unanswered = true;
  }, STOP_TIMEOUT_MS);
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
function renderReasoning(model, record, el, signal) {
  drawUntilCleared(streamOf(record, "reasoning"), signal, (drawn) => drawReasoning(model, record, el, drawn));
}

/**
 * Draw a text now, and again from the beginning whenever it is cleared.
 *
 * @param {TextStream} stream
 * @param {AbortSignal} signal
 * @param {(drawn: AbortSignal) => void} draw
 */
function drawUntilCleared(stream, signal, draw) {
  let drawing = new AbortController();
  const unsubscribe = stream.subscribeToClear(() => {
    drawing.abort();
    drawing = new AbortController();
    draw(drawing.signal);
  });
  signal.addEventListener("abort", () => {
    unsubscribe();
    drawing.abort();
  });
  draw(drawing.signal);
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
function drawReasoning(model, record, el, signal) {
  const text = new ReasoningText(model.get("given"));
  const host = hostOfManager(model.widget_manager);
  /** @type {InspectorToggle | null} */
  let toggle = null;
  const onInspect = () => toggle?.open();
  const pane = new ReasoningPane(record, text, { start: model.get("start"), host, onInspect, signal });
  const refresh = () => pane.show(liveReasoning(record));
  listen(record, "live", refresh, signal);
  listen(record, "tokens", refresh, signal);
  const stream = streamOf(record, "reasoning");
  pane.append(stream.text);
  signal.addEventListener("abort", stream.subscribe((delta) => pane.append(delta)));
  offerDrawing(record, "reasoning", text);
  refresh();
  const part = element("div", "", {}, pane.element);
  el.replaceChildren(part);
  toggle = inspectLive(record, { host, container: el, part, given: model.get("given") }, signal);
  if (model.get("footer")) el.append(element("div", "qwq-footer"));
}

/**
 * The inspector of a turn that is still streaming; its answer has a pane of its own.
 *
 * @param {ViewRecord} record
 * @param {{ host: Host, container: HTMLElement, part: HTMLElement, given: number }} options
 * @param {AbortSignal} signal
 */
function inspectLive(record, { host, container, part, given }, signal) {
  const table = new StepTable();
  const reasoning = streamOf(record, "reasoning");
  const steps = streamOf(record, "steps");
  const read = () => {
    table.grow(reasoning.text, steps.text);
    return { name: "", table, metrics: countsOf(table), loops: [], candidates: [], lanes: [], sureness: [], given, growing: true, labels: null, source: null };
  };
  const toggle = new InspectorToggle(record, { host, container, panes: [part], read, signal });
  let frame = 0;
  const grown = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => toggle.inspector?.grown(read().metrics));
  };
  for (const stream of [reasoning, steps]) signal.addEventListener("abort", stream.subscribe(grown));
  toggle.begin(false);
  return toggle;
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
  return { label, answered, ended: !isRunning(state), hidden: answered && record.tokens.reasoning === 0, growing: !answered };
}

/**
 * Nothing to start: all data came with the model.
 *
 * @returns {Started}
 */
function startSaved() {
  return { receive: () => {}, stop: () => {} };
}

/**
 * Take labels from the inspectors on this page that name this pane.
 *
 * @param {WidgetModel} model
 * @returns {Started}
 */
function startLabels(model) {
  const id = model.get("turn_id");
  // Another page's messages are answered here as well.
  const page = Math.random().toString(36).slice(2);
  /** @type {Set<string>} */
  const answered = new Set();
  let count = 0;
  addLabelPane(id, {
    send: (step, kind) => {
      const message = `${page}-${(count += 1)}`;
      model.send({ type: "label", id: message, step, kind });
      return message;
    },
    hasAnswered: (message) => answered.has(message),
    records: () => model.get("labels"),
    where: () => String(model.get("where")),
  });
  model.on("change:labels change:where", changeLabelPanes);
  /** @param {KernelMessage} message */
  const receive = (message) => {
    if (message.type !== "labelled") return;
    answered.add(message.id);
    changeLabelPanes();
  };
  return { receive, stop: () => removeLabelPane(id) };
}

/**
 * Show what the renderer would show; if the page has the renderer, the kernel switches to that.
 *
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
function renderSaved(model, record, el, signal) {
  const mime = model.get("mime");
  const mount = mime.includes("comparison") ? mountComparison : mime.includes("batch") ? mountBatch : mountTurn;
  const mounted = mount(el, model.get("data"), servicesOfManager(model.widget_manager));
  signal.addEventListener("abort", () => mounted.dispose());
  reportRenderer(model);
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
  reportRenderer(model);
}

/**
 * Notify the kernel if the page has the renderer for saved data.
 *
 * @param {WidgetModel} model
 */
function reportRenderer(model) {
  if (canRender(model.widget_manager, model.get("mime"))) model.send({ type: "renderer" });
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
function renderAnswer(model, record, el, signal) {
  drawUntilCleared(streamOf(record, "answer"), signal, (drawn) => drawAnswer(model, record, el, drawn));
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
function drawAnswer(model, record, el, signal) {
  const answer = new AnswerMarkdown(hostOfManager(model.widget_manager), model.get("given"));
  const pane = new AnswerPane(answer);
  const stream = streamOf(record, "answer");
  answer.append(stream.text);
  signal.addEventListener("abort", stream.subscribe((delta) => answer.append(delta)));
  offerDrawing(record, "answer", answer);
  el.replaceChildren(pane.element);
}

export { useStyle };
