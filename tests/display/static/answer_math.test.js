import assert from "node:assert/strict";
import test from "node:test";

import { MATH_CLOSE, MATH_OPEN, maskMath } from "../../../qwq_magic/display/static/answer_math.js";

const mark = (number) => `${MATH_OPEN}${number}${MATH_CLOSE}`;

/** The sources of the formulas in a text. */
function formulasIn(source, open = false) {
  return maskMath(source, open).formulas.map(({ raw }) => raw);
}

test("each formula leaves a numbered mark in the Markdown", () => {
  const { markdown, formulas } = maskMath("If $a$ then \\(b\\).", false);

  assert.equal(markdown, `If ${mark(0)} then ${mark(1)}.`);
  assert.deepEqual(formulas, [
    { tex: "a", raw: "$a$", display: false, pending: false, safe: true },
    { tex: "b", raw: "\\(b\\)", display: false, pending: false, safe: true },
  ]);
});

test("doubled dollars, brackets and environments are display math", () => {
  for (const source of ["$$a$$", "\\[a\\]", "\\begin{align}a\\end{align}"]) {
    assert.equal(maskMath(source, false).formulas[0]?.display, true, source);
  }
});

test("an environment is typeset with its own begin and end", () => {
  const [formula] = maskMath("\\begin{align*}a\\end{align*}", false).formulas;

  assert.equal(formula?.tex, "\\begin{align*}a\\end{align*}");
});

test("a price stays a price", () => {
  assert.deepEqual(formulasIn("It costs $5 or $10. Is $ 5$ a price, or a$5$?"), []);
});

test("words between two dollar signs are prose", () => {
  assert.deepEqual(formulasIn("from $USD, some amount of $"), []);
});

test("an escaped dollar neither opens nor closes", () => {
  assert.deepEqual(formulasIn("\\$a$ and $b\\$c$"), ["$b\\$c$"]);
});

test("code contains no formula", () => {
  assert.deepEqual(formulasIn("`$a$` and ``\\(b\\) ` $c$`` and $d$"), ["$d$"]);
});

test("an unmatched backtick hides no formula", () => {
  assert.deepEqual(formulasIn("a ` and $b$"), ["$b$"]);
});

test("a formula ends with its paragraph", () => {
  assert.deepEqual(formulasIn("$$a\n\nb$$"), []);
  assert.deepEqual(formulasIn("\\[a\n \nb\\]"), []);
});

test("a formula still being written is kept from the Markdown parser", () => {
  const { markdown, formulas } = maskMath("so $$a_1 * b", true);

  assert.equal(markdown, `so ${mark(0)}`);
  assert.deepEqual(formulas, [{ tex: "a_1 * b", raw: "$$a_1 * b", display: true, pending: true, safe: false }]);
});

test("an opening mark in a finished text stays text", () => {
  assert.equal(maskMath("so $$a_1 * b", false).markdown, "so $$a_1 * b");
});

test("an unsafe formula is marked as unsafe", () => {
  assert.equal(maskMath("$\\href{a}{b}$", false).formulas[0]?.safe, false);
});

test("an overlong formula is marked as unsafe", () => {
  assert.equal(maskMath(`$$${"a".repeat(4001)}$$`, false).formulas[0]?.safe, false);
  assert.equal(maskMath(`$$${"a".repeat(4000)}$$`, false).formulas[0]?.safe, true);
});

test("many marks that never close take linear time", () => {
  const began = performance.now();
  maskMath("\\( \\[ $$ ` ".repeat(20_000), false);

  assert.ok(performance.now() - began < 2_000);
});
