import assert from "node:assert/strict";
import test from "node:test";

import { addChat, liveChat, onChats, removeChat } from "../../../qwq_magic/display/static/live_chats.js";

const chat = { mount() {}, keepSaved() {} };

test("a chat is found by its id until it is removed", () => {
  addChat("one", chat);
  assert.equal(liveChat("one"), chat);
  removeChat("one");

  assert.equal(liveChat("one"), null);
});

test("views are notified of chats until they are removed", () => {
  const controller = new AbortController();
  const heard = [];
  onChats(() => heard.push(liveChat("two")), controller.signal);
  addChat("two", chat);
  removeChat("two");
  controller.abort();
  addChat("two", chat);

  assert.deepEqual(heard, [chat, null]);
});
