// Text search in a reasoning of which only the visible part is on the page.

/** @import { IsShown, Match, Span, Step } from "./types.js" */
/** @import { StepTable } from "./step_table.js" */

const MAX_MATCHES = 20_000;

export class StepSearch {
  query = "";
  /**
   * The matches, in order.
   *
   * @type {Span[]}
   */
  matches = [];
  /** The index of the current match, -1 before the first one. */
  current = -1;

  /**
   * Find `query`, ignoring case, in the steps that `isShown` accepts.
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
      if (this.matches.length >= MAX_MATCHES) break;
    }
    this.current = this.matches.findIndex(([start]) => start === at);
  }

  /**
   * Go to the next or the previous match; without a current one, start at `offset`.
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
   * The matches within a step.
   *
   * @param {Step} step
   * @returns {Match[]}
   */
  within(step) {
    const found = [];
    let index = this.#firstAfter(step.start);
    for (let span = this.matches[index]; span && span[0] < step.end; span = this.matches[++index]) {
      found.push({ start: span[0], end: span[1], isCurrent: index === this.current });
    }
    return found;
  }

  /** "3 of 17", "17 matches", "no matches", or "". */
  get summary() {
    if (!this.query) return "";
    const count = this.matches.length;
    if (!count) return "no matches";
    const many = count === MAX_MATCHES ? `${count.toLocaleString("en-US")}+` : count.toLocaleString("en-US");
    const noun = count === 1 ? "match" : "matches";
    return this.current < 0 ? `${many} ${noun}` : `${(this.current + 1).toLocaleString("en-US")} of ${many}`;
  }

  /** @param {number} offset */
  #firstAfter(offset) {
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
