// An answer as a growing document: finished blocks once, the open tail again and again.

/** @import { AnswerBlock, FenceBlock, Host } from "./types.js" */
/** @import { TextOptions } from "./answer_block_drawing.js" */
/** @typedef {{ box: Element, drawn: number, coloured: boolean }} OpenFence */

import { AnswerBlocks } from "./answer_blocks.js";
import { BlockDrawing, typesetFormulas } from "./answer_block_drawing.js";
import { codeIn } from "./code_box.js";
import { element } from "./elements.js";
import { TextCleaner } from "./safe_text.js";

// The tail is drawn again after REST times what drawing it took: at most a fifth of the
// page's time, however slow the page.
const REST = 4;
const SHORTEST_MS = 60;
const LONGEST_MS = 600;
const SLICE_MS = 12;
const COLOURED_OPEN_CODE = 6000;

const MOST_DEFINITIONS = 100;
const LONGEST_DEFINITIONS = 20000;
const MOST_REFERRING_BLOCKS = 500;
const DEFINITION = /^ {0,3}\[[^\]\n]{1,200}\]:[ \t]*\S{1,2000}/gm;

/**
 * Resolves after a paint, or soon in a page that is not painted.
 *
 * @returns {Promise<void>}
 */
function nextPaint() {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 50);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      setTimeout(resolve, 0);
    });
  });
}

/**
 * The first definitions, as many as every block may be read with.
 *
 * @param {string[]} definitions
 */
function firstOf(definitions) {
  let room = LONGEST_DEFINITIONS;
  return definitions.slice(0, MOST_DEFINITIONS).filter(({ length }) => (room -= length) >= 0);
}

export class AnswerMarkdown {
  element = element("div", "qwq-answer-text");
  /** Called after every change of height. */
  onDrawn = () => {};
  #drawing;
  #blocks = new AnswerBlocks();
  #cleaner = new TextCleaner();
  /** @type {string[]} */
  #chunks = [];
  /** @type {AnswerBlock[]} */
  #queue = [];
  /** @type {HTMLElement | null} */
  #slot = null;
  /** @type {OpenFence | null} */
  #openFence = null; // {box, drawn, coloured}: the fence the slot shows, how much of its code
  /** @type {[slot: HTMLElement, source: string][]} */
  #references = []; // finished blocks that may hold a reference link
  /** @type {string[]} */
  #definitions = [];
  #dirty = false;
  #ended = false;
  #hurried = false;
  /** @type {Promise<void> | null} */
  #running = null;
  #wake = () => {};
  #everDrawn = false;
  #sliceBegan = 0;

  /** @param {Host} host */
  constructor(host) {
    this.#drawing = new BlockDrawing(host, () => this.#breathe());
  }

