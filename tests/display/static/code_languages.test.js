import assert from "node:assert/strict";
import test from "node:test";

import { isInertLanguage } from "../../../qwq_magic/display/static/code_languages.js";

test("languages that are only highlighted may be passed to a parser, in any case", () => {
  for (const name of ["python", "Python", "c++", "c#", "jinja2", "text"]) {
    assert.equal(isInertLanguage(name), true, name);
  }
});

test("names that a host draws, runs or loads may not", () => {
  for (const name of ["mermaid", "math", "geojson", "vega", "dot", "raw_html", ""]) {
    assert.equal(isInertLanguage(name), false, name);
  }
});

test("only whole names match", () => {
  assert.equal(isInertLanguage("python mermaid"), false);
  assert.equal(isInertLanguage("xpython"), false);
});
