import assert from "node:assert/strict";
import test from "node:test";

import { KEYS, listenToKeys } from "../../../qwq_magic/display/static/inspector_keys.js";

/** The effect of a key: its action, and whether it reaches the notebook and keeps its default. */
function press(key, { tag = "DIV", role = null, inside = true, isLabelling = false, className = "", ...modifiers } = {}) {
  let hear;
  globalThis.addEventListener = (_name, callback) => (hear = callback);
  const pressed = { action: null, isHeard: true, isDefault: true };
  const target = { tagName: tag, getAttribute: () => role, classList: { contains: (name) => name === className } };
  const root = { contains: (node) => inside && node === target };
  listenToKeys(root, (action) => (pressed.action = action), new AbortController().signal, () => isLabelling);
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

test("each key has its action, and does not reach the notebook", () => {
  const actions = { j: "next", k: "previous", n: "nextSwitch", P: "previousSwitch", g: "firstSeen", "/": "search", 3: "filter3", e: "expand", c: "copy" };

  for (const [key, action] of Object.entries(actions)) {
    assert.deepEqual(press(key), { action, isHeard: false, isDefault: false }, key);
  }
});

test("a letter without an action does not reach the notebook either", () => {
  assert.deepEqual(press("d"), { action: null, isHeard: false, isDefault: true });
});

test("shortcuts reach the notebook and the browser", () => {
  for (const modifier of ["ctrlKey", "metaKey", "altKey", "isComposing"]) {
    assert.deepEqual(press("c", { [modifier]: true }), { action: null, isHeard: true, isDefault: true }, modifier);
  }
  assert.equal(press("Enter", { shiftKey: true }).isHeard, true);
});

test("keys outside the inspector are ignored", () => {
  assert.deepEqual(press("j", { inside: false }), { action: null, isHeard: true, isDefault: true });
});

test("letters typed into the search trigger no action", () => {
  assert.deepEqual(press("j", { tag: "INPUT" }), { action: null, isHeard: false, isDefault: true });
});

test("in the search, Enter and Shift-Enter move between matches, and Escape leaves", () => {
  assert.equal(press("Enter", { tag: "INPUT" }).action, "nextFound");
  assert.equal(press("Enter", { tag: "INPUT", shiftKey: true }).action, "previousFound");
  assert.equal(press("Escape", { tag: "INPUT" }).action, "leaveSearch");
});

test("arrow keys move only on the map", () => {
  assert.equal(press("ArrowRight", { role: "slider" }).action, "next");
  assert.equal(press("ArrowDown", { role: "slider" }).action, "previous");
  assert.equal(press("ArrowRight").action, null);
});

test("while steps are labelled, digits label, and other keys do what they always do", () => {
  const actions = { 1: "label1", 9: "label9", 0: "unlabel", Backspace: "unlabel", Enter: "acceptLabel", Escape: "leaveLabels", l: "toggleLabels", j: "next", e: "expand" };

  for (const [key, action] of Object.entries(actions)) {
    assert.deepEqual(press(key, { isLabelling: true }), { action, isHeard: false, isDefault: false }, key);
  }
  assert.equal(press("3", { isLabelling: true, tag: "INPUT" }).action, null);
  assert.equal(press("9").action, null);
});

test("while steps are labelled, Enter accepts on a step and presses any other button", () => {
  const on = { isLabelling: true, tag: "BUTTON" };

  assert.equal(press("Enter", { ...on, className: "qwq-step-toggle" }).action, "acceptLabel");
  assert.deepEqual(press("Enter", on), { action: null, isHeard: false, isDefault: true });
});

test("every key in the help has an action", () => {
  const keys = KEYS.flatMap(([names]) => (names === "1–4" ? ["1", "2", "3", "4"] : names.split(/ ?\/ (?=\w)/)));

  assert.deepEqual(keys.filter((key) => !press(key).action), []);
});
