import assert from "node:assert/strict";
import test from "node:test";

import { isTangled } from "../../../qwq_magic/display/static/block_limits.js";

const tangled = {
  "a list thirty levels deep": `${"- ".repeat(30)}a`,
  "an indent of two hundred": `${" ".repeat(200)}a`,
  "a long run of one mark": "*".repeat(201),
  "many marks in one line": "a*b ".repeat(301),
  "many marks in total": "a [b\n".repeat(1501),
  "much emphasis in one paragraph": `${"a *b\n".repeat(801)}`,
  "a table whose rows a parser pads": `|${"a|".repeat(100)}\n|${"-|".repeat(100)}\n${"|a\n".repeat(100)}`,
  "one long address for many links": `${"[a] ".repeat(250)}\n\n[a]: https://a.example/${"x".repeat(1000)}`,
};
const plain = {
  "prose": "A paragraph with *emphasis*, `code` and a [link](https://a.example).\n".repeat(20),
  "a list": "- a\n  - b\n    - c\n",
  "a table": `| a | b |\n|---|---|\n${"| 1 | 2 |\n".repeat(200)}`,
  "emphasis over many paragraphs": "a *b\n\n".repeat(801),
  "a long word": "a".repeat(20_000),
};

for (const [name, markdown] of Object.entries(tangled)) {
  test(`${name} is kept from a parser`, () => assert.equal(isTangled(markdown), true));
}
for (const [name, markdown] of Object.entries(plain)) {
  test(`${name} may be parsed`, () => assert.equal(isTangled(markdown), false));
}
