// The final view of a turn: the live panes' parts, filled from saved data, without a kernel.

import { AnswerMarkdown } from "./answer_markdown.js";
import { AnswerPane } from "./answer_pane.js";
import { element } from "./elements.js";
import { hostOf } from "./host.js";
import { Inspecting } from "./inspecting.js";
import { ReasoningPane } from "./reasoning_pane.js";
import { ReasoningText } from "./reasoning_text.js";
import { estimateTokens } from "./safe_text.js";
import { StatusLine } from "./status_line.js";
import { loopsOf, StepTable } from "./step_table.js";
import { turnOf } from "./turn_data.js";
import { footerLine, reasoningLabel, seconds } from "./turn_words.js";
import { adoptDrawing, viewRecord } from "./view_records.js";

/**
 * Show saved data in `el`, with the host's two services where it has them.
 *
 * Returns {done, dispose}: a promise for the last stroke, and how to take it down.
 */
export function mountTurn(el, data, { markdownParser = null, latexTypesetter = null } = {}) {
  const turn = turnOf(data);
  // An output that is for inspecting opens there, whatever was chosen where it was asked.
  const record = viewRecord(turn.inspect ? `${turn.id} inspected` : turn.id);
  const controller = new AbortController();
  const estimated = estimatedTokens(turn);
  const root = element("div", "qwq-turn");
  root.append(element("div", "qwq-part", {}, statusOf(turn)));
  let inspecting = null;
  const reasoning = element("div", "qwq-part");
  if (turn.show !== "answer") {
    const pane = reasoningOf(turn, record, estimated, { onInspect: () => inspecting?.open(), signal: controller.signal });
    reasoning.append(pane);
    root.append(reasoning);
  }
  const drawn = turn.show === "reasoning" ? null : answerOf(turn, record, hostOf(markdownParser, latexTypesetter));
  const pane = new AnswerPane(drawn?.answer ?? null);
  // Notebooks saved before 0.1.0 hold neither line.
  pane.showFooter(turn.footer || footerLine(turn, estimated));
  const reply = element("div", "qwq-part", {}, pane.element);
  root.append(reply);
  if (turn.show !== "answer" && turn.reasoning) {
    inspecting = new Inspecting(record, {
      place: root,
      panes: [reasoning, reply],
      answer: pane.element,
      read: () => inspected(turn),
      signal: controller.signal,
    });
  }
  const done = holdHeight(root, record, drawn);
  el.replaceChildren(root);
  inspecting?.begin(turn.inspect);
  return { done, dispose: () => controller.abort() };
}

/** As `split_tokens` in Python: what the server counted of both is shared out. */
function estimatedTokens({ reasoning, answer, usage }) {
  const parts = { reasoning: estimateTokens(reasoning), answer: estimateTokens(answer) };
  const scale = (usage.output_tokens ?? NaN) / (parts.reasoning + parts.answer);
  if (Number.isFinite(scale)) for (const name of Object.keys(parts)) parts[name] *= scale;
  return parts;
}

function statusOf(turn) {
  const line = new StatusLine(null);
  line.show({
    state: turn.state,
    seconds: seconds(turn.timing.total_s),
    tokens: "",
    about: "",
    notices: turn.ending ? [...turn.notices, turn.ending] : turn.notices,
    error: turn.error,
  });
  return line.element;
}

function inspected(turn) {
  const table = new StepTable();
  table.grow(turn.reasoning, turn.steps);
  table.finish();
  return { table, metrics: turn.metrics, loops: loopsOf(turn.loops, turn.reasoning), growing: false };
}

function reasoningOf(turn, record, estimated, { onInspect, signal }) {
  const adopted = adoptDrawing(record, "reasoning", turn.reasoning);
  const text = adopted ?? new ReasoningText();
  if (!adopted) {
    text.append(turn.reasoning);
    // A saved turn is read from its beginning.
    record.scroll ??= 0;
  }
  const pane = new ReasoningPane(record, text, { start: turn.start, onInspect, signal });
  pane.show({
    label: turn.caption || reasoningLabel(turn.timing.thinking_s, turn.usage.reasoning_tokens, estimated.reasoning),
    answered: turn.answer !== "" || turn.state === "complete",
    hidden: turn.reasoning === "",
    growing: false,
  });
  return pane.element;
}

function answerOf(turn, record, host) {
  const adopted = adoptDrawing(record, "answer", turn.answer);
  if (adopted) return { answer: adopted, done: adopted.finish(), adopted: true };
  const answer = new AnswerMarkdown(host);
  answer.append(turn.answer);
  return { answer, done: answer.finish(), adopted: false };
}

/** Until the answer is drawn the view keeps the height the live one had. */
function holdHeight(root, record, drawn) {
  if (!drawn) return Promise.resolve();
  const { status = 0, reasoning = 0, answer = 0 } = record.heights;
  if (!drawn.adopted && answer) root.style.minHeight = `${status + reasoning + answer}px`;
  return drawn.done.then(() => {
    root.style.minHeight = "";
    root.dataset.drawn = "";
  });
}
