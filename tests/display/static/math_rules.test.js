import assert from "node:assert/strict";
import test from "node:test";

import { mathIsSafe, PROSE } from "../../../qwq_magic/display/static/math_rules.js";

const safe = [
  String.raw`\frac{a}{b} < c`,
  String.raw`\begin{align}a&=b\end{align}`,
  String.raw`\begin{array}{l|cr}a&b&c\end{array}`,
  String.raw`\begin{bmatrix}1&2\\3&4\end{bmatrix}`,
  String.raw`a\hspace{1em}b`,
  String.raw`a\hspace{-0.5em}b`,
  String.raw`\color{red}x`,
  String.raw`a\\[2pt]b`,
  String.raw`\newline`,
];
const unsafe = [
  String.raw`\href{javascript:alert(1)}{x}`,
  String.raw`\HREF{https://a.example}{x}`,
  String.raw`\require{html}`,
  String.raw`\def\x{y}`,
  String.raw`\newcommand{\x}{y}`,
  String.raw`\cssId{a}{b}`,
  String.raw`\hspace{100em}`,
  String.raw`\color{rgb(1,2,3)}x`,
  String.raw`\begin{verbatim}\end{verbatim}`,
  String.raw`\begin{array}{*{999}{c}}\end{array}`,
  String.raw`a\\[900pt]b`,
  String.raw`\cancel[onclick=x]{a}`,
  "a`b",
  'a"b',
];

for (const tex of safe) test(`${tex} may be typeset`, () => assert.equal(mathIsSafe(tex), true));
for (const tex of unsafe) test(`${tex} may not be typeset`, () => assert.equal(mathIsSafe(tex), false));

test("braces must close what they open, in order", () => {
  assert.equal(mathIsSafe("{a}"), true);
  assert.equal(mathIsSafe("{a"), false);
  assert.equal(mathIsSafe("}a{"), false);
  assert.equal(mathIsSafe(String.raw`\{a`), true);
});

test("the depth of braces is limited", () => {
  const nested = (depth) => "{".repeat(depth) + "}".repeat(depth);

  assert.equal(mathIsSafe(nested(40)), true);
  assert.equal(mathIsSafe(nested(41)), false);
});

test("a formula may move backwards only a few times", () => {
  assert.equal(mathIsSafe(String.raw`\!`.repeat(12)), true);
  assert.equal(mathIsSafe(String.raw`\!`.repeat(13)), false);
});

test("two prices are prose, a formula is not", () => {
  const prose = new RegExp(PROSE);

  assert.equal(prose.test("5 dollars or "), true);
  assert.equal(prose.test("a + b, where c"), false);
  assert.equal(prose.test("x"), false);
});
