import assert from "node:assert/strict";
import test from "node:test";

import { KEYS, listenToKeys } from "../../../qwq_magic/display/static/inspector_keys.js";

/** What pressing a key does: the action, and whether the notebook still hears the key. */
function press(key, { tag = "DIV", role = null, inside = true, ...modifiers } = {}) {
  let hear;
  globalThis.addEventListener = (_name, callback) => (hear = callback);
  const pressed = { action: null, isHeard: true, isDefault: true };
  const target = { tagName: tag, getAttribute: () => role };
  const root = { contains: (node) => inside && node === target };
  listenToKeys(root, (action) => (pressed.action = action), new AbortController().signal);
  hear({
    key,
    target,
    ...modifiers,
    stopPropagation: () => (pressed.isHeard = false),
    preventDefault: () => (pressed.isDefault = false),
  });
  delete globalThis.addEventListener;
  return pressed;
}

test("each key has its action, and goes no further", () => {
  const actions = { j: "next", k: "previous", n: "nextSwitch", P: "previousSwitch", g: "firstSeen", "/": "search", 3: "filter3", e: "expand", c: "copy" };

  for (const [key, action] of Object.entries(actions)) {
    assert.deepEqual(press(key), { action, isHeard: false, isDefault: false }, key);
  }
});

test("a letter without an action is kept from the notebook too", () => {
  assert.deepEqual(press("d"), { action: null, isHeard: false, isDefault: true });
});

test("shortcuts of the notebook and the browser pass", () => {
  for (const modifier of ["ctrlKey", "metaKey", "altKey", "isComposing"]) {
    assert.deepEqual(press("c", { [modifier]: true }), { action: null, isHeard: true, isDefault: true }, modifier);
  }
  assert.equal(press("Enter", { shiftKey: true }).isHeard, true);
});

test("keys outside the inspector are not its own", () => {
  assert.deepEqual(press("j", { inside: false }), { action: null, isHeard: true, isDefault: true });
});

test("letters typed into the search are letters", () => {
  assert.deepEqual(press("j", { tag: "INPUT" }), { action: null, isHeard: false, isDefault: true });
});

test("in the search, Enter goes on, Shift-Enter back, Escape out", () => {
  assert.equal(press("Enter", { tag: "INPUT" }).action, "nextFound");
  assert.equal(press("Enter", { tag: "INPUT", shiftKey: true }).action, "previousFound");
  assert.equal(press("Escape", { tag: "INPUT" }).action, "leaveSearch");
});

test("arrows move on the map alone", () => {
  assert.equal(press("ArrowRight", { role: "slider" }).action, "next");
  assert.equal(press("ArrowDown", { role: "slider" }).action, "previous");
  assert.equal(press("ArrowRight").action, null);
});

test("every key of the help does something", () => {
  const keys = KEYS.flatMap(([names]) => (names === "1–4" ? ["1", "2", "3", "4"] : names.split(/ ?\/ (?=\w)/)));

  assert.deepEqual(keys.filter((key) => !press(key).action), []);
});
