import assert from "node:assert/strict";
import test from "node:test";

import { answerCell, compareCell, continueCell, forkCell, probeCell, sourceOf } from "../../../qwq_magic/display/static/turn_cells.js";

const TURN = { number: 3, attempt: 2, conversation: "main", server: "vllm" };

test("a cell names the turn by its number and attempt", () => {
  const source = sourceOf(TURN);
  assert.equal(answerCell(source), "%qwq_answer 3.2");
  assert.equal(continueCell(source), "%qwq_continue 3.2");
  assert.equal(probeCell(source), "%qwq_probe 3.2");
  assert.equal(forkCell(source, 17), "%%qwq --from 3.2:17");
  assert.equal(forkCell(source, "end", "Wait"), "%%qwq --from 3.2:end\nWait");
  assert.equal(compareCell(sourceOf({ ...TURN, attempt: 1 }), source), "%qwq_inspect 3.1 3.2");
});

test("another conversation is named as well", () => {
  assert.equal(answerCell(sourceOf({ ...TURN, conversation: "maths" })), "%qwq_answer -c maths 3.2");
  assert.equal(answerCell(sourceOf({ ...TURN, conversation: "my notes" })), '%qwq_answer -c "my notes" 3.2');
});

test("a name from a forged notebook adds nothing to a cell", () => {
  for (const conversation of ['x"\n!rm', "a\nb", "-s evil", "$(x)", "a;b", "{x}"]) {
    assert.equal(sourceOf({ ...TURN, conversation }), null);
  }
  for (const number of [0, null, 1.5, -1]) assert.equal(sourceOf({ ...TURN, number }), null);
});

test("a server that continues no text is named in the hint", () => {
  assert.match(sourceOf({ ...TURN, server: "dashscope" }).limits, /quoted/);
  assert.equal(sourceOf(TURN).limits, "");
});
