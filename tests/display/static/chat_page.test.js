import assert from "node:assert/strict";
import test, { mock } from "node:test";

import { ChatPage } from "../../../qwq_magic/display/static/chat_page.js";
import { viewRecord } from "../../../qwq_magic/display/static/view_records.js";

// Replaces the page's region for screen readers.
const announced = { isConnected: true, textContent: "" };
globalThis[Symbol.for("qwq_magic.announcer")] = announced;
mock.timers.enable({ apis: ["setTimeout"] });

const EMPTY = { conversation: "main", names: ["main"], keys: [], earlier: 0, live: null, turns: {} };
const LIVE = { ...EMPTY, live: { turn_id: "t1", prompt: "p", panes: [] } };

/** A chat on the page, and what it sent to the kernel. */
function opened(page = EMPTY) {
  const sent = [];
  const heard = {};
  const model = {
    get: () => page,
    send: (message) => sent.push(message),
    on: (name, callback) => (heard[name] = callback),
  };
  const chat = new ChatPage(model, viewRecord(""));
  return { chat, sent, lose: () => heard.comm_live_update() };
}

test("a draft is sent, and kept until the kernel acknowledges it", () => {
  const { chat, sent } = opened();
  chat.type("Which is larger?");
  assert.equal(chat.ask(), true);
  const [{ type, id, text }] = sent;

  assert.deepEqual([type, text, chat.draft], ["ask", "Which is larger?", "Which is larger?"]);
  chat.receive({ type: "heard", id, text: "" });
  assert.deepEqual([chat.draft, chat.pending], ["", null]);
});

test("a draft typed since then is kept", () => {
  const { chat, sent } = opened();
  chat.type("one");
  chat.ask();
  chat.type("two");
  chat.receive({ type: "heard", id: sent[0].id, text: "" });

  assert.equal(chat.draft, "two");
});

test("nothing is sent for a blank draft, twice at once, or while a reply is in progress", () => {
  const { chat } = opened();
  chat.type("  ");
  assert.equal(chat.ask(), false);
  chat.type("a");
  chat.ask();
  assert.equal(chat.ask(), false);
  const { chat: busy } = opened(LIVE);
  busy.type("a");

  assert.equal(busy.ask(), false);
});

test("a refusal is shown as an error, and the draft is kept", () => {
  const { chat, sent } = opened();
  chat.type("a");
  chat.ask();
  chat.receive({ type: "refused", id: sent[0].id, text: "No key is set." });

  assert.deepEqual([chat.line, chat.isError, chat.draft, chat.pending], ["No key is set.", true, "a", null]);
  assert.equal(announced.textContent, "No key is set.");
});

test("a failed reply restores the prompt, unless the user has typed something else", () => {
  const { chat, sent } = opened();
  chat.type("a");
  chat.ask();
  const [{ id }] = sent;
  chat.receive({ type: "heard", id, text: "" });
  chat.receive({ type: "failed", id });
  assert.equal(chat.draft, "a");
  chat.type("b");
  chat.receive({ type: "failed", id });

  assert.equal(chat.draft, "b");
});

test("another page's messages change nothing here", () => {
  const { chat } = opened();
  chat.type("a");
  chat.receive({ type: "heard", id: "elsewhere", text: "x" });
  chat.receive({ type: "failed", id: "elsewhere" });

  assert.deepEqual([chat.draft, chat.line], ["a", ""]);
});

test("a kernel that does not reply is reported as busy, until it does", () => {
  const { chat, sent } = opened();
  chat.type("a");
  chat.ask();
  mock.timers.tick(2_000);
  assert.match(chat.line, /kernel is busy/);
  chat.receive({ type: "heard", id: sent[0].id, text: "" });

  assert.equal(chat.line, "");
});

test("turns are sent once, and dropped when they are no longer shown", () => {
  const { chat } = opened({ ...EMPTY, keys: ["a", "b"], turns: { a: { prompt: "1" }, b: { prompt: "2" } } });
  chat.receive({ type: "page", page: { ...EMPTY, keys: ["b"] } });

  assert.deepEqual([...chat.turns], [["b", { prompt: "2" }]]);
});

test("a turn whose text is missing is requested until it arrives", () => {
  const { chat, sent } = opened({ ...EMPTY, keys: ["a"] });
  mock.timers.tick(1_000);
  assert.deepEqual(sent, [{ type: "whole" }, { type: "whole" }]);
  chat.receive({ type: "page", page: { ...EMPTY, keys: ["a"], turns: { a: {} } } });
  mock.timers.tick(1_000);
  mock.timers.tick(1_000);

  assert.equal(sent.length, 2);
});

test("a reply stays stopping until it has ended", () => {
  const { chat } = opened(LIVE);
  chat.stop();
  chat.receive({ type: "page", page: LIVE });
  assert.equal(chat.stopping, true);
  chat.receive({ type: "page", page: EMPTY });

  assert.equal(chat.stopping, false);
});

test("a chat ends with its kernel", () => {
  const { chat, lose } = opened(LIVE);
  lose();
  chat.type("a");

  assert.deepEqual([chat.live, chat.isError, chat.ask()], [null, true, false]);
  assert.match(chat.line, /Run the cell again/);
});

test("a notebook with other turns is saved again, once no reply is in progress", () => {
  const { chat, sent } = opened();
  const saved = [];
  chat.keepSaved({ conversation: "main", keys: [] }, (bundle) => saved.push(bundle), new AbortController().signal);
  assert.deepEqual(sent, []);
  chat.receive({ type: "page", page: { ...LIVE, keys: ["a"], turns: { a: {} } } });
  assert.deepEqual(sent, []);
  chat.receive({ type: "page", page: { ...EMPTY, keys: ["a"] } });
  assert.deepEqual(sent, [{ type: "save" }]);
  chat.receive({ type: "saved", bundle: { "text/plain": "x" } });

  assert.deepEqual(saved, [{ "text/plain": "x" }]);
});

test("an output that was removed is not saved", () => {
  const { chat } = opened();
  const controller = new AbortController();
  const saved = [];
  chat.keepSaved({}, (bundle) => saved.push(bundle), controller.signal);
  controller.abort();
  chat.receive({ type: "saved", bundle: {} });

  assert.deepEqual(saved, []);
});
