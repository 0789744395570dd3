// The chats that live on this page, by id; a saved chat gives its place to the live one.
//
// They hang on the page, because widgets and the final output's renderer load these
// modules separately. A saved notebook can name an id, but never put a chat here.

/** @import { LiveChat } from "./types.js" */

/** @typedef {{ byId: Map<string, LiveChat>, events: EventTarget }} Chats */

const CHATS = Symbol.for("qwq_magic.chats");

/** @returns {Chats} */
function chats() {
  const page = /** @type {Record<symbol, Chats | undefined>} */ (globalThis);
  return (page[CHATS] ??= { byId: new Map(), events: new EventTarget() });
}

/**
 * `chat` has mount(el, signal) and keepSaved(data, save, signal).
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
 * The chat of that id, or null.
 *
 * @param {string} id
 * @returns {LiveChat | null}
 */
export function liveChat(id) {
  return chats().byId.get(id) ?? null;
}

/**
 * Call back when a chat comes or goes, until `signal` aborts.
 *
 * @param {() => void} callback
 * @param {AbortSignal} signal
 */
export function onChats(callback, signal) {
  chats().events.addEventListener("change", callback, { signal });
}
