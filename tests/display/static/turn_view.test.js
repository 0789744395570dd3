import assert from "node:assert/strict";
import test from "node:test";

import { turnOf } from "../../../qwq_magic/display/static/turn_data.js";
import { estimatedTokens } from "../../../qwq_magic/display/static/turn_view.js";

const TEXTS = { reasoning: "word".repeat(27), answer: "word".repeat(9) };

test("tokens are estimated from both texts", () => {
  assert.deepEqual(estimatedTokens(turnOf(TEXTS)), { reasoning: 30, answer: 10 });
});

test("what the server counted of both is shared out by the estimate", () => {
  assert.deepEqual(estimatedTokens(turnOf({ ...TEXTS, usage: { output_tokens: 80 } })), { reasoning: 60, answer: 20 });
});

test("a turn without text has no tokens to share", () => {
  assert.deepEqual(estimatedTokens(turnOf({ usage: { output_tokens: 80 } })), { reasoning: 0, answer: 0 });
});
