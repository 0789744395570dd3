// The chats that live on this page, by id; a saved chat gives its place to the live one.
//
// They hang on the page, because widgets and the final output's renderer load these
// modules separately. A saved notebook can name an id, but never put a chat here.

const CHATS = Symbol.for("qwq_magic.chats");

function chats() {
  return (globalThis[CHATS] ??= { byId: new Map(), events: new EventTarget() });
}

/** `chat` has mount(el, signal) and keepSaved(data, save, signal). */
export function addChat(id, chat) {
  chats().byId.set(id, chat);
  chats().events.dispatchEvent(new Event("change"));
}

export function removeChat(id) {
  chats().byId.delete(id);
  chats().events.dispatchEvent(new Event("change"));
}

/** The chat of that id, or null. */
export function liveChat(id) {
  return chats().byId.get(id) ?? null;
}

/** Call back when a chat comes or goes, until `signal` aborts. */
export function onChats(callback, signal) {
  chats().events.addEventListener("change", callback, { signal });
}
