import assert from "node:assert/strict";
import test from "node:test";

import widget from "../../../qwq_magic/display/static/loader.js";

const PAGE = Symbol.for("qwq_magic.modules");

/** A model of one version of the view, and how the kernel sends to it. */
function modelOf(digest) {
  const listeners = new Set();
  const model = {
    get: (name) => ({ digest, assets: "assets" })[name],
    on: (_name, callback) => listeners.add(callback),
    off: (_name, callback) => listeners.delete(callback),
    widget_manager: { get_model: () => Promise.reject(new Error("no assets yet")) },
  };
  return { model, send: (message) => listeners.forEach((callback) => callback(message)), listeners };
}

test("messages that arrive before the view are passed to it", async () => {
  const { model, send, listeners } = modelOf("early");
  let inbox;
  const view = Promise.resolve({ start: (_model, early) => ((inbox = early), () => {}) });
  globalThis[PAGE] = new Map([["early", view]]);
  const stop = widget.initialize({ model });
  send("one");
  send("two");
  await stop();

  assert.deepEqual(inbox, ["one", "two"]);
  assert.equal(listeners.size, 0);
});

test("a model that is closed is stopped", async () => {
  let isStopped = false;
  globalThis[PAGE] = new Map([["stops", Promise.resolve({ start: () => () => (isStopped = true) })]]);
  await widget.initialize({ model: modelOf("stops").model })();

  assert.equal(isStopped, true);
});

test("a view is drawn by the version of the model", async () => {
  const version = (name) => Promise.resolve({ render: ({ el }) => `${name} in ${el}` });
  globalThis[PAGE] = new Map([["old", version("old")], ["new", version("new")]]);

  assert.equal(await widget.render({ model: modelOf("new").model, el: "cell" }), "new in cell");
});

test("a view that failed to load is loaded again", async () => {
  globalThis[PAGE] = new Map();
  await assert.rejects(widget.render({ model: modelOf("later").model, el: null }), /no assets yet/);

  assert.equal(globalThis[PAGE].has("later"), false);
});
