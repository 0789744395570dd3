// The live chats on this page, by id; a saved chat is replaced by the live one.
//
// They are stored on `globalThis`, because the widgets and the renderer of final outputs load
// these modules separately. A saved notebook can name an id, but cannot add a chat.

/** @import { LiveChat } from "./types.js" */

/** @typedef {{ byId: Map<string, LiveChat>, events: EventTarget }} Chats */

const CHATS = Symbol.for("qwq_magic.chats");

/** @returns {Chats} */
function chats() {
  const page = /** @type {Record<symbol, Chats | undefined>} */ (globalThis);
  return (page[CHATS] ??= { byId: new Map(), events: new EventTarget() });
}

/**
 * Add a chat, and notify the saved views of it.
 *
 * @param {string} id
 * @param {LiveChat} chat
 */
export function addChat(id, chat) {
  chats().byId.set(id, chat);
  chats().events.dispatchEvent(new Event("change"));
}

/** @param {string} id */
export function removeChat(id) {
  chats().byId.delete(id);
  chats().events.dispatchEvent(new Event("change"));
}

/**
 * The chat with this id, or null.
 *
 * @param {string} id
 * @returns {LiveChat | null}
 */
export function liveChat(id) {
  return chats().byId.get(id) ?? null;
}

/**
 * Call back when a chat is added or removed, until `signal` aborts.
 *
 * @param {() => void} callback
 * @param {AbortSignal} signal
 */
export function onChats(callback, signal) {
  chats().events.addEventListener("change", callback, { signal });
}
