import assert from "node:assert/strict";
import test from "node:test";

import { MATH_CLOSE, MATH_OPEN, maskMath } from "../../../qwq_magic/display/static/answer_math.js";
import {
  definitionsIn,
  guardDefinitions,
  JOINER,
  labelsIn,
  meantMarkdown,
  PIPE,
  STAR,
  TILDE,
} from "../../../qwq_magic/display/static/answer_source.js";

const guarded = (source) => guardDefinitions(source, new Set(labelsIn(source)));
const addresses = (source) => maskMath(source, false).formulas.map(({ address }) => address);

test("only a definition that is referred to stays one", () => {
  const source = "See [a] and [b][c].\n\n[a]: https://a.example/\n[C]: <https://c.example/> 'c'\n[d]: https://d.example/";

  assert.equal(guarded(source), source.replace("[d]:", `[d]${JOINER}:`));
  assert.deepEqual(definitionsIn(source).map(([label]) => label), ["a", "c", "d"]);
});

test("lines without an address define nothing", () => {
  for (const line of ["[WARN]: danger", "[^1]: https://a.example/", "[a]: https://a.example/ and more", "[a]: ./b"]) {
    assert.deepEqual(definitionsIn(line), [], line);
    assert.equal(guarded(`[WARN] [a] [^1]\n\n${line}`).includes(`]${JOINER}:`), true, line);
  }
});

test("a line in a paragraph defines nothing", () => {
  assert.deepEqual(definitionsIn("text\n[a]: https://a.example/"), []);
});

test("stars beside marks that no space separates get a letter as a neighbour", () => {
  assert.equal(meantMarkdown("**结论：**9.9"), `**结论：${JOINER}**9.9`);
  assert.equal(meantMarkdown("是**“重点”**的"), `是**${JOINER}“重点”${JOINER}**的`);
  assert.equal(meantMarkdown(`**1:**${MATH_OPEN}0${MATH_CLOSE}`), `**1:${JOINER}**${MATH_OPEN}0${MATH_CLOSE}`);
});

test("other stars keep their neighbours", () => {
  for (const text of ["a **b** c", "2**3", "*a*，b", "价格*（含税）", "\\**a", "- **a** b"]) {
    assert.equal(meantMarkdown(text), text);
  }
});

test("stars in a row are two emphases, and those of a power or a hidden number are none", () => {
  const between = `${JOINER}**${JOINER}**${JOINER}`;

  assert.equal(meantMarkdown("**一****二****3**"), `**一${between}二${between}3**`);
  assert.equal(meantMarkdown("x**2 + 3**2"), `x${STAR}${STAR}2 + 3**2`);
  assert.equal(meantMarkdown("**6****7** ****1234"), `**6${STAR.repeat(4)}7** ${STAR.repeat(4)}1234`);
  for (const text of ["****a****", "a****b", "\\**a****b**", "**a**2 **b**3"]) {
    assert.equal(meantMarkdown(text), text);
  }
});

test("a tilde strikes through only as a pair", () => {
  assert.equal(meantMarkdown("5~10 ~~a~~ ~~~"), `5${TILDE}10 ~~a~~ ~~~`);
});

test("a pipe in code ends a cell only if the row has no cell too many", () => {
  const table = (row) => `| a | b |\n|---|---|\n${row}`;

  assert.equal(meantMarkdown(table("| `x|y` | z |")), table(`| \`x${PIPE}y\` | z |`));
  assert.equal(meantMarkdown(table("| ` | ` |")), table("| ` | ` |"));
  assert.equal(meantMarkdown("`x|y` | z"), "`x|y` | z");
});

test("an address ends before punctuation and before a script without spaces", () => {
  const cases = {
    "见https://a.example/docs（说明）": ["https://a.example/docs"],
    "https://a.example/docs了解": ["https://a.example/docs"],
    "(https://a.example/b_(c)), https://a.example/d.": ["https://a.example/b_(c)", "https://a.example/d"],
    "https://a.example/größe": ["https://a.example/größe"],
    "https://zh.wikipedia.org/wiki/数学。": ["https://zh.wikipedia.org/wiki/数学"],
    "www.a.example/x，me@a.example。": ["www.a.example/x", "me@a.example"],
    "**https://a.example**": ["https://a.example"],
    "`https://a.example` $https://a.example$": ["https://a.example"],
    "[x](https://a.example) <https://a.example>": [],
  };
  for (const [source, found] of Object.entries(cases)) assert.deepEqual(addresses(source), found, source);
});

test("a boxed result is a formula without delimiters", () => {
  const boxed = (source, open = false) => maskMath(source, open).formulas.map(({ raw }) => raw);

  assert.deepEqual(boxed("so \\boxed{\\frac{1}{2}}."), ["\\boxed{\\frac{1}{2}}"]);
  assert.deepEqual(boxed("\\boxed{} \\boxed{1 \\\\boxed{2} `\\boxed{3}`"), []);
  assert.deepEqual(boxed("\\boxed{1", true), ["\\boxed{1"]);
  assert.deepEqual(boxed("\\boxed{".repeat(50) + "}".repeat(50)).length, 1);
});

test("dollars in prose of any script are no formula", () => {
  const prose = ["$10，总价为$x", "$HOME和$PATH", "$PATH=$HOME", "от $10/месяц и 5$ за", "$5 y 10$ más", "${A}:${B}"];
  const math = ["若$x=1，y=2$则", "$v=s/t$", "$面积=长×宽$", "$n$th", "$a$$b$", "$ x^2 $", "$α+β$"];

  for (const text of prose) assert.deepEqual(maskMath(text, false).formulas, [], text);
  for (const text of math) assert.notDeepEqual(maskMath(text, false).formulas, [], text);
});
