// A Markdown parser's HTML, rebuilt element by element.
//
// The HTML is parsed into an inert document, in which nothing loads and nothing runs. Elements on
// the lists below are created again; everything else becomes text. Nothing is serialised again,
// so a mutation attack finds no string to mutate.

/** @import { Formula, Hidden } from "./types.js" */

import { LESS_THAN } from "./answer_math.js";
import { PIPE, STAR, TILDE } from "./answer_source.js";
import { codeBox, fenceLanguage } from "./code_box.js";
import { element, scrolling } from "./elements.js";
import { CELL_BREAK } from "./markdown_patterns.js";
import { cleanText } from "./safe_text.js";

/** @typedef {"p" | "code" | "ol" | "table" | "th" | "td"} PlainTag any of PLAIN, those that need care by name */

/** @type {Set<string>} */
const PLAIN = new Set(
  "p h1 h2 h3 h4 h5 h6 strong em b i del s code blockquote ul ol li hr br table thead tbody tr th td"
    .split(" "),
);
const LINK_SCHEMES = new Set(["http:", "https:", "mailto:"]);
const INLINE_IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]{1,60000}$/;
const HIGHLIGHT = /^(?:\u037c[0-9a-z]{1,4}|cm-[\w-]{1,40}|tok-[\w-]{1,40}|hljs[\w-]{0,40})$/;
const MAX_DEPTH = 60;
const MARKS = /[\ufdd0\ufdd5-\ufdd8]|\ufdd1(\d+)\ufdd2/g;
/** `\<`, which shows its backslash in code only. */
export const ESCAPED_LESS_THAN = "\ufdd7";
/** @type {Record<string, string>} */
const CHARACTERS = { [LESS_THAN]: "<", [PIPE]: "|", [TILDE]: "~", [STAR]: "*", [ESCAPED_LESS_THAN]: "<" };
// Parsers encode the marks in an address.
const ENCODED_MARK = /%EF%B7%9([0-8])/g;
const breaks = new RegExp(`(${CELL_BREAK})`, "i");
const loneBreak = new RegExp(`^\\s*(?:${CELL_BREAK})\\s*$`, "i");

/**
 * An address that a click may open, or null.
 *
 * @param {string} href
 */
export function safeAddress(href) {
  try {
    const url = new URL(href);
    return LINK_SCHEMES.has(url.protocol) ? url : null;
  } catch {
    return null; // relative: it would resolve to the reader's own server
  }
}

/**
 * The element of one formula: input for the typesetter, or the source as text.
 *
 * @param {Formula} formula
 */
export function mathElement(formula) {
  const { tex, display, safe, pending } = formula;
  // Its letters are not words: they must not set the direction of the surrounding text.
  const ltr = { dir: "ltr" };
  if (!safe) return element("span", pending ? "qwq-math-pending" : "qwq-math-source", ltr, formula.raw);
  const [open, close] = display ? ["\\[", "\\]"] : ["\\(", "\\)"];
  const body = tex.startsWith("\\begin{") && display ? tex : `${open}${tex}${close}`;
  const node = element("span", `qwq-math${display ? " qwq-math-display" : ""}`, ltr, body);
  node.dataset.tex = formula.raw;
  return node;
}

class Rebuilder {
  /** @type {Hidden[]} */
  #hidden;
  #inLink = false;
  #inCell = false;
  #hasBreaks = false;

  /** @param {Hidden[]} hidden */
  constructor(hidden) {
    this.#hidden = hidden;
  }

