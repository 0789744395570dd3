// One view of a chat: conversations above, turns in the middle, the prompt box below.

/** @import { ViewRecord, WidgetManager } from "./types.js" */
/** @import { ChatPage } from "./chat_page.js" */

import { ChatPrompt } from "./chat_prompt.js";
import { EndedTurn, LiveTurn } from "./chat_turn.js";
import { button, element } from "./elements.js";
import { servicesOfManager } from "./host.js";
import { TailFollowing } from "./tail_following.js";
import { listen } from "./view_records.js";

/**
 * Draw the chat of a record into `el` until `signal` aborts.
 *
 * @param {HTMLElement} el
 * @param {ViewRecord} record
 * @param {WidgetManager} manager
 * @param {AbortSignal} signal
 */
export function mountChat(el, record, manager, signal) {
  const view = new ChatView(record, /** @type {ChatPage} */ (record.chat), manager, signal);
  el.append(view.element);
  keepKeys(view.element, signal);
}

class ChatView {
  element;
  /** @type {ChatPage} */
  #page;
  /** @type {WidgetManager} */
  #manager;
  #select = element("select", "qwq-chat-select", { "aria-label": "Conversation" });
  #turns = element("div", "qwq-chat-turns");
  /** @type {HTMLButtonElement} */
  #earlier;
  #line = element("div", "qwq-chat-line");
  #empty = element("p", "qwq-chat-empty");
  /** @type {HTMLElement} */
  #log;
  /** @type {TailFollowing} */
  #following;
  /** @type {ChatPrompt} */
  #prompt;
  /** @type {Map<string, EndedTurn>} */
  #ended = new Map();
  /** @type {LiveTurn | null} */
  #live = null;
  #shownNames = "";

  /**
   * @param {ViewRecord} record
   * @param {ChatPage} page
   * @param {WidgetManager} manager
   * @param {AbortSignal} signal
   */
  constructor(record, page, manager, signal) {
    this.#page = page;
    this.#manager = manager;
    this.#earlier = button("qwq-button qwq-chat-earlier", "", () => this.#showEarlier());
    // Only the beginning and the end of replies are announced, not every word.
    this.#log = element(
      "div",
      "qwq-chat-log",
      { role: "log", "aria-live": "off", "aria-label": "Turns", tabindex: "0" },
      element("div", "qwq-chat-inner", {}, this.#earlier, this.#empty, this.#turns, this.#line),
    );
    this.#following = new TailFollowing(this.#log, record, signal);
    this.#prompt = new ChatPrompt(this.#page, record, { onAsk: () => this.#ask(), signal });
    this.element = element(
      "section",
      "qwq-chat",
      { "aria-label": "Chat" },
      this.#head(),
      element("div", "qwq-chat-frame", {}, this.#log, this.#following.jump),
      this.#prompt.element,
    );
    this.#keepPromptVisible(signal);
    listen(record, "chat", () => this.#show(), signal);
    signal.addEventListener("abort", () => {
      for (const turn of this.#ended.values()) turn.remove();
      this.#live?.remove();
    });
    this.#show();
  }

  /**
   * Keep the prompt box visible while turns push it down, unless the user has scrolled away from
   * it.
   *
   * @param {AbortSignal} signal
   */
  #keepPromptVisible(signal) {
    const foot = this.#prompt.element;
    let isVisible = false;
    const intersections = new IntersectionObserver((entries) => (isVisible = entries.at(-1)?.isIntersecting ?? isVisible));
    intersections.observe(foot);
    // Resizes are reported before intersections, so `isVisible` is still the state before the
    // resize.
    const resized = new ResizeObserver(() => {
      if (isVisible && this.element.contains(document.activeElement)) foot.scrollIntoView({ block: "nearest" });
    });
    resized.observe(this.element);
    signal.addEventListener("abort", () => {
      intersections.disconnect();
      resized.disconnect();
    });
  }

  #head() {
    const begin = button("qwq-button qwq-chat-new", "New", () => {
      this.#page.begin();
      this.#prompt.focus();
    });
    begin.setAttribute("aria-label", "New conversation");
    this.#select.addEventListener("change", () => this.#page.select(this.#select.value));
    const label = element("span", "qwq-chat-label", { "aria-hidden": "true" }, "Conversation");
    return element("div", "qwq-chat-head", {}, label, this.#select, begin);
  }

  #ask() {
    if (this.#page.ask()) this.#following.follow();
  }

  #showEarlier() {
    // The user wants to read the earliest turns.
    this.#following.fromTop();
    this.#page.showEarlier();
    this.#log.focus();
  }

  #show() {
    this.#showNames();
    this.#showTurns();
    const { earlier, keys, live, line, isError, conversation } = this.#page;
    this.#earlier.hidden = !earlier;
    this.#earlier.textContent = `Show earlier turns (${earlier})`;
    this.#empty.hidden = Boolean(keys.length || live);
    this.#empty.textContent = `“${conversation}” has no turns yet.`;
    this.#line.textContent = line;
    this.#line.className = isError ? "qwq-chat-line qwq-error" : "qwq-chat-line qwq-notice";
    this.#line.hidden = !line;
  }

  #showNames() {
    const { names, conversation } = this.#page;
    const shown = JSON.stringify(names);
    if (shown !== this.#shownNames) {
      this.#shownNames = shown;
      this.#select.replaceChildren(...names.map((name) => element("option", "", { value: name }, name)));
    }
    this.#select.value = conversation;
  }

  #showTurns() {
    const { keys, turns, live } = this.#page;
    for (const [key, turn] of this.#ended) {
      if (keys.includes(key)) continue;
      turn.remove();
      this.#ended.delete(key);
    }
    /** @type {HTMLElement | null} */
    let after = null;
    for (const key of keys) {
      const entry = turns.get(key);
      if (!entry) continue; // it has been requested
      let turn = this.#ended.get(key);
      if (!turn) {
        turn = new EndedTurn(entry, servicesOfManager(this.#manager));
        this.#ended.set(key, turn);
      }
      /** @type {ChildNode | null} */
      const next = after ? after.nextSibling : this.#turns.firstChild;
      if (turn.element !== next) this.#turns.insertBefore(turn.element, next);
      after = turn.element;
    }
    // Only now, when the finished turn has taken over the live drawings.
    if (this.#live && this.#live.turnId !== live?.turn_id) {
      this.#live.remove();
      this.#live = null;
    }
    if (live && !this.#live) {
      this.#live = new LiveTurn(live, this.#manager);
      this.#turns.append(this.#live.element);
    }
  }
}

/**
 * Keep keys typed here from the notebook, except Ctrl-S, which still saves it.
 *
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
function keepKeys(root, signal) {
  for (const type of ["keydown", "keypress", "keyup"]) {
    root.addEventListener(type, (event) => event.stopPropagation());
  }
  /** @param {KeyboardEvent} event */
  const mark = (event) => {
    if (!root.contains(/** @type {Node} */ (event.target))) return;
    const saves = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
    // JupyterLab handles the event before it arrives here, and respects this attribute.
    root.toggleAttribute("data-lm-suppress-shortcuts", !saves);
  };
  window.addEventListener("keydown", mark, { capture: true, signal });
  root.setAttribute("data-lm-suppress-shortcuts", "true");
}
