// A chat as this browser page knows it: the latest state from the kernel, and the user's draft.
//
// The kernel names all turns to show and sends the text of each once; the page requests turns
// whose text is missing. All views of the chat on the page share this object.

/** @import { ChatEntry, ChatPageData, KernelMessage, LiveReply, MimeBundle, PageMessage, SaveBundle, ViewRecord, WidgetModel } from "./types.js" */

import { announce } from "./elements.js";
import { fieldsOf, lineOf } from "./turn_data.js";
import { notify } from "./view_records.js";

/** @typedef {{ shown: string, save: SaveBundle }} Saver */

const RETRY_MS = 1000;
const REPLY_TIMEOUT_MS = 2000;
const KERNEL_ENDED = "The kernel was restarted or shut down. Run the cell again to continue the chat.";
const KERNEL_BUSY = "The kernel is busy with a cell and will respond when the cell has finished.";

export class ChatPage {
  conversation = "";
  /** @type {string[]} */
  names = [];
  /** @type {string[]} */
  keys = [];
  earlier = 0;
  /**
   * The reply in progress, or null.
   *
   * @type {LiveReply | null}
   */
  live = null;
  /** @type {Map<string, ChatEntry>} */
  turns = new Map();
  /** The text in the prompt box. */
  draft = "";
  /**
   * The prompt that the kernel has not acknowledged yet, or null.
   *
   * @type {{ id: string, text: string } | null}
   */
  pending = null;
  stopping = false;
  /** One line under the turns, and whether it is an error. */
  line = "";
  isError = false;
  /** @type {WidgetModel} */
  #model;
  /** @type {ViewRecord} */
  #record;
  /** @type {Map<string, string>} */
  #prompts = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #replyTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer;
  /** @type {Set<Saver>} */
  #savers = new Set();
  #hasEnded = false;

  /**
   * @param {WidgetModel} model
   * @param {ViewRecord} record
   */
  constructor(model, record) {
    this.#model = model;
    this.#record = record;
    this.#take(model.get("page"));
    // Fires when the kernel restarts or dies.
    model.on("comm_live_update", () => this.#end());
  }

  /** @param {KernelMessage} message */
  receive(message) {
    const text = this.#prompts.get("id" in message ? message.id : "");
    switch (message.type) {
      case "page":
        this.#take(message.page);
        break;
      case "heard":
        this.#accepted(text, lineOf(message.text, 1000));
        break;
      case "refused":
        if (text !== undefined) this.#settled(lineOf(message.text, 1000), true);
        break;
      case "saved":
        this.#save(message.bundle);
        break;
      case "failed":
        // Restore the prompt, unless the user has typed something else since.
        if (text !== undefined && !this.draft) this.draft = text;
        break;
    }
    this.#changed();
  }

  /** @param {string} draft */
  type(draft) {
    this.draft = draft;
    notify(this.#record, "draft");
  }

  /** Send the draft if possible; returns whether it was sent. */
  ask() {
    if (!this.draft.trim() || this.pending || this.live || this.#hasEnded) return false;
    const id = `${Math.random().toString(36).slice(2)}${this.#prompts.size}`;
    this.pending = { id, text: this.draft };
    this.#prompts.set(id, this.draft);
    this.#send({ type: "ask", id, text: this.draft });
    return true;
  }

  stop() {
    this.stopping = true;
    announce("Stopping");
    this.#send({ type: "stop" });
  }

  /** @param {string} conversation */
  select(conversation) {
    this.#send({ type: "select", conversation });
  }

  begin() {
    this.#send({ type: "new" });
  }

  showEarlier() {
    this.#send({ type: "earlier" });
  }

  /** Request the current state: a cell may have added turns. */
  refresh() {
    this.#model.send({ type: "refresh" });
  }

  /**
   * Call `save(bundle)` whenever the turns to save differ from those in `data`.
   *
   * @param {unknown} data
   * @param {SaveBundle} save
   * @param {AbortSignal} signal
   */
  keepSaved(data, save, signal) {
    const saver = { shown: shownIn(fieldsOf(data)), save };
    this.#savers.add(saver);
    signal.addEventListener("abort", () => this.#savers.delete(saver));
    this.#requestSaved();
  }

  close() {
    clearTimeout(this.#replyTimer);
    clearTimeout(this.#retryTimer);
  }

  /** @param {PageMessage} message */
  #send(message) {
    this.#showLine("", false);
    this.#model.send(message);
    clearTimeout(this.#replyTimer);
    this.#replyTimer = setTimeout(() => {
      this.#showLine(KERNEL_BUSY, false);
      this.#changed();
    }, REPLY_TIMEOUT_MS);
    this.#changed();
  }

  /**
   * @param {string | undefined} text
   * @param {string} notice
   */
  #accepted(text, notice) {
    if (text === undefined) return;
    if (this.draft === text) this.draft = "";
    this.#settled(notice, false);
  }

  /**
   * @param {string} line
   * @param {boolean} isError
   */
  #settled(line, isError) {
    this.pending = null;
    clearTimeout(this.#replyTimer);
    this.#showLine(line, isError);
  }

  /**
   * @param {string} line
   * @param {boolean} isError
   */
  #showLine(line, isError) {
    this.line = line;
    this.isError = isError;
    if (line) announce(line);
  }

  /** @param {ChatPageData} page */
  #take(page) {
    clearTimeout(this.#retryTimer);
    const before = `${this.conversation} ${this.live?.turn_id}`;
    this.conversation = lineOf(page.conversation, 200);
    this.names = page.names;
    this.keys = page.keys;
    this.earlier = page.earlier;
    this.live = page.live;
    if (before !== `${this.conversation} ${this.live?.turn_id}`) this.stopping = false;
    for (const [key, turn] of Object.entries(page.turns)) this.turns.set(key, turn);
    for (const key of this.turns.keys()) if (!this.keys.includes(key)) this.turns.delete(key);
    if (!this.pending && !this.stopping) {
      clearTimeout(this.#replyTimer);
      if (this.line === KERNEL_BUSY) this.#showLine("", false);
    }
    if (this.keys.some((key) => !this.turns.has(key))) this.#requestAll();
    this.#requestSaved();
  }

  #requestSaved() {
    if (this.live) return;
    const shown = shownIn(this);
    if ([...this.#savers].some((saver) => saver.shown !== shown)) this.#model.send({ type: "save" });
  }

  /** @param {MimeBundle} bundle */
  #save(bundle) {
    for (const saver of this.#savers) {
      saver.shown = shownIn(this);
      saver.save(bundle);
    }
  }

  #end() {
    this.#hasEnded = true;
    this.live = null;
    this.pending = null;
    clearTimeout(this.#replyTimer);
    this.#showLine(KERNEL_ENDED, true);
    this.#changed();
  }

  #requestAll() {
    this.#model.send({ type: "whole" });
    this.#retryTimer = setTimeout(() => this.#requestAll(), RETRY_MS);
  }

  #changed() {
    notify(this.#record, "chat");
    notify(this.#record, "draft");
  }
}

/**
 * Identifies the shown turns and their conversation.
 *
 * @param {{ conversation?: unknown, keys?: unknown }} shown
 */
function shownIn({ conversation, keys }) {
  return JSON.stringify([conversation, keys]);
}
