import assert from "node:assert/strict";
import test from "node:test";

import { cutsCode } from "../../../qwq_magic/display/static/step_drawings.js";

test("a step that holds a part of a block of code is not drawn", () => {
  const steps = ["Look:\n\n", "```py\nx = 1\n\n", "# y\n\n", "y = 2\n```\n\n", "So. ", "```\nall\n```\n"];
  const text = steps.join("");
  let at = 0;
  const cut = steps.map((step) => cutsCode(text, at, (at += step.length)));

  assert.deepEqual(cut, [false, true, true, true, false, false]);
});
