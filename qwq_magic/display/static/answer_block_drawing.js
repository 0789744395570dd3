// One block of an answer → nodes: masked, parsed by the host, rebuilt, typeset.

/** @import { Code, FenceBlock, Host } from "./types.js" */

import { rebuild } from "./answer_dom.js";
import { LESS_THAN, maskMath } from "./answer_math.js";
import { isTangled } from "./block_limits.js";
import { codeBox, codeIn, fenceLanguage } from "./code_box.js";
import { isInertLanguage } from "./code_languages.js";
import { element } from "./elements.js";

/**
 * @typedef {object} TextOptions
 * @property {boolean} [open] may more follow?
 * @property {string} [definitions] for reference links
 */

// A noncharacter: `cleanText` lets none in, and takes this one out of what the parser made.
const NAME_MARK = "\ufdd3";
const HIGHLIGHTED_CODE = 30000;
const MOST_HIGHLIGHTED = 20;
const FORBIDDEN = "a, img, image, iframe, object, script, foreignObject";
// A typesetter takes half a second for so many.
const MOST_TOGETHER = 50;
const MOST_FORMULAS = 400;
const MOST_IN_ANSWER = 2000;
const TALLEST = 300;

/**
 * Markdown in which nothing is HTML and no fence has a name its host could act upon.
 *
 * A host's plugins draw what stands under a name such as `mermaid`, and load what it asks
 * for. Where fences begin, parsers disagree; so whatever follows a run that could open one,
 * anywhere, begins with a mark that is in no name and that no parser trims away.
 *
 * @param {string} markdown
 */
export function inertMarkdown(markdown) {
  return (
    markdown
      // A real autolink may stay: its characters leave no room for an attribute.
      .replace(/<(?!(?:https?:\/\/|mailto:)[^\s<>"'`]{1,2000}>)/g, LESS_THAN)
      .replace(/(?:`{3,}|~{3,}|:{3,})[ \t]*(?=[^ \t\n])/g, `$&${NAME_MARK}`)
  );
}

/** @param {string} source */
function plainBlock(source) {
  return element("p", "qwq-plain", { dir: "auto" }, source.replace(/\n+$/, ""));
}

/** Draws blocks with one host; knows nothing of streams. */
export class BlockDrawing {
  /** @type {Host} */
  #host;
  /** @type {() => Promise<void>} */
  #breathe;
  #formulasLeft = MOST_IN_ANSWER;

  /**
   * `breathe` lets the page have its turn, where much is done.
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
  async text(source, { open = false, definitions = "" } = {}) {
    if (!this.#host.parse) return [plainBlock(source)];
    const { markdown, formulas } = maskMath(source, open);
    if (isTangled(markdown + definitions)) return [plainBlock(source)];
    try {
      const html = await this.#host.parse(inertMarkdown(markdown + definitions));
      const drawn = rebuild(html, formulas);
      await this.#highlightWithin(drawn);
      return [...drawn.childNodes].filter((node) => !(node instanceof Text) || node.data.trim());
    } catch {
      return [plainBlock(source)];
    }
  }

  /**
   * A box for a fenced block, holding the code so far without colours.
   *
   * @param {Code} block
   */
  fence(block) {
    const text = document.createTextNode("");
    text.appendData(block.code);
    return codeBox(element("code", "", {}, text), fenceLanguage(block.info));
  }

  /**
   * The parser was told no language of these.
   *
   * @param {DocumentFragment} drawn
   */
  async #highlightWithin(drawn) {
    const boxes = [...drawn.querySelectorAll(".qwq-code")].slice(0, MOST_HIGHLIGHTED);
    for (const box of boxes) {
      const info = box.querySelector(".qwq-code-language")?.textContent ?? "";
      await this.highlight(box, { info, code: codeIn(box).textContent ?? "" });
    }
  }

  /**
   * Colour the code in a box; false where it stays as it is.
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
      // The parser trims line breaks at the end; anything else would change the code itself.
      const text = coloured?.textContent ?? "";
      if (!coloured || text.replace(/\n+$/, "") !== block.code.replace(/\n+$/, "")) return false;
      codeIn(box).replaceChildren(...coloured.childNodes, block.code.slice(text.length));
      return true;
    } catch {
      return false; // it stays readable without colours
    }
  }

  /**
   * Typeset the formulas under `root`; formulas drawn before are taken from `former`.
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
    const room = Math.max(0, Math.min(MOST_FORMULAS - typeset, this.#formulasLeft));
    for (const node of waiting.splice(room)) leaveAsTyped(node);
    this.#formulasLeft -= waiting.length;
    const sources = waiting.map((node) => node.textContent);
    // Even a look at how wide the place is would have all of the page laid out.
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
    // A call costs milliseconds whatever it finds: one for many, if it finds nothing else.
    const [first] = waiting;
    if (first && waiting.length === 1) await this.#typesetIn(first);
    else if (waiting.length <= MOST_TOGETHER && !hasDelimiters(root)) await this.#typesetIn(root);
    else {
      for (let at = 0; at < waiting.length; at += MOST_TOGETHER) {
        await this.#typesetApart(root, waiting.slice(at, at + MOST_TOGETHER));
        await this.#breathe();
      }
    }
  }

  /**
   * In a place of their own, out of sight.
   *
   * @param {HTMLElement} root
   * @param {HTMLElement[]} formulas
   */
  async #typesetApart(root, formulas) {
    const place = element("div", "qwq-math-queue");
    const marks = formulas.map((node) => {
      const mark = document.createComment("");
      node.replaceWith(mark);
      return { mark, node };
    });
    place.append(...formulas);
    root.append(place);
    await this.#typesetIn(place);
    for (const { mark, node } of marks) mark.replaceWith(node);
    place.remove();
  }

  /** @param {HTMLElement} node */
  async #typesetIn(node) {
    try {
      await this.#host.typeset?.(node);
    } catch {
      // The formula stays as its source.
    }
  }
}

/**
 * Does text outside formulas and code hold what a typesetter might take for math?
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
 * A formula that is no part of a line of text scrolls, as display math does.
 *
 * @param {HTMLElement} root
 * @param {HTMLElement[]} formulas
 */
function markLarge(root, formulas) {
  const width = root.clientWidth;
  const large = formulas.filter((node) => {
    // The typesetter's outer element may be no larger than the line it stands in.
    const box = node.firstElementChild?.firstElementChild?.getBoundingClientRect();
    return box && width && (box.width > width || box.height > TALLEST);
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
 * The formulas under `root` that are typeset already, by their source.
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
