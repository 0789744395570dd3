// A batch that streams: frames from the kernel, the panes of the lane that is open, and Stop.

/** @import { Batch, KernelMessage, Lane, LaneState, LiveStatus, TurnState, ViewRecord, WidgetManager, WidgetModel, WidgetView } from "./types.js" */

import { milestone, stageOf } from "./batch_captions.js";
import { applyFrame, batchOf } from "./batch_data.js";
import { BatchView } from "./batch_view.js";
import { announce, element } from "./elements.js";
import { interruptKernel } from "./host.js";
import { fieldsOf } from "./turn_data.js";
import { listen, notify, viewRecord } from "./view_records.js";
import { viewOf } from "./widget_views.js";

const STOP_TIMEOUT_MS = 500;
const LATE_MS = 1500;
const CHECK_MS = 1000;
const STOPS_LATER = "stops when the running cell has finished";
/** @type {Record<LaneState, TurnState>} */
const TURN_STATES = {
  waiting: "connecting", connecting: "connecting", reasoning: "reasoning", answering: "answering",
  complete: "complete", cut: "stopped", stopped: "stopped", error: "error", saved: "stopped",
};
const LOST = "The connection to the kernel was lost.";

/** What the page knows of a batch that streams; each of its views shows it. */
export class LiveBatch {
  batch;
  /** @type {Lane[]} */
  changed = [];
  isNew = false;
  stopping = false;
  acknowledged = false;
  unanswered = false;

  /** @param {unknown} data */
  constructor(data) {
    this.batch = batchOf(data);
  }

  /** @param {unknown} data */
  replace(data) {
    this.batch = batchOf(data);
    this.isNew = true;
  }

  /**
   * Take a frame; returns whether one before it is missing.
   *
   * @param {unknown} frame
   */
  apply(frame) {
    const number = Number(fieldsOf(frame).number);
    const isMissing = number > this.batch.frame + 1;
    this.changed = applyFrame(this.batch, frame);
    return isMissing;
  }
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 */
export function startBatch(model, record) {
  const live = (record.liveBatch = new LiveBatch(model.get("batch")));
  /** @param {KernelMessage} message */
  const receive = (message) => {
    const before = live.batch.figures;
    if (message.type === "stopping") live.acknowledged = live.stopping = true;
    else if (message.type === "batch") live.replace(message.batch);
    else if (message.type === "frame" && live.apply(message.frame)) model.send({ type: "resync" });
    const news = milestone(before, live.batch.figures);
    if (news) announce(news);
    notify(record, "batch");
    live.changed = [];
    live.isNew = false;
  };
  return { receive, stop: () => delete record.liveBatch };
}

/**
 * @param {WidgetModel} model
 * @param {ViewRecord} record
 * @param {HTMLElement} el
 * @param {AbortSignal} signal
 */
export function renderBatch(model, record, el, signal) {
  const live = record.liveBatch;
  if (!live) return;
  const panes = new OpenPanes(model.widget_manager);
  /** @type {AbortController | null} */
  let drawing = null;
  const stop = () => askToStop(model, live, record);
  const onOpen = (/** @type {Lane | null} */ lane) => model.send({ type: "open", index: lane ? lane.index : null });
  const draw = () => {
    drawing?.abort();
    drawing = new AbortController();
    const view = new BatchView(live.batch, record, { services: {}, live: { onStop: stop, onOpen }, signal: drawing.signal });
    el.replaceChildren(view.element);
    view.show();
    return view;
  };
  let view = draw();
  const refresh = () => {
    if (live.isNew) view = draw();
    else view.update(live.changed);
    panes.show(live.batch, view);
    const lost = live.batch.figures.state === "running" && el.closest(".jupyter-widgets-disconnected") !== null;
    view.showState({ stopping: live.stopping, lost, notices: lost ? [LOST] : live.unanswered ? [STOPS_LATER] : [] });
  };
  // A page that is opened again asks for the lane that was open before.
  if (view.openLane && live.batch.open?.index !== view.openLane.index) onOpen(view.openLane);
  listen(record, "batch", refresh, signal);
  // The host marks widgets whose kernel restarted or died; there is no other notification.
  const timer = setInterval(() => live.batch.figures.state === "running" && refresh(), CHECK_MS);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    drawing?.abort();
    panes.close();
  });
  refresh();
}

