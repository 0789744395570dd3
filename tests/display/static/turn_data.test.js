import assert from "node:assert/strict";
import test from "node:test";

import { fieldsOf, lineOf, noticesOf, numberOf, textOf, turnOf, usageOf } from "../../../qwq_magic/display/static/turn_data.js";

const ODD = [null, undefined, true, 5, "text", [], {}, Object.create(null)];

test("a turn of any shape has every field, each of its type", () => {
  const expected = typesOf(turnOf({}));

  for (const value of ODD) assert.deepEqual(typesOf(turnOf(value)), expected);
  for (const value of ODD) {
    const data = Object.fromEntries(Object.keys(expected).map((name) => [name, value]));
    const turn = turnOf({ ...data, view: value });
    assert.equal(typeof turn.reasoning, "string");
    assert.equal(typeof turn.error, "string");
    assert.ok(Array.isArray(turn.notices));
    assert.ok(["complete", "stopped", "error"].includes(turn.state));
  }
});

function typesOf(turn) {
  return Object.fromEntries(Object.entries(turn).map(([name, value]) => [name, value === null ? "null" : typeof value]));
}

test("a saved turn is read as it was written", () => {
  const turn = turnOf({
    id: "t1",
    state: "complete",
    reasoning: "a",
    answer: "b",
    number: 2,
    usage: { output_tokens: 5, reasoning_tokens: "3" },
    timing: { total_s: 1.5 },
    error: { message: "refused" },
    notices: ["one", 2, ""],
    metrics: { steps: 4, tokens_estimated: false, first_seen: { value: "12", step: 1, share: 0.5 } },
    view: { show: "answer", start: "closed", inspect: true },
  });

  assert.deepEqual(
    [turn.id, turn.state, turn.reasoning, turn.answer, turn.number, turn.error, turn.notices],
    ["t1", "complete", "a", "b", 2, "refused", ["one"]],
  );
  assert.deepEqual([turn.usage.output_tokens, turn.usage.reasoning_tokens, turn.timing.total_s], [5, null, 1.5]);
  assert.deepEqual([turn.metrics?.steps, turn.metrics?.checks, turn.metrics?.tokens_estimated], [4, null, false]);
  assert.deepEqual(turn.metrics?.first_seen, { value: "12", step: 1, share: 0.5 });
  assert.deepEqual([turn.show, turn.start, turn.inspect], ["answer", "closed", true]);
});

test("a turn of another program or a newer version is called not readable, not stopped", () => {
  for (const [data, cause] of [
    [{ state: "reasoning", answer: "kept" }, "damaged, or of another program"],
    [{ answer: "kept" }, "damaged, or of another program"],
    [{ schema: 2, state: "complete", answer: "kept" }, "A newer version"],
  ]) {
    const turn = turnOf(data);
    assert.deepEqual([turn.state_word, turn.answer], ["Not readable by this version", "kept"]);
    assert.match(turn.notices.at(-1) ?? "", new RegExp(cause, "u"));
  }
  assert.equal(turnOf({ schema: 1, state: "complete" }).state_word, "");
});

test("metrics of another shape are null", () => {
  for (const metrics of [null, [], "x", 5]) assert.equal(turnOf({ metrics }).metrics, null);
});

test("only a true `inspect` opens the inspector", () => {
  assert.equal(turnOf({ view: { inspect: "yes" } }).inspect, false);
});

test("the step to open at is a whole number from 1", () => {
  const steps = [1, 17, 0, -1, 1.5, "3", NaN, 1e15, null, undefined, {}].map((step) => turnOf({ view: { step } }).step);
  assert.deepEqual(steps, [1, 17, null, null, null, null, null, null, null, null, null]);
});

test("a number is finite, not negative and not absurd", () => {
  assert.deepEqual([0, 1.5, -1, NaN, Infinity, 1e12, "5", null].map(numberOf), [0, 1.5, null, null, null, null, null, null]);
});

test("a text has a limit", () => {
  assert.equal(textOf("x".repeat(8_000_001)).length, 8_000_000);
});

test("a line is cleaned and cut", () => {
  assert.equal(lineOf("a\x1b[1m\nb", 10), "a b");
  assert.equal(lineOf("abcdef", 3), "ab…");
  assert.equal(lineOf(5, 10), "");
});

test("only the last notices are kept", () => {
  const notices = noticesOf(Array.from({ length: 25 }, (_, index) => `n${index}`));

  assert.equal(notices.length, 20);
  assert.equal(notices[0], "n5");
});

test("an unknown usage is null throughout", () => {
  assert.deepEqual(new Set(Object.values(usageOf("x"))), new Set([null]));
});

test("a value without fields becomes an empty object", () => {
  for (const value of [null, undefined, 5, "x"]) assert.deepEqual(fieldsOf(value), {});
});

test("what was given is a count of characters, at most all of them", () => {
  const givenOf = (given) => {
    const found = turnOf({ reasoning: "a𝟙b", answer: "xy", given }).given;
    return [found.reasoning, found.answer];
  };

  assert.deepEqual(givenOf([2, 1]), [2, 1]);
  assert.deepEqual(givenOf([99, 99]), [3, 2]);
  for (const odd of [undefined, null, 5, "12", {}, [], [-1, -5], [1.5, NaN], ["1", [1]], [Infinity, null]]) {
    assert.deepEqual(givenOf(odd), [0, 0]);
  }
});

test("a reasoning is open until the answer begins, unless the turn says otherwise", () => {
  for (const view of [undefined, {}, { start: "ajar" }]) assert.equal(turnOf({ view }).start, "auto");
});
