// One block of an answer → nodes: its math is masked, the host parses it, it is rebuilt and typeset.

/** @import { Code, FenceBlock, Host } from "./types.js" */

import { ESCAPED_LESS_THAN, rebuild } from "./answer_dom.js";
import { LESS_THAN, maskMath } from "./answer_math.js";
import { guardDefinitions, meantMarkdown } from "./answer_source.js";
import { isTangled } from "./block_limits.js";
import { codeBox, codeIn, fenceLanguage } from "./code_box.js";
import { isInertLanguage } from "./code_languages.js";
import { element } from "./elements.js";

/**
 * @typedef {object} TextOptions
 * @property {boolean} [open] may more follow?
 * @property {string} [definitions] for reference links
 * @property {Set<string>} [labels] of the references so far: their definitions are not text
 */

// A noncharacter: `cleanText` removes all of them from the input, and this one from the parser's
// output.
const NAME_MARK = "\ufdd3";
const HIGHLIGHTED_CODE = 30000;
const MAX_HIGHLIGHTED = 20;
const FORBIDDEN = "a, img, image, iframe, object, script, foreignObject";
// A typesetter takes about half a second for this many.
const MAX_TOGETHER = 50;
const MAX_FORMULAS = 400;
const MAX_IN_ANSWER = 2000;
const MAX_HEIGHT_PX = 300;

/**
 * Markdown that contains no HTML, and no fence with a name that the host acts on.
 *
 * A host's plugins draw fences with names such as `mermaid`, and load the resources these refer
 * to. Parsers disagree on where a fence begins, so a mark is inserted after every run of
 * characters that could open one. The mark occurs in no name, and no parser trims it.
 *
 * @param {string} markdown
 */
