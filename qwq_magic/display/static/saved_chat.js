// A chat in a saved notebook: its saved turns, or the live chat while its kernel is running.

/** @typedef {{ id: string, conversation: string, turns: ChatEntry[] }} SavedChat */
/** @import { ChatEntry, LiveChat, Mounted, SaveBundle, Services } from "./types.js" */

import { EndedTurn } from "./chat_turn.js";
import { element } from "./elements.js";
import { liveChat, onChats } from "./live_chats.js";
import { fieldsOf, lineOf } from "./turn_data.js";

const MAX_TURNS = 500;
const HINT = "Run the cell to continue this chat.";

/**
 * Show saved data in `el`; `save(bundle)` replaces the saved data in the notebook.
 *
 * Returns {keeps, dispose}. `keeps(data)` is true if the data belongs to the live chat shown
 * here, so that nothing must be redrawn.
 *
 * @param {HTMLElement} el
 * @param {unknown} data
 * @param {Services} services
 * @param {SaveBundle} save
 * @returns {Mounted & { keeps(other: unknown): boolean }}
 */
export function mountSavedChat(el, data, services, save) {
  const chat = chatOf(data);
  const controller = new AbortController();
  const root = element("div", "qwq-part");
  el.replaceChildren(root);
  /** @type {LiveChat | null | undefined} */
  let shown; // the live chat, null for the saved turns
  let current = new AbortController();
  const show = () => {
    const live = liveChat(chat.id);
    if (live === shown) return;
    shown = live;
    current.abort();
    current = new AbortController();
    root.replaceChildren();
    if (live) {
      live.mount(root, current.signal);
      live.keepSaved(data, save, current.signal);
    } else drawSaved(root, chat, services, current.signal);
  };
  onChats(show, controller.signal);
  show();
  return {
    keeps: (other) => shown !== null && chatOf(other).id === chat.id,
    dispose: () => {
      controller.abort();
      current.abort();
    },
  };
}

/**
 * The chat as this view needs it, whatever the notebook contains.
 *
 * @param {unknown} value
 * @returns {SavedChat}
 */
function chatOf(value) {
  const data = fieldsOf(value);
  const turns = Array.isArray(data.turns) ? data.turns.slice(-MAX_TURNS) : [];
  return {
    id: lineOf(data.id, 200),
    conversation: lineOf(data.conversation, 200),
    turns: turns.filter((turn) => turn !== null && typeof turn === "object"),
  };
}

/**
 * @param {HTMLElement} root
 * @param {SavedChat} chat
 * @param {Services} services
 * @param {AbortSignal} signal
 */
function drawSaved(root, chat, services, signal) {
  const turns = chat.turns.map((entry) => new EndedTurn(entry, services));
  signal.addEventListener("abort", () => turns.forEach((turn) => turn.remove()));
  const name = element("span", "qwq-chat-name", {}, chat.conversation);
  const label = element("span", "qwq-chat-label", {}, "Conversation");
  const inner = element("div", "qwq-chat-inner", {}, ...turns.map((turn) => turn.element));
  root.append(
    element(
      "section",
      "qwq-chat",
      { "aria-label": "Chat" },
      element("div", "qwq-chat-head", {}, label, name),
      element("div", "qwq-chat-log", { role: "group", "aria-label": "Turns", tabindex: "0" }, inner),
      element("div", "qwq-chat-foot qwq-chat-hint", {}, HINT),
    ),
  );
}