  /**
   * @template {Element | DocumentFragment} Into
   * @param {Node} from
   * @param {Into} into
   * @param {number} depth
   * @param {boolean} inCode
   * @returns {Into}
   */
  children(from, into, depth, inCode) {
    for (const child of from.childNodes) {
      if (child instanceof Text) this.#text(child.data, into, inCode);
      else if (child instanceof Element) into.append(this.#element(child, depth, inCode));
    }
    return into;
  }

  /**
   * Replace the marks: characters by themselves, formulas and addresses by elements (in code, by
   * their source).
   *
   * The text was cleaned before parsing, but an entity may have encoded a forbidden character.
   *
   * @param {string} data
   * @param {Element | DocumentFragment} into
   * @param {boolean} inCode
   */
  #text(data, into, inCode) {
    let text = "";
    let done = 0;
    for (const match of data.matchAll(MARKS)) {
      text += cleanText(data.slice(done, match.index));
      done = match.index + match[0].length;
      const hidden = this.#hidden[Number(match[1])];
      if (match[0] === ESCAPED_LESS_THAN && inCode) text += "\\<";
      else if (!hidden) text += CHARACTERS[match[0]] ?? "";
      else if (inCode || ("address" in hidden && this.#inLink)) text += hidden.raw;
      else {
        this.#words(text, into, inCode);
        text = "";
        into.append("address" in hidden ? addressLink(hidden.address) : mathElement(this.#inCell ? inCell(hidden) : hidden));
      }
    }
    text += cleanText(data.slice(done));
    this.#words(text, into, inCode);
  }

  /**
   * @param {string} text
   * @param {Element | DocumentFragment} into
   * @param {boolean} inCode
   */
  #words(text, into, inCode) {
    if (!text) return;
    if (inCode || !this.#hasBreaks) into.append(text);
    else text.split(breaks).forEach((part, index) => into.append(index % 2 ? element("br", "") : part));
  }

  /** @param {string} text */
  #plain(text) {
    /**
     * @param {string} mark
     * @param {string} number
     */
    const typed = (mark, number) => CHARACTERS[mark] ?? this.#hidden[Number(number)]?.raw ?? "";
    return cleanText(text.replace(MARKS, typed));
  }

  /**
   * @param {Element} node
   * @param {string} name
   */
  #address(node, name) {
    const written = node.getAttribute(name) ?? "";
    return this.#plain(written.replace(ENCODED_MARK, (_, digit) => String.fromCharCode(0xfdd0 + Number(digit))));
  }

  /**
   * @param {Element} node
   * @param {number} depth
   * @param {boolean} inCode
   * @returns {Node}
   */
  #element(node, depth, inCode) {
    const tag = node.localName;
    if (depth > MAX_DEPTH) return document.createTextNode(this.#plain(node.textContent ?? ""));
    if (tag === "pre") return this.#pre(node, depth);
    if (tag === "a") return this.#link(node, depth);
    if (tag === "img") return this.#image(node);
    if (tag === "span") return this.#span(node, depth, inCode);
    if (tag === "input") return document.createTextNode(node.hasAttribute("checked") ? "☑ " : "☐ ");
    if (PLAIN.has(tag)) return this.#plainElement(node, /** @type {PlainTag} */ (tag), depth, inCode);
    // eslint-disable-next-line no-restricted-properties -- read from the inert document, and shown as text
    return document.createTextNode(this.#plain(node.outerHTML));
  }

  /**
   * @param {Element} node
   * @param {PlainTag} tag
   * @param {number} depth
   * @param {boolean} inCode
   */
  #plainElement(node, tag, depth, inCode) {
    const made = element(tag, "");
    if (tag === "code") made.dir = "ltr";
    // Only on the outermost block: text with a direction of its own is ignored when the direction
    // of its parent is determined, so a list of such items would always run left to right.
    else if (depth === 0) made.dir = "auto";
    if (tag === "ol" && /^\d{1,9}$/.test(node.getAttribute("start") ?? "")) {
      made.setAttribute("start", String(Number(node.getAttribute("start"))));
    }
    if ((tag === "th" || tag === "td") && /^(?:left|right|center)$/.test(node.getAttribute("align") ?? "")) {
      made.classList.add(`qwq-${node.getAttribute("align")}`);
    }
    if (tag === "th" || tag === "td") this.#cell(node, made, depth);
    else this.children(node, made, depth + 1, inCode || tag === "code");
    return tag === "table" ? this.#tableBox(made) : made;
  }

  /**
   * @param {Element} node
   * @param {HTMLElement} made
   * @param {number} depth
   */
  #cell(node, made, depth) {
    this.#inCell = true;
    // A cell that holds nothing but the tag is about the tag.
    this.#hasBreaks = !loneBreak.test(this.#plain(node.textContent ?? ""));
    this.children(node, made, depth + 1, false);
    this.#inCell = this.#hasBreaks = false;
  }

  /** @param {HTMLElement} table */
  #tableBox(table) {
    const box = scrolling("div", "qwq-table", "Table", table);
    // The box has the table's direction, so that the table is aligned with the side where it
    // begins.
    if (table.dir) box.dir = table.dir;
    table.removeAttribute("dir");
    return box;
  }

