// Remove control characters and whole escape sequences (ECMA-48) from a text that arrives in
// deltas.
//
// The states are those of `plain_text.py`, so that a pane and the saved text agree. No text is
// held back: only the state survives between deltas. A newline ends a string sequence that was
// never closed, so that it cannot swallow the rest of an answer.

/** @typedef {"ground" | "return" | "escape" | "intermediate" | "csi" | "string" | "st"} State */

// Control characters except tab and newline, the noncharacters that this view uses as marks, and
// tag characters (an invisible alphabet).
const DROPPED = String.raw`\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufdd0-\ufdef\u{e0000}-\u{e007f}`;
const ANY_DROPPED = new RegExp(`[${DROPPED}]`, "u");
const KEPT_RUN = new RegExp(`[^${DROPPED}]*`, "uy");
const CSI_BODY = /[\x20-\x3f]*/y;
const INTERMEDIATES = /[\x20-\x2f]*/y;
// eslint-disable-next-line no-control-regex -- it matches control characters on purpose
const STRING_BODY = /[^\n\r\x07\x18\x1a\x1b\x9c]*/y;
const STRING_OPENER = /[P\]X^_]/;
/** @type {Partial<Record<string, State>>} */
const C1_OPENERS = {
  "\x9b": "csi",
  "\x90": "string",
  "\x98": "string",
  "\x9d": "string",
  "\x9e": "string",
  "\x9f": "string",
  "\x1b": "escape",
};

/**
 * @param {RegExp} pattern
 * @param {string} text
 * @param {number} at
 */
function endOf(pattern, text, at) {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}

export class ControlStripper {
  /** @type {State} */
  #state = "ground";
  #text = "";
  #kept = "";

  /** @param {string} text */
  feed(text) {
    if (this.#state === "ground" && !ANY_DROPPED.test(text)) return text;
    this.#text = text;
    this.#kept = "";
    for (let at = 0; at < text.length; ) at = this.#step(at);
    return this.#kept;
  }

  /**
   * @param {number} at
   * @returns {number}
   */
  #step(at) {
    switch (this.#state) {
      case "escape":
        return this.#readEscape(at);
      case "intermediate":
        return this.#readToFinal(endOf(INTERMEDIATES, this.#text, at), "\x30", "\x7e");
      case "csi":
        return this.#readToFinal(endOf(CSI_BODY, this.#text, at), "\x40", "\x7e");
      case "string":
        return this.#readString(endOf(STRING_BODY, this.#text, at));
      case "st":
        this.#state = this.#text[at] === "\\" ? "ground" : "escape";
        return this.#state === "ground" ? at + 1 : at;
      default:
        return this.#readText(at);
    }
  }

  /** @param {number} at */
  #readText(at) {
    const text = this.#text;
    if (this.#state === "return") {
      this.#state = "ground";
      if (text[at] === "\n") return at + 1;
    }
    const end = endOf(KEPT_RUN, text, at);
    this.#kept += text.slice(at, end);
    if (end === text.length) return end;
    const character = String.fromCodePoint(text.codePointAt(end) ?? 0);
    if (character === "\r") {
      this.#kept += "\n";
      this.#state = "return";
    } else this.#state = C1_OPENERS[character] ?? "ground";
    return end + character.length;
  }

  /** @param {number} at */
  #readEscape(at) {
    const opener = this.#text.charAt(at);
    if (opener === "[") this.#state = "csi";
    else if (STRING_OPENER.test(opener)) this.#state = "string";
    else if (opener >= "\x20" && opener <= "\x2f") this.#state = "intermediate";
    else {
      this.#state = "ground";
      return opener >= "\x30" && opener <= "\x7e" ? at + 1 : at;
    }
    return at + 1;
  }

  /**
   * Skip the final character of a sequence; a character that is not valid there is text.
   *
   * @param {number} at
   * @param {string} low
   * @param {string} high
   */
  #readToFinal(at, low, high) {
    if (at === this.#text.length) return at;
    this.#state = "ground";
    const final = this.#text.charAt(at);
    return final >= low && final <= high ? at + 1 : at;
  }

  /** @param {number} at */
  #readString(at) {
    if (at === this.#text.length) return at;
    this.#state = this.#text[at] === "\x1b" ? "st" : "ground";
    return /[\n\r]/.test(this.#text.charAt(at)) ? at : at + 1;
  }
}
