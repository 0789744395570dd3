import assert from "node:assert/strict";
import test from "node:test";

import { inertMarkdown } from "../../../qwq_magic/display/static/answer_block_drawing.js";
import { LESS_THAN } from "../../../qwq_magic/display/static/answer_math.js";

const NAME_MARK = "\ufdd3";

test("no HTML reaches a parser", () => {
  assert.equal(inertMarkdown("a <b onclick=x> 1 < 2"), `a ${LESS_THAN}b onclick=x> 1 ${LESS_THAN} 2`);
});

test("an autolink stays, unless there is room for an attribute", () => {
  assert.equal(inertMarkdown("<https://a.example/b>"), "<https://a.example/b>");
  assert.equal(inertMarkdown("<https://a.example x=y>"), `${LESS_THAN}https://a.example x=y>`);
  assert.equal(inertMarkdown("<javascript:alert(1)>"), `${LESS_THAN}javascript:alert(1)>`);
});

test("no fence has a name that its host could act on", () => {
  for (const fence of ["```", "~~~~", ":::"]) {
    assert.equal(inertMarkdown(`${fence}mermaid\na`), `${fence}${NAME_MARK}mermaid\na`);
    assert.equal(inertMarkdown(`> - ${fence} mermaid`), `> - ${fence} ${NAME_MARK}mermaid`);
  }
});

test("a fence without a name needs no mark", () => {
  assert.equal(inertMarkdown("```\na\n```\n"), "```\na\n```\n");
});
