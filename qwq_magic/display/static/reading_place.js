// The reader's place in a reasoning, kept when its plain text and its drawing change places.

/** @import { DrawnReasoning } from "./drawn_reasoning.js" */
/** @import { ReasoningText } from "./reasoning_text.js" */

/**
 * The index of the last start that is not below `top`; 0 if all are.
 *
 * @param {number[]} starts in the order of the text
 * @param {(start: number) => number} topOf
 * @param {number} top
 */
export function indexAbove(starts, topOf, top) {
  let low = 0;
  let high = Math.max(0, starts.length - 1);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (topOf(starts[middle] ?? 0) <= top) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Note the place in the plain text; call the result when the drawing is shown instead.
 *
 * @param {HTMLElement} body
 * @param {ReasoningText} text
 * @param {DrawnReasoning} drawn
 * @returns {() => void}
 */
export function placeInPlain(body, text, drawn) {
  if (!body.scrollTop) return () => (body.scrollTop = 0);
  const { top } = body.getBoundingClientRect();
  const { starts } = drawn;
  const index = indexAbove(starts, (start) => text.topAt(start), top + 1);
  const distance = text.topAt(starts[index] ?? 0) - top;
  return () => {
    body.scrollTop += drawn.distanceOf(index) - distance;
  };
}

/**
 * Note the place in the drawing; call the result when the plain text is shown instead.
 *
 * @param {HTMLElement} body
 * @param {ReasoningText} text
 * @param {DrawnReasoning} drawn
 * @returns {() => void}
 */
export function placeInDrawing(body, text, drawn) {
  if (!body.scrollTop) return () => (body.scrollTop = 0);
  const index = drawn.indexAtTop;
  const distance = drawn.distanceOf(index);
  return () => {
    body.scrollTop += text.topAt(drawn.starts[index] ?? 0) - body.getBoundingClientRect().top - distance;
  };
}
