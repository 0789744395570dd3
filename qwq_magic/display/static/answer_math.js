// Find the math and the bare addresses in a block of Markdown and hide them from the parser.
//
// Each becomes a placeholder, which `answer_dom` turns into an element. Only these elements are
// passed to the typesetter, so prices are never typeset.

/** @import { Formula, Hidden } from "./types.js" */

import { ADDRESS } from "./markdown_patterns.js";
import { BARE_ENVIRONMENTS, mathIsSafe, NEXT_NAME, PROSE, SPACED_FORMULA } from "./math_rules.js";

// They replace `<` and enclose a formula's index: noncharacters, which `cleanText` removes from
// the input.
export const LESS_THAN = "\ufdd0";
export const MATH_OPEN = "\ufdd1";
export const MATH_CLOSE = "\ufdd2";

const MAX_LENGTH = 4000;
// Deeper is not a result, and a row of open boxes would be read again from each.
const MAX_BOXED_DEPTH = 40;
const MAX_ADDRESS_LENGTH = 2000;
const READS_AS_PROSE = new RegExp(PROSE);
const BEGINS_NAME = new RegExp(NEXT_NAME);
const spacedFormula = new RegExp(SPACED_FORMULA, "y");
// Directly after these, an address is already a link's.
const IN_LINK = /(?:\]\(\s{0,9}<?|\]:[ \t]{0,9}<?|<)$/;

const environment = new RegExp(`^\\\\begin\\{(${BARE_ENVIRONMENTS})\\}`);

class MathScanner {
  /** @type {string} */
  #source;
  /** @type {boolean} */
  #open;
  #at = 0;
  /** @type {string[]} */
  #out = [];
  #copied = 0;
  /** @type {Map<string, number>} */
  #dead = new Map(); // closing mark → position before which it is known not to occur
  /** @type {Hidden[]} */
  hidden = [];

  /**
   * @param {string} source
   * @param {boolean} open
   */
  constructor(source, open) {
    this.#source = source;
    this.#open = open;
  }

  scan() {
    const special = new RegExp(`[\\\\\`$]|${ADDRESS}`, "giu");
    for (;;) {
      special.lastIndex = this.#at;
      const match = special.exec(this.#source);
      if (!match) break;
      this.#at = match.index;
      this.#step(match[0]);
    }
    this.#out.push(this.#source.slice(this.#copied));
    return this.#out.join("");
  }

  /** @param {string} character */
  #step(character) {
    if (character === "`") this.#skipCode();
    else if (character === "$") this.#dollar();
    else if (character === "\\") this.#backslash();
    else this.#address(character);
  }

  /** @param {string} text */
  #address(text) {
    const start = this.#at;
    const end = start + text.length;
    this.#at = end;
    const inAngles = this.#source[start - 1] === "<" && this.#source[end] === ">";
    if (inAngles && !text.includes("/")) this.#hide(start - 1, end + 1, { address: text });
    else if (text.length <= MAX_ADDRESS_LENGTH && !IN_LINK.test(this.#source.slice(Math.max(0, start - 20), start))) {
      this.#hide(start, end, { address: text });
    }
  }