export function inertMarkdown(markdown) {
  return (
    markdown
      .replace(/(?<!\\)((?:\\\\)*)\\</g, `$1${ESCAPED_LESS_THAN}`)
      // A real autolink is kept: its characters leave no room for an attribute.
      .replace(/<(?!(?:https?:\/\/|mailto:)[^\s<>"'`]{1,2000}>)/g, LESS_THAN)
      .replace(/(?:`{3,}|~{3,}|:{3,})[ \t]*(?=[^ \t\n])/g, `$&${NAME_MARK}`)
  );
}

/** @param {string} source */
function plainBlock(source) {
  return element("p", "qwq-plain", { dir: "auto" }, source.replace(/\n+$/, ""));
}

/** Draws blocks with one host, independently of streaming. */
export class BlockDrawing {
  /** @type {Host} */
  #host;
  /** @type {() => Promise<void>} */
  #breathe;
  #formulasLeft = MAX_IN_ANSWER;

  /**
   * `breathe` yields to the page during long work.
   *
   * @param {Host} host
   * @param {() => Promise<void>} breathe
   */
  constructor(host, breathe) {
    this.#host = host;
    this.#breathe = breathe;
  }

  /**
   * Nodes for a block of text.
   *
   * @param {string} source
   * @param {TextOptions} [options]
   * @returns {Promise<ChildNode[]>}
   */
  async text(source, { open = false, definitions = "", labels = new Set() } = {}) {
    if (!this.#host.parse) return [plainBlock(source)];
    const { markdown, formulas } = maskMath(guardDefinitions(source, labels), open);
    if (isTangled(markdown + definitions)) return [plainBlock(source)];
    try {
      const html = await this.#host.parse(inertMarkdown(meantMarkdown(markdown) + definitions));
      const drawn = rebuild(html, formulas);
      await this.#highlightWithin(drawn);
      return [...drawn.childNodes].filter((node) => !(node instanceof Text) || node.data.trim());
    } catch {
      return [plainBlock(source)];
    }
  }

  /**
   * A box for a fenced block, with the code so far, not highlighted.
   *
   * @param {Code} block
   */
  fence(block) {
    const text = document.createTextNode("");
    text.appendData(block.code);
    return codeBox(element("code", "", {}, text), fenceLanguage(block.info));
  }

  /**
   * Highlight code whose language was hidden from the parser.
   *
   * @param {DocumentFragment} drawn
   */
  async #highlightWithin(drawn) {
    const boxes = [...drawn.querySelectorAll(".qwq-code")].slice(0, MAX_HIGHLIGHTED);
    for (const box of boxes) {
      const info = box.querySelector(".qwq-code-language")?.textContent ?? "";
      await this.highlight(box, { info, code: codeIn(box).textContent ?? "" });
    }
  }

  /**
   * Highlight the code in a box; false if it was left unchanged.
   *
   * @param {Element} box
   * @param {Code} block
   */
  async highlight(box, block) {
    const language = fenceLanguage(block.info);
    if (!this.#host.parse || !isInertLanguage(language) || block.code.length > HIGHLIGHTED_CODE) return false;
    const runs = block.code.match(/`+/g) ?? [];
    const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
    try {
      const html = await this.#host.parse(`${fence}${language}\n${block.code}\n${fence}\n`);
      const coloured = rebuild(html, []).querySelector("code");
      // The parser trims trailing line breaks; any other difference would change the code itself.
      const text = coloured?.textContent ?? "";
      if (!coloured || text.replace(/\n+$/, "") !== block.code.replace(/\n+$/, "")) return false;
      codeIn(box).replaceChildren(...coloured.childNodes, block.code.slice(text.length));
      return true;
    } catch {
      return false; // it is readable without highlighting
    }
  }

  /**
   * Typeset the formulas under `root`, reusing those in `former` that were typeset before.
   *
   * @param {HTMLElement} root
   * @param {Map<string, HTMLElement[]>} [former]
   */
  async typeset(root, former = new Map()) {
    if (!this.#host.typeset) return;
    /** @type {HTMLElement[]} */
    const waiting = [];
    for (const node of formulasIn(root, ".qwq-math")) {
      const drawn = former.get(mathKey(node))?.pop();
      if (drawn) node.replaceWith(drawn);
      else waiting.push(node);
    }
    const typeset = root.querySelectorAll(".qwq-math[data-typeset]").length;
    const room = Math.max(0, Math.min(MAX_FORMULAS - typeset, this.#formulasLeft));
    for (const node of waiting.splice(room)) leaveAsTyped(node);
    this.#formulasLeft -= waiting.length;
    const sources = waiting.map((node) => node.textContent);
    // Return early: even reading the width of `root` would force a layout of the page.
    if (!waiting.length) return;
    await this.#typesetAll(root, waiting);
    waiting.forEach((node, index) => {
      if (node.querySelector(FORBIDDEN)) node.replaceChildren(sources[index] ?? "");
      else node.dataset.typeset = "";
    });
    markLarge(root, waiting);
  }

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement[]} waiting
   */
  async #typesetAll(root, waiting) {
    // Every call costs milliseconds: use one for many formulas if `root` contains no other math.
    const [first] = waiting;
    if (first && waiting.length === 1) await this.#typesetIn(first);
    else if (waiting.length <= MAX_TOGETHER && !hasDelimiters(root)) await this.#typesetIn(root);
    else {
      for (let at = 0; at < waiting.length; at += MAX_TOGETHER) {
        await this.#typesetApart(root, waiting.slice(at, at + MAX_TOGETHER));
        await this.#breathe();
      }
    }
  }

  /**
   * Typeset formulas in a hidden container of their own.
   *
   * @param {HTMLElement} root
   * @param {HTMLElement[]} formulas
   */
  async #typesetApart(root, formulas) {
    const queue = element("div", "qwq-math-queue");
    const marks = formulas.map((node) => {
      const mark = document.createComment("");
      node.replaceWith(mark);
      return { mark, node };
    });
    queue.append(...formulas);
    root.append(queue);
    await this.#typesetIn(queue);
    for (const { mark, node } of marks) mark.replaceWith(node);
    queue.remove();
  }

  /** @param {HTMLElement} node */
  async #typesetIn(node) {
    try {
      await this.#host.typeset?.(node);
    } catch {
      // The formula is shown as its source.
    }
  }
}

/**
 * Does text outside formulas and code contain anything a typesetter might take for math?
 *
 * @param {HTMLElement} root
 */
function hasDelimiters(root) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_ALL, (node) => {
    if (node instanceof Text) return NodeFilter.FILTER_ACCEPT;
    const isApart = node instanceof Element && node.matches(".qwq-math, pre, code");
    return isApart ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
  });
  while (texts.nextNode()) if (/[$\\]/.test(texts.currentNode.nodeValue ?? "")) return true;
  return false;
}

/** @param {HTMLElement} node */
function leaveAsTyped(node) {
  node.className = "qwq-math-source";
  node.replaceChildren(node.dataset.tex ?? "");
}

/**
 * Let a formula that is larger than a line of text scroll, as display math does.
 *
 * @param {HTMLElement} root
 * @param {HTMLElement[]} formulas
 */
function markLarge(root, formulas) {
  const width = root.clientWidth;
  const large = formulas.filter((node) => {
    // The typesetter's outer element may be as small as the line that contains it.
    const box = node.firstElementChild?.firstElementChild?.getBoundingClientRect();
    return box && width && (box.width > width || box.height > MAX_HEIGHT_PX);
  });
  for (const node of large) node.classList.add("qwq-math-large");
}

/**
 * @param {HTMLElement} root
 * @param {string} selector
 * @returns {NodeListOf<HTMLElement>}
 */
function formulasIn(root, selector) {
  return root.querySelectorAll(selector);
}

/** @param {HTMLElement} node */
function mathKey(node) {
  return `${node.className}\n${node.dataset.tex}`;
}

/**
 * The formulas under `root` that are already typeset, by their source.
 *
 * @param {HTMLElement} root
 */
export function typesetFormulas(root) {
  /** @type {Map<string, HTMLElement[]>} */
  const found = new Map();
  for (const node of formulasIn(root, ".qwq-math[data-typeset]")) {
    const key = mathKey(node);
    const same = found.get(key) ?? [];
    same.push(node);
    found.set(key, same);
  }
  return found;
}
