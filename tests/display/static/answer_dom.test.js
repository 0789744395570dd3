import assert from "node:assert/strict";
import test from "node:test";

import { safeAddress } from "../../../qwq_magic/display/static/answer_dom.js";

test("web and mail addresses may be followed", () => {
  for (const href of ["https://a.example/b?c#d", "http://a.example", "mailto:a@b.example"]) {
    assert.equal(safeAddress(href)?.href.startsWith(href), true, href);
  }
});

test("no other scheme may", () => {
  for (const href of ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x"]) {
    assert.equal(safeAddress(href), null, href);
  }
});

test("a relative address leads into the reader's own server, so it may not", () => {
  for (const href of ["/api/kernels", "//a.example", "../x", "#x", ""]) assert.equal(safeAddress(href), null, href);
});