  // A run of backticks is closed by a run of the same length; otherwise it is literal.
  #skipCode() {
    const run = /`+/y;
    run.lastIndex = this.#at;
    const mark = run.exec(this.#source)?.[0] ?? "";
    const after = this.#at + mark.length;
    if (!this.#isDead(mark)) {
      const runs = /`+/g;
      runs.lastIndex = after;
      for (let match = runs.exec(this.#source); match; match = runs.exec(this.#source)) {
        if (match[0].length === mark.length) {
          this.#at = match.index + mark.length;
          return;
        }
      }
      this.#dead.set(mark, this.#source.length);
    }
    this.#at = after;
  }

  #dollar() {
    const source = this.#source;
    const start = this.#at;
    if (source.startsWith("$$", start)) {
      if (!this.#enclosed(start, "$$", "$$", true)) this.#at = start + 2;
      return;
    }
    this.#at = start + 1;
    if (/[A-Za-z0-9]/.test(source[start - 1] ?? "")) return;
    spacedFormula.lastIndex = start;
    const [spaced, inner = ""] = spacedFormula.exec(source) ?? [];
    if (spaced) this.#replace(start, start + spaced.length, inner, false);
    if (spaced || /\s/.test(source[start + 1] ?? " ")) return;
    const end = this.#closingDollar(start + 1);
    if (end < 0) return;
    const tex = source.slice(start + 1, end);
    const isName = BEGINS_NAME.test(source.slice(start + 1, end + 2));
    if (!isName && !READS_AS_PROSE.test(tex)) this.#replace(start, end + 1, tex, false);
  }

  /**
   * The next unescaped dollar sign in this paragraph if it can close a formula; otherwise -1.
   *
   * @param {number} from
   */
  #closingDollar(from) {
    const source = this.#source;
    const next = /\\[\s\S]|\$|`|\n[ \t]*\n/g;
    next.lastIndex = from;
    let match = next.exec(source);
    while (match?.[0].startsWith("\\")) match = next.exec(source);
    if (match?.[0] !== "$" || match.index - from > MAX_LENGTH || match.index === from) return -1;
    const end = match.index;
    const closes = !/\s/.test(source.charAt(end - 1)) && !/[0-9]/.test(source[end + 1] ?? "");
    return closes ? end : -1;
  }

  #backslash() {
    const start = this.#at;
    const next = this.#source[start + 1];
    this.#at = start + 2;
    if (next === "(") this.#enclosed(start, "\\(", "\\)", false);
    else if (next === "[") this.#enclosed(start, "\\[", "\\]", true);
    else if (next === "b") this.#command(start);
  }

  /** @param {number} start */
  #command(start) {
    const match = environment.exec(this.#source.slice(start, start + 30));
    if (this.#source.startsWith("\\boxed{", start)) this.#boxed(start);
    else if (match) this.#enclosed(start, "", `\\end{${match[1]}}`, true, `\\end{${match[1]}}`);
  }

  /**
   * A boxed result is a formula, also without delimiters.
   *
   * @param {number} start
   */
  #boxed(start) {
    let depth = 0;
    const piece = /\\[\s\S]|[{}$`]|\n[ \t]*\n/g;
    piece.lastIndex = start + 2;
    for (let match = piece.exec(this.#source); match; match = piece.exec(this.#source)) {
      if (/^[$`\n]/.test(match[0]) || match.index > start + MAX_LENGTH) return;
      depth += match[0] === "{" ? 1 : match[0] === "}" ? -1 : 0;
      if (depth > MAX_BOXED_DEPTH) return;
      if (depth > 0) continue;
      const tex = this.#source.slice(start, match.index + 1);
      if (match[0] === "}" && tex.length > "\\boxed{}".length) this.#replace(start, match.index + 1, tex, false);
      if (match[0] === "}") return;
    }
    const rest = this.#source.slice(start);
    if (this.#open && !rest.includes("\n")) this.#replace(start, this.#source.length, rest, false, true);
  }

  /**
   * Replace the text from `start` to `close`, if that occurs in the same paragraph.
   *
   * @param {number} start
   * @param {string} opening
   * @param {string} close
   * @param {boolean} display
   * @param {string} [suffix]
   */
  #enclosed(start, opening, close, display, suffix = "") {
    const from = start + opening.length;
    const end = this.#find(close, from);
    if (end >= 0) {
      const tex = this.#source.slice(from, end) + suffix;
      if (!tex.trim()) return false;
      this.#replace(start, end + close.length, tex, display);
      return true;
    }
    const rest = this.#source.slice(from);
    if (this.#open && !/\n[ \t]*\n/.test(rest)) {
      // Still being written: its source is shown, and hidden from the Markdown parser.
      this.#replace(start, this.#source.length, rest, display, true);
      return true;
    }
    return false;
  }

  /**
   * @param {string} mark
   * @param {number} from
   */
  #find(mark, from) {
    if (this.#isDead(mark, from)) return -1;
    const end = this.#source.indexOf(mark, from);
    const blank = this.#source.slice(from, end < 0 ? undefined : end).search(/\n[ \t]*\n/);
    if (end >= 0 && blank < 0) return end;
    this.#dead.set(mark, end < 0 ? this.#source.length : from + blank);
    return -1;
  }

  /**
   * @param {string} mark
   * @param {number} [from]
   */
  #isDead(mark, from = this.#at) {
    return (this.#dead.get(mark) ?? -1) > from;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @param {string} tex
   * @param {boolean} display
   * @param {boolean} [pending]
   */
  #replace(start, end, tex, display, pending = false) {
    const safe = !pending && tex.length <= MAX_LENGTH && mathIsSafe(tex);
    this.#hide(start, end, { tex, display, pending, safe });
  }

  /**
   * @param {number} start
   * @param {number} end
   * @param {Omit<Formula, "raw"> | { address: string }} what
   */
  #hide(start, end, what) {
    this.#out.push(this.#source.slice(this.#copied, start));
    this.#out.push(`${MATH_OPEN}${this.hidden.length}${MATH_CLOSE}`);
    this.hidden.push({ ...what, raw: this.#source.slice(start, end) });
    this.#copied = this.#at = end;
  }
}

/**
 * Markdown with placeholders, and what each of them hides; `open` if more text may follow.
 *
 * @param {string} source
 * @param {boolean} open
 */
export function maskMath(source, open) {
  const scanner = new MathScanner(source, open);
  return { markdown: scanner.scan(), formulas: scanner.hidden };
}
