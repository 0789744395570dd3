// A Markdown parser's HTML, rebuilt element by element.
//
// The HTML is parsed into an inert document, in which nothing loads and nothing runs. Elements on
// the lists below are created again; everything else becomes text. Nothing is serialised again,
// so a mutation attack finds no string to mutate.

/** @import { Formula } from "./types.js" */

import { LESS_THAN } from "./answer_math.js";
import { codeBox, fenceLanguage } from "./code_box.js";
import { element, scrolling } from "./elements.js";
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
const MARKS = /\ufdd0|\ufdd1(\d+)\ufdd2/g;

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
  /** @type {Formula[]} */
  #formulas;

  /** @param {Formula[]} formulas */
  constructor(formulas) {
    this.#formulas = formulas;
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
   * Replace the marks: `<` by itself, a formula by an element (in code, by its source).
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
      const formula = this.#formulas[Number(match[1])];
      if (match[0] === LESS_THAN) text += "<";
      else if (formula && inCode) text += formula.raw;
      else if (formula) {
        if (text) into.append(text);
        text = "";
        into.append(mathElement(formula));
      }
    }
    text += cleanText(data.slice(done));
    if (text) into.append(text);
  }

  /** @param {string} text */
  #plain(text) {
    /**
     * @param {string} mark
     * @param {string} number
     */
    const typed = (mark, number) => (mark === LESS_THAN ? "<" : (this.#formulas[Number(number)]?.raw ?? ""));
    return cleanText(text.replace(MARKS, typed));
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
    this.children(node, made, depth + 1, inCode || tag === "code");
    return tag === "table" ? this.#tableBox(made) : made;
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
    const url = safeAddress(this.#plain(node.getAttribute("href") ?? ""));
    if (!url) return this.children(node, element("span", "qwq-dead-link"), depth + 1, false);
    return this.children(node, linkTo(url), depth + 1, false);
  }

  // Loading an image would reveal to its server that, and when, this was read.
  /** @param {Element} node */
  #image(node) {
    const source = this.#plain(node.getAttribute("src") ?? "");
    const alt = this.#plain(node.getAttribute("alt") ?? "");
    if (INLINE_IMAGE.test(source)) return element("img", "", { src: source, alt });
    const url = safeAddress(source);
    const label = `image: ${alt || "untitled"}`;
    if (!url) return element("span", "qwq-dead-link", {}, label);
    const link = linkTo(url);
    link.append(`${label} – ${url.host || url.pathname}`);
    return link;
  }
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
 * Safe nodes for a parser's HTML; its placeholders are indices of `formulas`.
 *
 * @param {string} html
 * @param {Formula[]} formulas
 */
export function rebuild(html, formulas) {
  // eslint-disable-next-line no-restricted-syntax -- an inert document: nothing in it loads or runs
  const inert = new DOMParser().parseFromString(html, "text/html");
  return new Rebuilder(formulas).children(inert.body, document.createDocumentFragment(), 0, false);
}
