import assert from "node:assert/strict";
import test from "node:test";

import { canRender, hostOf, hostOfManager, interruptKernel, servicesOfManager } from "../../../qwq_magic/display/static/host.js";

const parser = { render: (markdown) => Promise.resolve(`<p>${markdown}</p>`) };

test("the result of a host's parser becomes a string", async () => {
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

test("a manager's services have the form that renderers receive", async () => {
  const services = servicesOfManager({ rendermime: { markdownParser: parser } });

  assert.equal(await services.markdownParser.render("a"), "<p>a</p>");
  assert.equal(services.latexTypesetter, null);
});

test("a notebook can render the MIME types it has a renderer for", () => {
  const manager = { rendermime: { getFactory: (mime) => (mime === "a/b" ? {} : undefined) } };

  assert.deepEqual([canRender(manager, "a/b"), canRender(manager, "c/d"), canRender({}, "a/b")], [true, false, false]);
});

test("a kernel is interrupted if it can be reached", () => {
  let interrupts = 0;
  const kernel = { interrupt: () => (interrupts += 1) };
  interruptKernel({ context: { sessionContext: { session: { kernel } } } });
  interruptKernel({ context: { sessionContext: { session: null } } });
  interruptKernel(undefined);

  assert.equal(interrupts, 1);
});