  /**
   * @param {Element} node
   * @param {number} depth
   */
  #pre(node, depth) {
    const inner = node.querySelector("code") ?? node;
    const language = /language-(\S+)/.exec(cleanText(inner.className))?.[1] ?? "";
    const code = this.children(inner, element("code", ""), depth + 1, true);
    return codeBox(code, fenceLanguage(language));
  }

  /**
   * @param {Element} node
   * @param {number} depth
   * @param {boolean} inCode
   */
  #span(node, depth, inCode) {
    const made = this.children(node, element("span", ""), depth + 1, inCode);
    const classes = [...node.classList].filter((name) => HIGHLIGHT.test(name));
    if (classes.length) made.className = classes.join(" ");
    return made;
  }

  /**
   * @param {Element} node
   * @param {number} depth
   */
  #link(node, depth) {
    const written = this.#address(node, "href");
    const url = safeAddress(written);
    const wasInLink = this.#inLink;
    this.#inLink = true;
    const made = this.children(node, url ? linkTo(url) : element("span", "qwq-dead-link"), depth + 1, false);
    this.#inLink = wasInLink;
    if (!url && written && written !== made.textContent) made.append(` (${written})`);
    return made;
  }

  // Loading an image would reveal to its server that, and when, this was read.
  /** @param {Element} node */
  #image(node) {
    const source = this.#address(node, "src");
    const alt = this.#plain(node.getAttribute("alt") ?? "");
    if (INLINE_IMAGE.test(source)) return element("img", "", { src: source, alt });
    const url = safeAddress(source);
    const place = url ? url.hostname || url.pathname : source.slice(0, 60);
    const label = `image: ${alt ? `${alt} – ` : ""}${place}`;
    if (!url || this.#inLink) return element("span", url ? "" : "qwq-dead-link", {}, label);
    const link = linkTo(url);
    link.append(label);
    return link;
  }
}

/**
 * A link for an address in running text, which may lack its scheme.
 *
 * @param {string} text
 */
function addressLink(text) {
  const scheme = /^https?:/i.test(text) ? "" : /^www\./i.test(text) ? "http://" : "mailto:";
  const url = safeAddress(scheme + text);
  if (!url) return document.createTextNode(text);
  const link = linkTo(url);
  link.append(text);
  return link;
}

/**
 * A formula in a table cell, where a backslash before a pipe only protects the cell.
 *
 * @param {Formula} formula
 */
function inCell(formula) {
  return { ...formula, tex: formula.tex.replace(/\\\|/g, "|"), raw: formula.raw.replace(/\\\|/g, "|") };
}

/** @param {URL} url */
function linkTo(url) {
  return element("a", "", {
    href: url.href,
    title: url.href.slice(0, 300),
    target: "_blank",
    rel: "noopener noreferrer nofollow",
  });
}

/**
 * Safe nodes for a parser's HTML; its placeholders are indices of `hidden`.
 *
 * @param {string} html
 * @param {Hidden[]} hidden
 */
export function rebuild(html, hidden) {
  // eslint-disable-next-line no-restricted-syntax -- an inert document: nothing in it loads or runs
  const inert = new DOMParser().parseFromString(html, "text/html");
  return new Rebuilder(hidden).children(inert.body, document.createDocumentFragment(), 0, false);
}
