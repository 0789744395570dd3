// The texts of settled steps, drawn like answers when their rows come into view.

/** @import { Host, Step } from "./types.js" */
/** @typedef {{ end: number, element: HTMLElement }} StepDrawing */

import { AnswerMarkdown } from "./answer_markdown.js";
import { element } from "./elements.js";
import { cleanText } from "./safe_text.js";

const MAX_KEPT = 400;
const FENCE_LINE = /^ {0,3}(?:`{3,}|~{3,})/gm;

/**
 * Does a part of `text` hold a part of a block of code, whose rest is in other steps?
 *
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
export function cutsCode(text, start, end) {
  /** @param {string} part */
  const isOpen = (part) => (part.match(FENCE_LINE)?.length ?? 0) % 2 === 1;
  return isOpen(text.slice(0, start)) || isOpen(text.slice(start, end));
}

export class StepDrawings {
  /** Does the reader prefer the text as it was received? */
  isRaw = false;
  /** Called when a row has changed its height. */
  onDrawn = () => {};
  #host;
  /** @type {Map<number, StepDrawing>} */
  #kept = new Map(); // by the index of the step, so that a row that returns is not drawn again

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  get canDraw() {
    return this.#host.parse !== null;
  }

  /**
   * Draw a step's text up to `end` in place of the plain text in `place`, now or soon.
   *
   * @param {Step} step
   * @param {HTMLElement} place
   * @param {{ text: string, end: number, cue: string }} shown
   */
  draw(step, place, { text, end, cue }) {
    if (this.isRaw || !this.canDraw) return;
    const kept = this.#kept.get(step.index);
    if (kept?.end === end) place.replaceChildren(kept.element);
    else this.#start(step.index, place, { text, end, cue });
  }

  /**
   * @param {number} index
   * @param {HTMLElement} place
   * @param {{ text: string, end: number, cue: string }} shown
   */
  async #start(index, place, { text, end, cue }) {
    const drawing = new AnswerMarkdown(this.#host, 0, "qwq-step-drawn");
    // Its row is put on the page after this, and formulas are measured there.
    await Promise.resolve();
    const workshop = element("div", "qwq-drawing", {}, drawing.element);
    place.append(workshop);
    try {
      drawing.append(text);
      await drawing.finish();
    } catch {
      workshop.remove();
      return;
    }
    if (!place.isConnected) return;
    underline(drawing.element, cleanText(cue));
    place.replaceChildren(drawing.element);
    this.#keep(index, { end, element: drawing.element });
    this.onDrawn();
  }

  /**
   * @param {number} index
   * @param {StepDrawing} drawing
   */
  #keep(index, drawing) {
    if (this.#kept.size >= MAX_KEPT) this.#kept.delete(/** @type {number} */ (this.#kept.keys().next().value));
    this.#kept.set(index, drawing);
  }
}

/**
 * Underline the first occurrence of a cue, if it is in one piece.
 *
 * @param {HTMLElement} root
 * @param {string} cue
 */
function underline(root, cue) {
  if (!cue) return;
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = /** @type {Text} */ (texts.currentNode);
    const at = node.data.indexOf(cue);
    if (at < 0 || node.parentElement?.closest("pre, code, .qwq-math, .qwq-code-bar")) continue;
    const found = node.splitText(at);
    found.splitText(cue.length);
    const mark = element("span", "qwq-cue");
    found.replaceWith(mark);
    mark.append(found);
    return;
  }
}
