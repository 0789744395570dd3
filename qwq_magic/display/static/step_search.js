// Finding words in a reasoning of which only a screenful is on the page.

/** @import { IsShown, Match, Span, Step } from "./types.js" */
/** @import { StepTable } from "./step_table.js" */

const MOST_MATCHES = 20_000;

export class StepSearch {
  query = "";
  /**
   * [start, end] of each place found, in order.
   *
   * @type {Span[]}
   */
  matches = [];
  /** Which of them the reader is at, -1 before the first. */
  current = -1;

  /**
   * Look for `query`, whatever its case, in the steps `isShown` says yes to.
   *
   * @param {string} query
   * @param {StepTable} table
   * @param {IsShown} isShown
   */
  find(query, table, isShown) {
    const at = this.matches[this.current]?.[0];
    this.query = query;
    this.matches = [];
    for (const match of query ? table.text.matchAll(literally(query)) : []) {
      /** @type {Span} */
      const span = [match.index, match.index + match[0].length];
      const step = table.stepAt(span[0]);
      if (step && isShown(step)) this.matches.push(span);
      if (this.matches.length >= MOST_MATCHES) break;
    }
    this.current = this.matches.findIndex(([start]) => start === at);
  }

  /**
   * Go to the next place, or the one before; from nowhere, to the first at or behind `offset`.
   *
   * @param {1 | -1} direction
   * @param {number} offset
   * @returns {Span | null}
   */
  go(direction, offset) {
    const count = this.matches.length;
    if (!count) return null;
    if (this.current >= 0) this.current = (this.current + direction + count) % count;
    else {
      const next = this.matches.findIndex(([start]) => start >= offset);
      this.current = direction > 0 ? Math.max(0, next) : (next < 0 ? count : next) - 1;
      if (this.current < 0) this.current = count - 1;
    }
    return this.matches[this.current] ?? null;
  }

  /**
   * The places within a step, with a mark on the current one.
   *
   * @param {Step} step
   * @returns {Match[]}
   */
  within(step) {
    const found = [];
    let index = this.#firstBehind(step.start);
    for (let span = this.matches[index]; span && span[0] < step.end; span = this.matches[++index]) {
      found.push({ start: span[0], end: span[1], isCurrent: index === this.current });
    }
    return found;
  }

  /** "3 of 17", "17 found", "none found", or "". */
  get words() {
    if (!this.query) return "";
    const count = this.matches.length;
    if (!count) return "none found";
    const many = count === MOST_MATCHES ? `${count.toLocaleString("en-US")}+` : count.toLocaleString("en-US");
    return this.current < 0 ? `${many} found` : `${(this.current + 1).toLocaleString("en-US")} of ${many}`;
  }

  /** @param {number} offset */
  #firstBehind(offset) {
    let low = 0;
    let high = this.matches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.matches[middle]?.[1] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** @param {string} query */
function literally(query) {
  return new RegExp(query.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "giu");
}
