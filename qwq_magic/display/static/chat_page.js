// A chat as this browser page knows it: what the kernel last said, and what the reader types.
//
// The kernel names all turns that are shown and sends the text of each once; a turn whose
// text never came is asked for. All views of the chat on the page share this.

/** @import { ChatEntry, ChatPageData, KernelMessage, LiveReply, MimeBundle, PageMessage, SaveBundle, ViewRecord, WidgetModel } from "./types.js" */

import { announce } from "./elements.js";
import { fieldsOf, lineOf } from "./turn_data.js";
import { notify } from "./view_records.js";

/** @typedef {{ shown: string, save: SaveBundle }} Saver */

const ASK_AGAIN_MS = 1000;
const UNHEARD_MS = 2000;
const GONE = "The kernel is gone, and the chat with it. Run the cell again to go on.";
const BUSY = "The kernel is busy with a cell, and will hear of this when it is free.";

export class ChatPage {
  conversation = "";
  /** @type {string[]} */
  names = [];
  /** @type {string[]} */
  keys = [];
  earlier = 0;
  /**
   * The reply under way: {turn_id, prompt, panes}, or null.
   *
   * @type {LiveReply | null}
   */
  live = null;
  /** @type {Map<string, ChatEntry>} */
  turns = new Map();
  /** What stands in the prompt box. */
  draft = "";
  /**
   * The ask that the kernel has not heard yet: {id, text}.
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
  #asked = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #asking;
  /** @type {Set<Saver>} */
  #savers = new Set();
  #isLost = false;

  /**
   * @param {WidgetModel} model
   * @param {ViewRecord} record
   */
  constructor(model, record) {
    this.#model = model;
    this.#record = record;
    this.#take(model.get("page"));
    // Told when the kernel restarts or dies.
    model.on("comm_live_update", () => this.#lose());
  }

  /** @param {KernelMessage} message */
  receive(message) {
    const text = this.#asked.get("id" in message ? message.id : "");
    switch (message.type) {
      case "page":
        this.#take(message.page);
        break;
      case "heard":
        this.#heard(text, lineOf(message.text, 1000));
        break;
      case "refused":
        if (text !== undefined) this.#settled(lineOf(message.text, 1000), true);
        break;
      case "saved":
        this.#save(message.bundle);
        break;
      case "failed":
        // What was typed is not lost with the reply, unless something else is typed by now.
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

  /** Send what is typed, if it can be; returns whether it was. */
  ask() {
    if (!this.draft.trim() || this.pending || this.live || this.#isLost) return false;
    const id = `${Math.random().toString(36).slice(2)}${this.#asked.size}`;
    this.pending = { id, text: this.draft };
    this.#asked.set(id, this.draft);
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

  /** Something may have been asked in a cell. */
  refresh() {
    this.#model.send({ type: "refresh" });
  }

  /**
   * Call `save(bundle)` whenever the notebook should hold other turns than those of `data`.
   *
   * @param {unknown} data
   * @param {SaveBundle} save
   * @param {AbortSignal} signal
   */
  keepSaved(data, save, signal) {
    const saver = { shown: shownIn(fieldsOf(data)), save };
    this.#savers.add(saver);
    signal.addEventListener("abort", () => this.#savers.delete(saver));
    this.#askForSaved();
  }

  close() {
    clearTimeout(this.#patience);
    clearTimeout(this.#asking);
  }

  /** @param {PageMessage} message */
  #send(message) {
    this.#say("", false);
    this.#model.send(message);
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.#say(BUSY, false);
      this.#changed();
    }, UNHEARD_MS);
    this.#changed();
  }

  /**
   * @param {string | undefined} text
   * @param {string} notice
   */
  #heard(text, notice) {
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
    clearTimeout(this.#patience);
    this.#say(line, isError);
  }

  /**
   * @param {string} line
   * @param {boolean} isError
   */
  #say(line, isError) {
    this.line = line;
    this.isError = isError;
    if (line) announce(line);
  }

  /** @param {ChatPageData} page */
  #take(page) {
    clearTimeout(this.#asking);
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
      clearTimeout(this.#patience);
      if (this.line === BUSY) this.#say("", false);
    }
    if (this.keys.some((key) => !this.turns.has(key))) this.#askForAll();
    this.#askForSaved();
  }

  #askForSaved() {
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

  #lose() {
    this.#isLost = true;
    this.live = null;
    this.pending = null;
    clearTimeout(this.#patience);
    this.#say(GONE, true);
    this.#changed();
  }

  #askForAll() {
    this.#model.send({ type: "whole" });
    this.#asking = setTimeout(() => this.#askForAll(), ASK_AGAIN_MS);
  }

  #changed() {
    notify(this.#record, "chat");
    notify(this.#record, "draft");
  }
}

/**
 * Which turns of which conversation.
 *
 * @param {{ conversation?: unknown, keys?: unknown }} shown
 */
function shownIn({ conversation, keys }) {
  return JSON.stringify([conversation, keys]);
}
