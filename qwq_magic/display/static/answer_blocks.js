// Cut a growing Markdown text into top-level blocks that later text does not change.
//
// Cuts depend only on complete lines and the lines before them. They are the same however the
// text arrives, so a live answer and a saved one look alike.

/** @import { AnswerBlock, FenceBlock, TextBlock } from "./types.js" */

/** @typedef {TextBlock & { lines: number, list: boolean }} OpenText */

// Parsers take superlinear time: a block past this many characters or lines is cut at a line break.
const LIMIT = 20000;
const MAX_LINES = 800;

const FENCE = /^( {0,3})(`{3,}|~{3,})(.*)$/;
const HEADING = /^ {0,3}#{1,6}(?:[ \t]|$)/;
const LIST = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;
const BLANK = /^[ \t]*$/;

/**
 * @param {string} line
 * @returns {FenceBlock | null}
 */
function openedFence(line) {
  const [opens, indent = "", mark = "", info = ""] = FENCE.exec(line) ?? [];
  if (opens === undefined || (mark.startsWith("`") && info.includes("`"))) return null;
  return { kind: "fence", indent: indent.length, mark, info, code: "" };
}

export class AnswerBlocks {
  #line = "";
  /** @type {OpenText | FenceBlock | null} */
  #block = null;
  #afterBlank = false;
  /** @type {AnswerBlock[]} */
  #finished = [];

  /**
   * Add text, and return the blocks it completes.
   *
   * @param {string} text
   * @returns {AnswerBlock[]}
   */
  push(text) {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#take(this.#line + text.slice(start, end));
      this.#line = "";
      start = end + 1;
    }
    this.#line += text.slice(start);
    if (this.#block?.kind !== "fence") this.#cutLongLine();
    return this.#finished.splice(0);
  }

  /**
   * End the text, and return the remaining blocks.
   *
   * @returns {AnswerBlock[]}
   */
  end() {
    if (this.#line) this.#take(this.#line);
    this.#line = "";
    this.#close();
    return this.#finished.splice(0);
  }

  /**
   * The incomplete end of the text, or null: {kind: "text", source} or an open {kind: "fence", code}.
   *
   * @returns {AnswerBlock | null}
   */
  get tail() {
    const block = this.#block;
    if (block?.kind === "fence") {
      // A run of backticks may turn out to be the closing fence: wait for the rest of the line.
      const waiting = /^ {0,3}(?:`+|~+)?[ \t]*$/.test(this.#line);
      return { ...block, code: waiting ? block.code : block.code + this.#unindented(block, this.#line) };
    }
    const source = (block?.source ?? "") + this.#line;
    return BLANK.test(source) ? null : { kind: "text", source };
  }

  /** Is the next line the first one of a block, whatever it is? */
  get isBetween() {
    return this.#block === null && !this.#line;
  }

  get isInFence() {
    return this.#block?.kind === "fence";
  }

  /** The open block, unless it is a fence. */
  get #openText() {
    return this.#block?.kind === "text" ? this.#block : null;
  }

  #cutLongLine() {
    while (this.#line.length > LIMIT) {
      const space = this.#line.lastIndexOf(" ", LIMIT - 1);
      let cut = space > LIMIT / 2 ? space + 1 : LIMIT;
      if (/[\ud800-\udbff]/.test(this.#line.charAt(cut - 1))) cut -= 1;
      const rest = this.#line.slice(cut);
      this.#close();
      this.#takeText(this.#line.slice(0, cut));
      this.#close();
      this.#line = rest;
    }
  }

  /** @param {string} line */
  #take(line) {
    if (this.#block?.kind === "fence") {
      this.#takeFenced(this.#block, line);
      return;
    }
    this.#line = line;
    this.#cutLongLine();
    this.#takeLine(this.#line);
  }

  /**
   * @param {FenceBlock} block
   * @param {string} line
   */
  #takeFenced(block, line) {
    const { mark } = block;
    const closing = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1] ?? "";
    if (closing.startsWith(mark)) this.#close();
    else block.code += `${this.#unindented(block, line)}\n`;
  }

  /**
   * @param {FenceBlock} block
   * @param {string} line
   */
  #unindented(block, line) {
    let indent = 0;
    while (indent < block.indent && line[indent] === " ") indent += 1;
    return line.slice(indent);
  }

  /** @param {string} line */
  #takeLine(line) {
    const block = this.#openText;
    if (BLANK.test(line)) {
      this.#afterBlank = true;
      if (block) block.source += "\n";
      return;
    }
    const inList = block?.list ?? false;
    const fence = openedFence(line);
    if (fence && !(inList && fence.indent >= 2)) {
      this.#close();
      this.#block = fence;
      return;
    }
    if (this.#afterBlank && !this.#continues(block, line)) this.#close();
    const heading = HEADING.test(line) && !(inList && line.startsWith("  "));
    if (heading) this.#close();
    this.#takeText(`${line}\n`);
    if (heading) this.#close();
  }

  /**
   * After a blank line, does `line` still belong to the previous block?
   *
   * @param {OpenText | null} block
   * @param {string} line
   */
  #continues(block, line) {
    if (block === null) return true;
    if (block.list) return /^(?: {2}|\t)/.test(line) || LIST.test(line);
    return /^(?: {4}|\t)/.test(block.source) && /^(?: {4}|\t)/.test(line);
  }

  /** @param {string} text */
  #takeText(text) {
    const open = this.#openText;
    if (open && (open.source.length + text.length > LIMIT || open.lines >= MAX_LINES)) this.#close();
    const block = this.#openText ?? { kind: "text", source: "", lines: 0, list: false };
    this.#block = block;
    block.source += text;
    block.lines += 1;
    block.list ||= LIST.test(text);
    this.#afterBlank = false;
  }

  #close() {
    const block = this.#block;
    this.#block = null;
    this.#afterBlank = false;
    if (block && (block.kind === "fence" || !BLANK.test(block.source))) this.#finished.push(block);
  }
}
