import assert from "node:assert/strict";
import test from "node:test";

import { TextStream } from "../../../qwq_magic/display/static/text_stream.js";

const delta = (offset, text) => ({ type: "delta", offset, text });

/** A stream, the deltas its listener received, and its requests for a snapshot. */
function listened(text = "") {
  const heard = [];
  const asked = [];
  const stream = new TextStream(text, () => asked.push("resync"));
  stream.subscribe((part) => heard.push(part));
  return { stream, heard, asked };
}

test("deltas in order are passed on as they come", () => {
  const { stream, heard } = listened("a");
  stream.receive(delta(1, "b"));
  stream.receive(delta(2, "c"));

  assert.equal(stream.text, "abc");
  assert.deepEqual(heard, ["b", "c"]);
});

test("offsets count code points", () => {
  const { stream } = listened("🙂");
  stream.receive(delta(1, "b"));

  assert.equal(stream.text, "🙂b");
});

test("a delta that arrives twice is added once", () => {
  const { stream, heard } = listened();
  stream.receive(delta(0, "ab"));
  stream.receive(delta(0, "ab"));

  assert.equal(stream.text, "ab");
  assert.deepEqual(heard, ["ab"]);
});

test("only the new part of an overlapping delta is added", () => {
  const { stream } = listened("a🙂");
  stream.receive(delta(1, "🙂b"));

  assert.equal(stream.text, "a🙂b");
});

test("a gap requests a snapshot, repeatedly until it arrives", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { stream, asked } = listened();
  stream.receive(delta(1, "b"));
  assert.equal(asked.length, 1);
  context.mock.timers.tick(1_000);
  context.mock.timers.tick(1_000);
  assert.equal(asked.length, 3);
  stream.receive({ type: "snapshot", text: "ab" });
  context.mock.timers.tick(5_000);

  assert.equal(asked.length, 3);
  assert.equal(stream.text, "ab");
});

test("deltas after a gap wait until it is filled", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { stream, heard } = listened();
  stream.receive(delta(2, "c"));
  stream.receive(delta(3, "d"));
  stream.receive(delta(0, "ab"));

  assert.deepEqual(heard, ["ab", "c", "d"]);
});

test("a closed stream requests nothing", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { stream, asked } = listened();
  stream.receive(delta(1, "b"));
  stream.close();
  context.mock.timers.tick(5_000);

  assert.equal(asked.length, 1);
});

test("an unsubscribed listener is not called", () => {
  const { stream } = listened();
  const heard = [];
  const stop = stream.subscribe((part) => heard.push(part));
  stop();
  stream.receive(delta(0, "a"));

  assert.deepEqual(heard, []);
});

test("other messages change nothing", () => {
  const { stream, asked } = listened("a");
  stream.receive({ type: "stopping" });

  assert.equal(stream.text, "a");
  assert.deepEqual(asked, []);
});


test("a text that the kernel cleared begins again, and late messages of the old one are ignored", () => {
  const { stream, heard } = listened();
  const cleared = [];
  stream.subscribeToClear(() => cleared.push(stream.text));
  stream.receive(delta(0, "old"));
  stream.receive({ type: "snapshot", run: 1, text: "" });
  stream.receive({ ...delta(0, "new"), run: 1 });
  stream.receive(delta(3, " late"));
  stream.receive({ type: "snapshot", run: 1, text: "new" });

  assert.equal(stream.text, "new");
  assert.deepEqual(cleared, [""]);
  assert.deepEqual(heard, ["old", "new"]);
});

test("the first delta after a lost clear clears the text", () => {
  const { stream } = listened("old");
  stream.receive({ ...delta(0, "new"), run: 1 });

  assert.equal(stream.text, "new");
});
