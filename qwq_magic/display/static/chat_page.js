// A chat as this browser page knows it: what the kernel last said, and what the reader types.
//
// The kernel names all turns that are shown and sends the text of each once; a turn whose
// text never came is asked for. All views of the chat on the page share this.

import { announce } from "./elements.js";
import { lineOf } from "./turn_data.js";
import { notify } from "./view_records.js";

const ASK_AGAIN_MS = 1000;
const UNHEARD_MS = 2000;
const GONE = "The kernel is gone, and the chat with it. Run the cell again to go on.";
const BUSY = "The kernel is busy with a cell, and will hear of this when it is free.";

export class ChatPage {
  conversation = "";
  names = [];
  keys = [];
  earlier = 0;
  /** The reply under way: {turn_id, prompt, panes}, or null. */
  live = null;
  turns = new Map();
  /** What stands in the prompt box. */
  draft = "";
  /** The ask that the kernel has not heard yet: {id, text}. */
  pending = null;
  stopping = false;
  /** One line under the turns, and whether it is an error. */
  line = "";
  isError = false;
  #model;
  #record;
  #asked = new Map();
  #patience = null;
  #asking = null;
  #savers = new Set();
  #isLost = false;

  constructor(model, record) {
    this.#model = model;
    this.#record = record;
    this.#take(model.get("page"));
    // Told when the kernel restarts or dies.
    model.on("comm_live_update", () => this.#lose());
  }

  receive(message) {
    const text = this.#asked.get(message?.id);
    switch (message?.type) {
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

  /** Call `save(bundle)` whenever the notebook should hold other turns than those of `data`. */
  keepSaved(data, save, signal) {
    const saver = { shown: shownIn(data), save };
    this.#savers.add(saver);
    signal.addEventListener("abort", () => this.#savers.delete(saver));
    this.#askForSaved();
  }

  close() {
    clearTimeout(this.#patience);
    clearTimeout(this.#asking);
  }

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

  #heard(text, notice) {
    if (text === undefined) return;
    if (this.draft === text) this.draft = "";
    this.#settled(notice, false);
  }

  #settled(line, isError) {
    this.pending = null;
    clearTimeout(this.#patience);
    this.#say(line, isError);
  }

  #say(line, isError) {
    this.line = line;
    this.isError = isError;
    if (line) announce(line);
  }

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

/** Which turns of which conversation. */
function shownIn({ conversation, keys }) {
  return JSON.stringify([conversation, keys]);
}
