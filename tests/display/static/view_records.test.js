import assert from "node:assert/strict";
import test from "node:test";

import { adoptDrawing, listen, notify, offerDrawing, viewRecord } from "../../../qwq_magic/display/static/view_records.js";

/** A fake live drawing of a text. */
function drawingOf(source) {
  return {
    source,
    given: 0,
    append(delta) {
      this.source += delta;
    },
  };
}

test("a turn has one record on the page", () => {
  viewRecord("one").scroll = 12;

  assert.equal(viewRecord("one").scroll, 12);
  assert.equal(viewRecord("two").scroll, null);
});

test("turns without an id share no record", () => {
  assert.notEqual(viewRecord(""), viewRecord(""));
});

test("the oldest records are dropped", () => {
  const first = viewRecord("oldest");
  for (let index = 0; index < 500; index++) viewRecord(`turn ${index}`);

  assert.notEqual(viewRecord("oldest"), first);
});

test("an adopted drawing receives the rest of the text", () => {
  const record = viewRecord("adopts");
  const drawing = drawingOf("Let me");
  offerDrawing(record, "answer", drawing);

  assert.equal(adoptDrawing(record, "answer", "Let me see."), drawing);
  assert.equal(drawing.source, "Let me see.");
});

test("a drawing is adopted once", () => {
  const record = viewRecord("once");
  offerDrawing(record, "answer", drawingOf("a"));
  adoptDrawing(record, "answer", "a");

  assert.equal(adoptDrawing(record, "answer", "a"), null);
});

test("a drawing of another text is not adopted", () => {
  const record = viewRecord("other");
  offerDrawing(record, "answer", drawingOf("abc"));

  assert.equal(adoptDrawing(record, "answer", "ab"), null);
});

test("a drawing in which another part is given is not adopted", () => {
  const record = viewRecord("given");
  offerDrawing(record, "answer", drawingOf("abc"));

  assert.equal(adoptDrawing(record, "answer", "abc", 2), null);
});

test("a drawing by another version of this view is not adopted", () => {
  const record = viewRecord("version");
  record.version -= 1;
  offerDrawing(record, "answer", drawingOf("a"));

  assert.equal(adoptDrawing(record, "answer", "a"), null);
});

test("a view is notified until it is removed", () => {
  const record = viewRecord("notified");
  const controller = new AbortController();
  let calls = 0;
  listen(record, "live", () => (calls += 1), controller.signal);
  notify(record, "live");
  notify(record, "tokens");
  controller.abort();
  notify(record, "live");

  assert.equal(calls, 1);
});
