import assert from "node:assert/strict";
import test, { mock } from "node:test";

import { ChatPage } from "../../../qwq_magic/display/static/chat_page.js";
import { viewRecord } from "../../../qwq_magic/display/static/view_records.js";

// Instead of the page's region for screen readers.
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

test("what is typed is sent, and kept until the kernel has it", () => {
  const { chat, sent } = opened();
  chat.type("Which is larger?");
  assert.equal(chat.ask(), true);
  const [{ type, id, text }] = sent;

  assert.deepEqual([type, text, chat.draft], ["ask", "Which is larger?", "Which is larger?"]);
  chat.receive({ type: "heard", id, text: "" });
  assert.deepEqual([chat.draft, chat.pending], ["", null]);
});

test("what was typed since stays in the box", () => {
  const { chat, sent } = opened();
  chat.type("one");
  chat.ask();
  chat.type("two");
  chat.receive({ type: "heard", id: sent[0].id, text: "" });

  assert.equal(chat.draft, "two");
});

test("nothing is asked without words, twice at once, or while a reply is under way", () => {
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

test("a failed reply gives the prompt back, unless something else is typed", () => {
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

test("a kernel that does not reply is said to be busy, until it does", () => {
  const { chat, sent } = opened();
  chat.type("a");
  chat.ask();
  mock.timers.tick(2_000);
  assert.match(chat.line, /kernel is busy/);
  chat.receive({ type: "heard", id: sent[0].id, text: "" });

  assert.equal(chat.line, "");
});

test("turns travel once, and are forgotten when they are no longer shown", () => {
  const { chat } = opened({ ...EMPTY, keys: ["a", "b"], turns: { a: { prompt: "1" }, b: { prompt: "2" } } });
  chat.receive({ type: "page", page: { ...EMPTY, keys: ["b"] } });

  assert.deepEqual([...chat.turns], [["b", { prompt: "2" }]]);
});

test("a turn whose text never came is asked for, until it comes", () => {
  const { chat, sent } = opened({ ...EMPTY, keys: ["a"] });
  mock.timers.tick(1_000);
  assert.deepEqual(sent, [{ type: "whole" }, { type: "whole" }]);
  chat.receive({ type: "page", page: { ...EMPTY, keys: ["a"], turns: { a: {} } } });
  mock.timers.tick(1_000);
  mock.timers.tick(1_000);

  assert.equal(sent.length, 2);
});

test("stopping lasts as long as the reply it stops", () => {
  const { chat } = opened(LIVE);
  chat.stop();
  chat.receive({ type: "page", page: LIVE });
  assert.equal(chat.stopping, true);
  chat.receive({ type: "page", page: EMPTY });

  assert.equal(chat.stopping, false);
});

test("a kernel that is gone takes the chat with it", () => {
  const { chat, lose } = opened(LIVE);
  lose();
  chat.type("a");

  assert.deepEqual([chat.live, chat.isError, chat.ask()], [null, true, false]);
  assert.match(chat.line, /Run the cell again/);
});

test("a notebook that holds other turns is saved anew, once no reply is under way", () => {
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

test("an output that is gone is not saved any more", () => {
  const { chat } = opened();
  const controller = new AbortController();
  const saved = [];
  chat.keepSaved({}, (bundle) => saved.push(bundle), controller.signal);
  controller.abort();
  chat.receive({ type: "saved", bundle: {} });

  assert.deepEqual(saved, []);
});
