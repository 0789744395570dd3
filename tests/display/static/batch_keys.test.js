import assert from "node:assert/strict";
import test from "node:test";

import { laneAction } from "../../../qwq_magic/display/static/batch_keys.js";

const press = (key, modifiers = {}) => laneAction({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, ...modifiers });

test("arrows move, Enter and the space bar open, C chooses", () => {
  assert.deepEqual(["ArrowDown", "ArrowUp", "Home", "End", "Enter", " ", "c", "C", "Escape"].map((key) => press(key)),
    ["next", "previous", "first", "last", "open", "open", "choose", "choose", "close"]);
});

test("keys with a modifier stay those of the notebook", () => {
  assert.deepEqual([press("Enter", { shiftKey: true }), press("c", { ctrlKey: true }), press("ArrowDown", { metaKey: true }), press("x")], [null, null, null, null]);
});
