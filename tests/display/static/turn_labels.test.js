import assert from "node:assert/strict";
import test from "node:test";

import { addLabelPane, changeLabelPanes, removeLabelPane } from "../../../qwq_magic/display/static/live_labels.js";
import { kindOf, LABEL_LETTERS } from "../../../qwq_magic/display/static/step_kinds.js";
import { StepTable } from "../../../qwq_magic/display/static/step_table.js";
import { labellingOf, labelRecordsOf, TurnLabels } from "../../../qwq_magic/display/static/turn_labels.js";

const DOUBT = kindOf("D");

/** A kernel that answers only when it is told to. */
function aPane(records = []) {
  const sent = [];
  const answered = new Set();
  return {
    sent,
    records: records,
    answer(message, all) {
      answered.add(message);
      this.records = all;
      changeLabelPanes();
    },
    pane() {
      return {
        send: (step, letter) => {
          sent.push([step, letter]);
          return String(sent.length);
        },
        hasAnswered: (message) => answered.has(message),
        records: () => this.records,
        where: () => "Saved in notes.db.",
      };
    },
  };
}

function labelsOf(options = {}) {
  const controller = new AbortController();
  const labels = new TurnLabels({ turnId: "t", records: [], labelling: { id: "p", annotator: "ann", unsaved: "" }, signal: controller.signal, ...options });
  return { labels, end: () => controller.abort() };
}

test("labels of any shape are read as far as they are labels", () => {
  for (const odd of [null, 5, "U0", {}, [null, 5, "x", {}, { by: 5, steps: "U0" }, { by: "ann", steps: [] }, { by: "", steps: "U0" }]]) {
    assert.deepEqual(labelRecordsOf(odd), []);
  }
  assert.deepEqual(labelRecordsOf([{ by: "a\x1b[2J\nb", steps: "U0" }]), [{ by: "a b", steps: "U0" }]);
  assert.equal(labelRecordsOf(Array.from({ length: 50 }, () => ({ by: "ann", steps: "" }))).length, 20);
});

test("only an output with an id and a name takes labels", () => {
  for (const odd of [null, 5, "x", {}, { id: "p" }, { annotator: "ann" }, { id: "p", annotator: "" }, { id: 5, annotator: "ann" }]) {
    assert.equal(labellingOf(odd), null);
  }
  assert.deepEqual(labellingOf({ id: "p", annotator: "ann", unsaved: 5 }), { id: "p", annotator: "ann", unsaved: "" });
});

test("records are read and written alike, and unknown letters are left out", () => {
  const { labels } = labelsOf({ records: [{ by: "bob", steps: "D0Z1C1a!!" }, { by: "ann", steps: "U0" }], labelling: null });

  assert.deepEqual(labels.of(0).map(([name, { name: kind }]) => [name, kind]), [["ann", "setup"], ["bob", "doubt"]]);
  assert.deepEqual(labels.of(46).map(([name, { name: kind }]) => [name, kind]), [["bob", "conclude"]]);
  assert.deepEqual(labels.records, [{ by: "ann", steps: "U0" }, { by: "bob", steps: "D0C1a" }]);
});

test("an output that only shows labels takes none", () => {
  const { labels } = labelsOf({ labelling: null });

  labels.put(0, DOUBT);

  assert.deepEqual(labels.records, []);
});

test("a label is shown at once and sent, and the kernel's answer settles it", () => {
  const kernel = aPane();
  addLabelPane("p", kernel.pane());
  const { labels, end } = labelsOf();

  labels.put(2, DOUBT);
  assert.deepEqual(kernel.sent, [[2, "D"]]);
  assert.equal(labels.ownOf(2)?.name, "doubt");
  assert.equal(labels.where, "1 not saved yet");

  kernel.answer("1", [{ by: "ann", steps: "D2" }, { by: "bob", steps: "V2" }]);
  assert.equal(labels.where, "Saved in notes.db.");
  assert.deepEqual(labels.records, [{ by: "ann", steps: "D2" }, { by: "bob", steps: "V2" }]);
  end();
  removeLabelPane("p");
});

test("an answer to an earlier label of a step does not undo a later one", () => {
  const kernel = aPane();
  addLabelPane("p", kernel.pane());
  const { labels, end } = labelsOf();
  labels.put(0, DOUBT);
  labels.put(0, null);

  kernel.answer("1", [{ by: "ann", steps: "D0" }]);
  assert.equal(labels.ownOf(0), null);
  kernel.answer("2", []);

  assert.deepEqual(labels.records, []);
  assert.equal(labels.ownCount, 0);
  end();
  removeLabelPane("p");
});

test("what was labelled without a kernel is kept, also by a later view, and sent when there is one", () => {
  const own = new Map();
  const first = labelsOf({ own });
  first.labels.put(3, DOUBT);
  assert.match(first.labels.where, /^Kept in this page\./);
  first.end();

  const second = labelsOf({ own });
  assert.equal(second.labels.ownOf(3)?.name, "doubt");
  const kernel = aPane();
  addLabelPane("p", kernel.pane());
  assert.deepEqual(kernel.sent, [[3, "D"]]);
  kernel.answer("1", [{ by: "ann", steps: "D3" }]);

  assert.equal(own.size, 0);
  second.end();
  removeLabelPane("p");
});

test("labels are saved in the notebook once they rest, and not if nothing has changed", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const saved = [];
  const records = [{ by: "ann", steps: "U0" }];
  const { labels, end } = labelsOf({ records, save: (all, unsaved) => saved.push([all, unsaved]) });

  labels.put(0, kindOf("U"));
  labels.put(1, DOUBT);
  assert.deepEqual(saved, []);
  context.mock.timers.tick(600);
  assert.deepEqual(saved, [[[{ by: "ann", steps: "U0D1" }], "U0D1"]]);
  labels.put(1, DOUBT);
  context.mock.timers.tick(600);

  assert.equal(saved.length, 1);
  end();
});

test("labels that no kernel has taken are marked in the notebook, and sent from there", () => {
  const unsaved = "X0D1";
  const records = [{ by: "ann", steps: "D1" }];
  const { labels, end } = labelsOf({ records, labelling: { id: "p", annotator: "ann", unsaved } });
  const kernel = aPane([{ by: "ann", steps: "U0V2" }]);

  addLabelPane("p", kernel.pane());

  assert.deepEqual(kernel.sent, [[0, ""], [1, "D"]]);
  assert.deepEqual(labels.records, [{ by: "ann", steps: "D1V2" }]);
  end();
  removeLabelPane("p");
});

test("copied labels are lines that `load_labels` reads, with offsets in characters", () => {
  const table = new StepTable();
  table.grow("𝟙 Hm. So 4.", "D6C5");
  table.finish();
  const { labels } = labelsOf({ records: [{ by: "ann", steps: "D0C1" }], labelling: null });

  const lines = labels.lines(table).trimEnd().split("\n").map((line) => JSON.parse(line));

  assert.deepEqual(lines, [
    { turn_id: "t", step: 0, start: 0, end: 6, label: "doubt", annotator: "ann", labelled_at: "", text: "𝟙 Hm. " },
    { turn_id: "t", step: 1, start: 6, end: 11, label: "conclude", annotator: "ann", labelled_at: "", text: "So 4." },
  ]);
});

test("nine kinds have a key", () => {
  assert.equal(LABEL_LETTERS.join(""), "UPRWVDSCA");
});
