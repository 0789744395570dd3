import assert from "node:assert/strict";
import test from "node:test";

import { fenceLanguage } from "../../../qwq_magic/display/static/code_box.js";

test("the first word of an info string is the language", () => {
  assert.equal(fenceLanguage("  py title=x"), "py");
  assert.equal(fenceLanguage("c++"), "c++");
});

test("an info string that does not begin with a name has no language", () => {
  assert.equal(fenceLanguage("{.python}"), "");
  assert.equal(fenceLanguage('"><img>'), "");
  assert.equal(fenceLanguage(""), "");
});

test("a language has thirty characters at most", () => {
  assert.equal(fenceLanguage("a".repeat(50)), "a".repeat(30));
});
