// A finished reasoning drawn for reading: only the sections that are in view, or near it.
//
// The drawer is that of the answers, with its allow-list. A section is plain text until it is
// drawn, and stays plain if it cannot be.

/** @import { CheckedSum, Host, ReasoningSection } from "./types.js" */
/** @typedef {ReasoningSection & { node: HTMLElement, isDrawn: boolean }} ShownSection */

import { AnswerMarkdown } from "./answer_markdown.js";
import { markLines } from "./checked_sums.js";
import { element } from "./elements.js";
import { markGiven } from "./given_text.js";
import { sectionsOf } from "./reasoning_sections.js";

const NEAR_PX = 400;

export class DrawnReasoning {
  element = element("div", "qwq-reasoning-drawn qwq-reading", { hidden: "" });
  #host;
  #body;
  #text = "";
  /** @type {CheckedSum[]} */
  #sums = [];
  /** @type {ShownSection[]} */
  #sections = [];
  /** @type {Set<ShownSection>} */
  #near = new Set();
  #isDrawing = false;
  /** @type {IntersectionObserver | null} */
  #observer = null;
  #signal;

  /**
   * `body` scrolls the element.
   *
   * @param {Host} host
   * @param {HTMLElement} body
   * @param {AbortSignal} signal
   */
  constructor(host, body, signal) {
    this.#host = host;
    this.#body = body;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#observer?.disconnect());
  }

  /**
   * Show a text, the first `given` units of which are given; the text shown already stays.
   *
   * @param {string} text
   * @param {number} given
   * @param {() => CheckedSum[]} sumsOf
   */
  fill(text, given, sumsOf) {
    if (text === this.#text) return;
    this.#text = text;
    this.#sums = sumsOf();
    this.#observer?.disconnect();
    this.#near.clear();
    this.#sections = sectionsOf(text, given).map((section) => ({ ...section, node: this.#plain(section), isDrawn: false }));
    this.element.replaceChildren(...this.#sections.map(({ node }) => node));
    const options = { root: this.#body, rootMargin: `${NEAR_PX}px 0px` };
    this.#observer = new IntersectionObserver((entries) => this.#moved(entries), options);
    for (const { node } of this.#sections) this.#observer.observe(node);
  }

  /** Where the sections begin in the text. */
  get starts() {
    return this.#sections.map(({ start }) => start);
  }

  /** The index of the section at the upper edge of the view. */
  get indexAtTop() {
    const top = this.#body.getBoundingClientRect().top + 1;
    return Math.max(0, this.#sections.findIndex(({ node }) => node.getBoundingClientRect().bottom > top));
  }

  /**
   * The distance of a section from the upper edge of the view.
   *
   * @param {number} index
   */
  distanceOf(index) {
    const node = this.#sections[index]?.node ?? this.element;
    return node.getBoundingClientRect().top - this.#body.getBoundingClientRect().top;
  }

  /** @param {ReasoningSection} section */
  #plain({ start, end, given }) {
    const text = element("div", "qwq-text-block", { dir: "auto" }, this.#text.slice(start, end));
    const node = element("div", "qwq-section", {}, text);
    markGiven(node, given);
    return node;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #moved(entries) {
    const places = new Map(this.#sections.map((section) => [/** @type {Element} */ (section.node), section]));
    for (const { target, isIntersecting } of entries) {
      const section = places.get(target);
      if (section && isIntersecting && !section.isDrawn) this.#near.add(section);
      else if (section) this.#near.delete(section);
    }
    if (!this.#isDrawing) this.#drawNear();
  }

  async #drawNear() {
    this.#isDrawing = true;
    while (!this.#signal.aborted) {
      const [section] = this.#near;
      if (!section) break;
      this.#near.delete(section);
      section.isDrawn = true;
      await this.#draw(section);
    }
    this.#isDrawing = false;
  }

  /**
   * The drawing is made out of sight, so that the reader sees the text change once.
   *
   * @param {ShownSection} section
   */
  async #draw({ node, start, end }) {
    const drawing = new AnswerMarkdown(this.#host, 0, "qwq-section-text");
    const workshop = element("div", "qwq-drawing", {}, drawing.element);
    node.append(workshop);
    try {
      drawing.append(this.#text.slice(start, end));
      await drawing.finish();
    } catch {
      workshop.remove();
      return;
    }
    this.#keepPlace(node, () => node.replaceChildren(drawing.element));
    const within = this.#sums.filter((sum) => sum.start >= start && sum.start < end);
    markLines(node, this.#text.slice(start, end), within.map((sum) => ({ ...sum, start: sum.start - start, end: sum.end - start })));
  }

  /**
   * Change a section; what is in view below it does not move.
   *
   * @param {HTMLElement} node
   * @param {() => void} change
   */
  #keepPlace(node, change) {
    const { top, height: room } = this.#body.getBoundingClientRect();
    const before = node.getBoundingClientRect();
    change();
    const grown = node.getBoundingClientRect().height - before.height;
    if (grown && before.top < top && before.bottom < top + room / 2) this.#body.scrollTop += grown;
  }
}
