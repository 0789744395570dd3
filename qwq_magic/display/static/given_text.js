// Given text: the beginning of a reasoning or an answer that the user wrote, not the model.

/** @import { AnswerBlock, GivenShare } from "./types.js" */

import { codePointLength, unitOffset } from "./safe_text.js";

/** Counts off the given characters, in code points, of a text that arrives in deltas. */
export class GivenCount {
  #left;

  /** @param {number} given */
  constructor(given) {
    this.#left = given;
  }

  get isOver() {
    return this.#left <= 0;
  }

  /**
   * How much of the next delta is given, in UTF-16 units.
   *
   * @param {string} delta
   */
  take(delta) {
    if (this.isOver) return 0;
    const end = unitOffset(delta, this.#left);
    this.#left -= codePointLength(delta.slice(0, end));
    return end;
  }
}

/** @param {AnswerBlock} block */
function contentOf(block) {
  const content = block.kind === "fence" ? `${block.mark}${block.info}\n${block.code}` : block.source;
  return content.trim();
}

/** Which blocks of a growing Markdown text are given. Blocks are asked about in their order. */
export class GivenBlocks {
  #count;
  #last = ""; // the end of the given text: the rest of an open block, or the first line of the next
  #isPast;

  /** @param {number} given */
  constructor(given) {
    this.#count = new GivenCount(given);
    this.#isPast = this.#count.isOver;
  }

  /**
   * How much of the next delta is given, in UTF-16 units.
   *
   * @param {string} delta
   */
  take(delta) {
    return this.#count.take(delta);
  }

  /**
   * Note the block that is open, if any, when all of the given text has been read.
   *
   * @param {AnswerBlock | null} tail
   */
  endWithin(tail) {
    if (!this.#count.isOver || this.#isPast) return;
    this.#last = tail ? contentOf(tail) : "";
    this.#isPast = tail === null;
  }

  /**
   * How much of the first unfinished block is given.
   *
   * @param {AnswerBlock} block
   * @returns {GivenShare}
   */
  shareOf(block) {
    if (this.#isPast) return "none";
    return !this.#count.isOver || contentOf(block) === this.#last ? "whole" : "part";
  }

  /**
   * How much of a block is given that is finished now.
   *
   * @param {AnswerBlock} block
   * @returns {GivenShare}
   */
  finish(block) {
    if (this.#isPast || !this.#count.isOver) return this.shareOf(block);
    const content = contentOf(block);
    const isWhole = this.#last.startsWith(content);
    this.#last = isWhole ? this.#last.slice(content.length).trim() : "";
    this.#isPast = !this.#last;
    return isWhole ? "whole" : "part";
  }
}

/**
 * Mark an element with text that is given, in whole or in part.
 *
 * @param {HTMLElement} node
 * @param {GivenShare} share
 */
export function markGiven(node, share) {
  node.classList.toggle("qwq-given", share !== "none");
  node.classList.toggle("qwq-given-part", share === "part");
  if (share === "none") return;
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", share === "whole" ? "Given text" : "Given text ends here");
}