  /** Everything given so far, as it came. */
  get source() {
    if (this.#chunks.length > 1) this.#chunks = [this.#chunks.join("")];
    return this.#chunks[0] ?? "";
  }

  /** @param {string} delta */
  append(delta) {
    if (!delta) return;
    this.#chunks.push(delta);
    this.#take(this.#blocks.push(this.#cleaner.push(delta)));
    this.#start();
  }

  /** No more text; resolves when all of it is drawn. */
  finish() {
    if (!this.#ended) {
      this.#take(this.#blocks.end());
      this.#ended = true;
    }
    return this.drawn();
  }

  /** Resolves when everything given so far is drawn, without the rests in between. */
  async drawn() {
    this.#hurried = true;
    this.#wake();
    this.#start();
    while (this.#running) await this.#running;
    this.#hurried = this.#ended;
  }

  /** @param {AnswerBlock[]} blocks */
  #take(blocks) {
    this.#queue.push(...blocks);
    this.#dirty = true;
  }

  #start() {
    if (!this.#everDrawn) this.#showPlain();
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#dirty || this.#queue.length) this.#start();
    });
  }

  // The host loads its parser when first asked: until then the text is there, plain.
  #showPlain() {
    const tail = this.#blocks.tail;
    if (this.#queue.length || tail?.kind !== "text") return;
    this.#openSlot().replaceChildren(element("p", "qwq-plain", { dir: "auto" }, tail.source));
    this.onDrawn();
  }

  async #run() {
    this.#sliceBegan = performance.now();
    while (this.#queue.length || this.#dirty) {
      this.#dirty = false;
      while (this.#queue.length) {
        await this.#drawFinished(/** @type {AnswerBlock} */ (this.#queue.shift()));
        await this.#breathe();
      }
      if (this.#ended) await this.#resolveReferences();
      else await this.#drawTailAndRest();
    }
    this.onDrawn();
  }

  async #drawTailAndRest() {
    const began = performance.now();
    await this.#drawTail();
    const cost = performance.now() - began;
    await this.#pause(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, cost * REST)));
    this.#sliceBegan = performance.now();
  }

  /**
   * @param {number} ms
   * @returns {Promise<void>}
   */
  #pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#hurried) this.#wake();
    });
  }

  async #breathe() {
    if (performance.now() - this.#sliceBegan < SLICE_MS) return;
    await nextPaint();
    this.#sliceBegan = performance.now();
  }

  #openSlot() {
    if (!this.#slot) {
      this.#slot = element("div", "qwq-block");
      this.element.append(this.#slot);
    }
    return this.#slot;
  }

  /** @param {AnswerBlock} block */
  async #drawFinished(block) {
    const slot = this.#openSlot();
    if (block.kind === "fence") {
      const { box, coloured } = this.#drawFence(slot, block);
      const kept = await this.#drawing.highlight(box, block);
      if (!kept && coloured) codeIn(box).textContent = block.code;
      this.#openFence = null;
    } else {
      await this.#drawText(slot, block.source);
      this.#definitions.push(...(block.source.match(DEFINITION) ?? []));
      if (/\]\[|\[[^\]\n]+\](?!\()/.test(block.source)) this.#references.push([slot, block.source]);
    }
    this.#slot = null;
    this.#everDrawn = true;
    this.onDrawn();
  }

  async #drawTail() {
    const tail = this.#blocks.tail;
    if (!tail) return;
    const slot = this.#openSlot();
    if (tail.kind === "fence") await this.#drawOpenFence(slot, tail);
    else await this.#drawText(slot, tail.source, { open: true });
    this.#everDrawn = true;
    this.onDrawn();
  }

  /**
   * The colours of a long block wait until it is closed: they are for all of it or none.
   *
   * @param {HTMLElement} slot
   * @param {FenceBlock} block
   */
  async #drawOpenFence(slot, block) {
    const fence = this.#drawFence(slot, block);
    if (block.code.length > COLOURED_OPEN_CODE) return;
    if (await this.#drawing.highlight(fence.box, block)) fence.coloured = true;
  }

  /**
   * Code only ever grows: append what is new, whatever its length.
   *
   * @param {HTMLElement} slot
   * @param {FenceBlock} block
   * @returns {OpenFence}
   */
  #drawFence(slot, block) {
    if (!this.#openFence) {
      const box = this.#drawing.fence(block);
      this.#openFence = { box, drawn: block.code.length, coloured: false };
      slot.replaceChildren(box);
      return this.#openFence;
    }
    const { box, drawn } = this.#openFence;
    const rest = block.code.slice(drawn);
    const last = codeIn(box).lastChild;
    if (last instanceof Text) last.appendData(rest);
    else codeIn(box).append(rest);
    this.#openFence.drawn = block.code.length;
    return this.#openFence;
  }

  /**
   * @param {HTMLElement} slot
   * @param {string} source
   * @param {TextOptions} [options]
   */
  async #drawText(slot, source, options = {}) {
    const nodes = await this.#drawing.text(source, options);
    const former = typesetFormulas(slot);
    slot.replaceChildren(...nodes);
    await this.#drawing.typeset(slot, former);
  }

  /** A reference link may stand long before its definition. */
  async #resolveReferences() {
    const blocks = this.#definitions.length ? this.#references.slice(0, MOST_REFERRING_BLOCKS) : [];
    const definitions = `\n\n${firstOf(this.#definitions).join("\n")}\n`;
    this.#definitions = [];
    this.#references = [];
    for (const [slot, source] of blocks) {
      await this.#drawText(slot, source, { definitions });
      await this.#breathe();
    }
  }
}
