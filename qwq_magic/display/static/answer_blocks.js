// Cut a growing Markdown text into top-level blocks that will not change any more.
//
// Only complete lines decide, and only by what stands before them: the cuts are the
// same however the text arrives, so a live answer and a saved one look alike.

// Parsers are superlinear; past this many characters or lines a block is cut at a line.
const LIMIT = 20000;
const MOST_LINES = 800;

const FENCE = /^( {0,3})(`{3,}|~{3,})(.*)$/;
const HEADING = /^ {0,3}#{1,6}(?:[ \t]|$)/;
const LIST = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;
const BLANK = /^[ \t]*$/;

function openedFence(line) {
  const match = FENCE.exec(line);
  if (!match || (match[2][0] === "`" && match[3].includes("`"))) return null;
  return { kind: "fence", indent: match[1].length, mark: match[2], info: match[3], code: "" };
}

export class AnswerBlocks {
  #line = "";
  #block = null;
  #afterBlank = false;
  #finished = [];

  /** Add text; returns the blocks it finished. */
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

  /** No more text. */
  end() {
    if (this.#line) this.#take(this.#line);
    this.#line = "";
    this.#close();
    return this.#finished.splice(0);
  }

  /** What is not finished yet, or null: {kind: "text", source} or an open {kind: "fence", code}. */
  get tail() {
    const block = this.#block;
    if (block?.kind === "fence") {
      // Backticks alone may be the closing fence: wait for the rest of the line.
      const waiting = /^ {0,3}(?:`+|~+)?[ \t]*$/.test(this.#line);
      return { ...block, code: waiting ? block.code : block.code + this.#unindented(this.#line) };
    }
    const source = (block?.source ?? "") + this.#line;
    return BLANK.test(source) ? null : { kind: "text", source };
  }

  #cutLongLine() {
    while (this.#line.length > LIMIT) {
      const space = this.#line.lastIndexOf(" ", LIMIT - 1);
      let cut = space > LIMIT / 2 ? space + 1 : LIMIT;
      if (/[\ud800-\udbff]/.test(this.#line[cut - 1])) cut -= 1;
      const rest = this.#line.slice(cut);
      this.#close();
      this.#takeText(this.#line.slice(0, cut));
      this.#close();
      this.#line = rest;
    }
  }

  #take(line) {
    if (this.#block?.kind === "fence") {
      this.#takeFenced(line);
      return;
    }
    this.#line = line;
    this.#cutLongLine();
    this.#takeLine(this.#line);
  }

  #takeFenced(line) {
    const { mark } = this.#block;
    const match = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line);
    if (match && match[1][0] === mark[0] && match[1].length >= mark.length) this.#close();
    else this.#block.code += `${this.#unindented(line)}\n`;
  }

  #unindented(line) {
    let indent = 0;
    while (indent < this.#block.indent && line[indent] === " ") indent += 1;
    return line.slice(indent);
  }

  #takeLine(line) {
    if (BLANK.test(line)) {
      this.#afterBlank = true;
      if (this.#block) this.#block.source += "\n";
      return;
    }
    const inList = this.#block?.list ?? false;
    const fence = openedFence(line);
    if (fence && !(inList && fence.indent >= 2)) {
      this.#close();
      this.#block = fence;
      return;
    }
    if (this.#afterBlank && !this.#continues(line, inList)) this.#close();
    const heading = HEADING.test(line) && !(inList && line.startsWith("  "));
    if (heading) this.#close();
    this.#takeText(`${line}\n`);
    if (heading) this.#close();
  }

  /** After a blank line: does `line` still belong to the block before? */
  #continues(line, inList) {
    if (this.#block === null) return true;
    if (inList) return /^(?: {2}|\t)/.test(line) || LIST.test(line);
    return /^(?: {4}|\t)/.test(this.#block.source) && /^(?: {4}|\t)/.test(line);
  }

  #takeText(text) {
    const { source = "", lines = 0 } = this.#block ?? {};
    if (this.#block && (source.length + text.length > LIMIT || lines >= MOST_LINES)) this.#close();
    this.#block ??= { kind: "text", source: "", lines: 0, list: false };
    this.#block.source += text;
    this.#block.lines += 1;
    this.#block.list ||= LIST.test(text);
    this.#afterBlank = false;
  }

  #close() {
    const block = this.#block;
    this.#block = null;
    this.#afterBlank = false;
    if (block && (block.kind === "fence" || !BLANK.test(block.source))) this.#finished.push(block);
  }
}
