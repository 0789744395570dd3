import assert from "node:assert/strict";
import test from "node:test";

import { draws, hostOf, hostOfManager, interruptKernel, servicesOfManager } from "../../../qwq_magic/display/static/host.js";

const parser = { render: (markdown) => Promise.resolve(`<p>${markdown}</p>`) };

test("a host's parser gives a string, whatever it returns", async () => {
  assert.equal(await hostOf(parser, null).parse("a"), "<p>a</p>");
  assert.equal(await hostOf({ render: () => undefined }, null).parse("a"), "undefined");
});

test("services a host lacks are null", () => {
  for (const host of [hostOf(null, undefined), hostOf({}, {}), hostOfManager(undefined), hostOfManager({})]) {
    assert.deepEqual(host, { parse: null, typeset: null });
  }
});

test("the typesetter keeps its own `this`", () => {
  const typesetter = { seen: [], typeset(node) { this.seen.push(node); } };
  hostOf(null, typesetter).typeset("node");

  assert.deepEqual(typesetter.seen, ["node"]);
});

test("a manager's renderers are found by any of their names", async () => {
  for (const name of ["renderMime", "rendermime", "_rendermime"]) {
    assert.equal(await hostOfManager({ [name]: { markdownParser: parser } }).parse("a"), "<p>a</p>", name);
  }
});

test("a manager's services are those a renderer of final outputs is handed", async () => {
  const services = servicesOfManager({ rendermime: { markdownParser: parser } });

  assert.equal(await services.markdownParser.render("a"), "<p>a</p>");
  assert.equal(services.latexTypesetter, null);
});

test("a notebook draws the MIME types it has a renderer for", () => {
  const manager = { rendermime: { getFactory: (mime) => (mime === "a/b" ? {} : undefined) } };

  assert.deepEqual([draws(manager, "a/b"), draws(manager, "c/d"), draws({}, "a/b")], [true, false, false]);
});

test("a kernel is interrupted where it can be reached, and nowhere else", () => {
  let interrupts = 0;
  const kernel = { interrupt: () => (interrupts += 1) };
  interruptKernel({ context: { sessionContext: { session: { kernel } } } });
  interruptKernel({ context: { sessionContext: { session: null } } });
  interruptKernel(undefined);

  assert.equal(interrupts, 1);
});