/**
 * @param {WidgetModel} model
 * @param {LiveBatch} live
 * @param {ViewRecord} record
 */
function askToStop(model, live, record) {
  live.stopping = true;
  model.send({ type: "stop" });
  notify(record, "batch");
  announce("Stopping");
  // Some kernels handle no widget messages while a cell runs, but do handle an interrupt.
  setTimeout(() => {
    if (live.acknowledged || live.batch.figures.state !== "running") return;
    if (model.get("interrupts")) interruptKernel(model.widget_manager);
    else live.unanswered = true;
    notify(record, "batch");
  }, STOP_TIMEOUT_MS);
}

/** The panes of the lane that the kernel shows, in the place below its row. */
class OpenPanes {
  #manager;
  /** @type {WidgetView[]} */
  #views = [];
  #shown = "";
  /** @type {Lane | null} */
  #wanted = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #late;

  /** @param {WidgetManager} manager */
  constructor(manager) {
    this.#manager = manager;
  }

  /**
   * @param {Batch} batch
   * @param {BatchView} view
   */
  show(batch, view) {
    const lane = view.openLane ?? null;
    if (lane !== this.#wanted) {
      this.#wanted = lane;
      this.close();
      if (lane) this.#wait(view.detail);
    }
    const panes = batch.open;
    if (!lane || panes?.index !== lane.index) return;
    if (panes.elsewhere) return this.#tell(view.detail, "It streams in another process: its text appears here when it has ended.");
    showTurnState(viewRecord(panes.turn), lane, batch.figures.elapsed);
    const shown = panes.panes.join(" ");
    if (shown === this.#shown) return;
    this.close();
    this.#shown = shown;
    void this.#embed(panes.panes, view.detail);
  }

  close() {
    clearTimeout(this.#late);
    for (const view of this.#views.splice(0)) view.remove();
    this.#shown = "";
  }

  /** @param {HTMLElement} detail */
  #wait(detail) {
    this.#tell(detail, "Opening…");
    // Some kernels handle no widget messages while a cell runs.
    this.#late = setTimeout(() => this.#tell(detail, "It opens when the running cell has finished."), LATE_MS);
  }

  /**
   * @param {HTMLElement} detail
   * @param {string} text
   */
  #tell(detail, text) {
    clearTimeout(this.#late);
    if (detail.textContent !== text) detail.replaceChildren(element("div", "qwq-lane-absent", {}, text));
  }

  /**
   * @param {string[]} ids
   * @param {HTMLElement} detail
   */
  async #embed(ids, detail) {
    const shown = this.#shown;
    try {
      const views = await Promise.all(ids.map((id) => viewOf(id, this.#manager)));
      if (shown !== this.#shown) return views.forEach((view) => view.remove());
      clearTimeout(this.#late);
      this.#views = views;
      detail.replaceChildren(...views.map((view) => view.el));
    } catch {
      // The lane was closed, or the batch has ended, before its panes were loaded.
    }
  }
}

/**
 * Let the panes know how far their turn is: they have no status line of their own here.
 *
 * @param {ViewRecord} record
 * @param {Lane} lane
 * @param {number} elapsed
 */
function showTurnState(record, lane, elapsed) {
  const state = TURN_STATES[lane.state];
  if (record.live?.state === state) return;
  const began = performance.now() - 1000 * Math.max(0, elapsed - (lane.began ?? elapsed));
  /** @type {LiveStatus} */
  record.live = { began, state, stopping: false, closing: false, lost: false, text: { tokens: 0, first: 0, last: 0 } };
  if (stageOf(lane) === "running" && state === "reasoning") record.thinking.began ??= began;
  else if (record.thinking.began !== null) record.thinking.ended ??= performance.now();
  notify(record, "live");
}
