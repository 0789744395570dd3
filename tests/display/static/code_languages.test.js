import assert from "node:assert/strict";
import test from "node:test";

import { isInertLanguage } from "../../../qwq_magic/display/static/code_languages.js";

test("languages that are only coloured may be named to a parser, in any case", () => {
  for (const name of ["python", "Python", "c++", "c#", "jinja2", "text"]) {
    assert.equal(isInertLanguage(name), true, name);
  }
});

test("names under which a host draws, runs or loads may not", () => {
  for (const name of ["mermaid", "math", "geojson", "vega", "dot", "raw_html", ""]) {
    assert.equal(isInertLanguage(name), false, name);
  }
});

test("a name counts as a whole", () => {
  assert.equal(isInertLanguage("python mermaid"), false);
  assert.equal(isInertLanguage("xpython"), false);
});
