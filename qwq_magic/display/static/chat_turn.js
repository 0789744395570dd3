// One turn of a chat: the prompt, and below it the reply, live or finished.

/** @import { ChatEntry, LiveReply, Mounted, Services, WidgetManager, WidgetModel, WidgetView } from "./types.js" */

import { element } from "./elements.js";
import { cleanText } from "./safe_text.js";
import { textOf } from "./turn_data.js";
import { mountTurn } from "./turn_view.js";

const RETRIES = 20;
const RETRY_MS = 250;

/** A finished turn, drawn like the final output of a cell. */
export class EndedTurn {
  element;
  /** @type {Mounted} */
  #mounted;

  /**
   * `services` are the host's, as `mountTurn` expects them.
   *
   * @param {ChatEntry} entry
   * @param {Services} services
   */
  constructor(entry, services) {
    const reply = element("div", "qwq-chat-reply");
    this.element = turnElement(entry.prompt, reply, entry.hidden === true ? "hidden: not sent" : "");
    this.#mounted = mountTurn(reply, entry.turn, services);
  }

  remove() {
    this.#mounted.dispose();
    this.element.remove();
  }
}

/** A turn in progress: the live panes, which are separate widgets. */
export class LiveTurn {
  element;
  turnId;
  /** @type {WidgetView[]} */
  #views = [];
  #removed = false;

  /**
   * @param {LiveReply} live
   * @param {WidgetManager} manager
   */
  constructor(live, manager) {
    this.turnId = live.turn_id;
    const reply = element("div", "qwq-chat-reply qwq-chat-live");
    this.element = turnElement(live.prompt, reply, "");
    this.#show(live.panes, reply, manager);
  }

  remove() {
    this.#removed = true;
    for (const view of this.#views) view.remove();
    this.element.remove();
  }

  /**
   * @param {string[]} panes
   * @param {HTMLElement} reply
   * @param {WidgetManager} manager
   */
  async #show(panes, reply, manager) {
    try {
      const views = await Promise.all(panes.map((id) => viewOf(id, manager)));
      this.#views = views;
      if (this.#removed) this.remove();
      else reply.append(...views.map((view) => view.el));
    } catch {
      // The reply ended before its panes were loaded: the finished turn follows.
    }
  }
}

/**
 * @param {string} id
 * @param {WidgetManager} manager
 */
async function viewOf(id, manager) {
  return manager.create_view(await modelOf(id, manager));
}

/**
 * Retry, since a page that is loading may know the chat before it knows the panes.
 *
 * @param {string} id
 * @param {WidgetManager} manager
 * @returns {Promise<WidgetModel>}
 */
async function modelOf(id, manager) {
  for (let left = RETRIES; ; left--) {
    try {
      return await manager.get_model(id);
    } catch (error) {
      if (!left) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/**
 * @param {unknown} prompt
 * @param {HTMLElement} reply
 * @param {string} mark
 */
function turnElement(prompt, reply, mark) {
  const text = element("div", "qwq-chat-prompt-text", { dir: "auto" }, cleanText(textOf(prompt)));
  const asked = element("div", "qwq-chat-prompt", { role: "group", "aria-label": "Prompt" }, text);
  if (mark) asked.append(element("div", "qwq-chat-mark", {}, mark));
  return element("article", "qwq-chat-turn", {}, asked, reply);
}
