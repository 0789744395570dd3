// One turn of a chat: the prompt, and below it the reply, live or finished.

/** @import { ChatEntry, LiveReply, Mounted, Services, WidgetManager, WidgetView } from "./types.js" */

import { element } from "./elements.js";
import { cleanText } from "./safe_text.js";
import { textOf } from "./turn_data.js";
import { mountTurn } from "./turn_view.js";
import { viewOf } from "./widget_views.js";

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
