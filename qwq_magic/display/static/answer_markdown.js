// An answer as a growing document: a finished block is drawn once, the open tail repeatedly.

/** @import { AnswerBlock, FenceBlock, Host } from "./types.js" */
/** @import { TextOptions } from "./answer_block_drawing.js" */
/** @typedef {{ box: Element, drawn: number, coloured: boolean }} OpenFence */

import { AnswerBlocks } from "./answer_blocks.js";
import { definitionsIn, labelsIn } from "./answer_source.js";
import { BlockDrawing, typesetFormulas } from "./answer_block_drawing.js";
import { codeIn } from "./code_box.js";
import { element } from "./elements.js";
import { GivenBlocks, markGiven } from "./given_text.js";
import { TextCleaner } from "./safe_text.js";

// After drawing the tail, wait REST times as long as it took: drawing takes at most a fifth of
// the time, however slow the page.
const REST = 4;
const MIN_PAUSE_MS = 60;
const MAX_PAUSE_MS = 600;
const SLICE_MS = 12;
const COLOURED_OPEN_CODE = 6000;

const MAX_DEFINITIONS = 100;
const MAX_DEFINITIONS_LENGTH = 20000;
const MAX_REFERRING_BLOCKS = 500;

/**
 * Resolves after a paint, or after a short time if the page is not being painted.
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
 * The first definitions, up to the limits for parsing them with every block.
 *
 * @param {string[]} definitions
 */
function firstOf(definitions) {
  let room = MAX_DEFINITIONS_LENGTH;
  return definitions.slice(0, MAX_DEFINITIONS).filter(({ length }) => (room -= length) >= 0);
}

export class AnswerMarkdown {
  element;
  /** Called when the height may have changed. */
  onDrawn = () => {};
  #drawing;
  #blocks = new AnswerBlocks();
  #cleaner = new TextCleaner();
  /** @type {string[]} */
  #chunks = [];
  #given;
  /** @type {AnswerBlock[]} */
  #queue = [];
  /** @type {HTMLElement | null} */
  #slot = null;
  /** @type {OpenFence | null} */
  #openFence = null; // the fence in the slot, and how much of its code is drawn
  /** @type {[slot: HTMLElement, source: string][]} */
  #references = []; // finished blocks that may contain a reference link
  /** @type {[label: string, line: string][]} */
  #definitions = [];
  /** @type {Set<string>} */
  #labels = new Set(); // of the references so far
  #dirty = false;
  #ended = false;
  #hurried = false;
  /** @type {Promise<void> | null} */
  #running = null;
  #wake = () => {};
  #everDrawn = false;
  #sliceBegan = 0;

  /**
   * `given`: how many characters at the start of the text are given, in code points. `name` is
   * the class of a text that is drawn like an answer.
   *
   * @param {Host} host
   * @param {number} [given]
   * @param {string} [name]
   */
  constructor(host, given = 0, name = "qwq-answer-text") {
    this.element = element("div", `qwq-drawn ${name}`);
    this.given = given;
    this.#given = new GivenBlocks(given);
    this.#drawing = new BlockDrawing(host, () => this.#breathe());
  }

  /** All text received so far, unchanged. */
  get source() {
    if (this.#chunks.length > 1) this.#chunks = [this.#chunks.join("")];
    return this.#chunks[0] ?? "";
  }

  /** @param {string} delta */
  append(delta) {
    if (!delta) return;
    this.#chunks.push(delta);
    const end = this.#given.take(delta);
    if (end) {
      this.#take(this.#blocks.push(this.#cleaner.push(delta.slice(0, end))));
      this.#given.endWithin(this.#blocks.tail);
    }
    this.#take(this.#blocks.push(this.#cleaner.push(delta.slice(end))));
    this.#start();
  }

  /** End the text; resolves when all of it is drawn. */
  finish() {
    if (!this.#ended) {
      this.#take(this.#blocks.end());
      this.#ended = true;
    }
    return this.drawn();
  }

  /** Draw all text received so far without pausing; resolves when done. */
  async drawn() {
    this.#hurried = true;
    this.#wake();
    this.#start();
    while (this.#running) await this.#running;
    this.#hurried = this.#ended;
  }

  /** @param {AnswerBlock[]} blocks */
  #take(blocks) {
    for (const block of blocks) block.given = this.#given.finish(block);
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

  // The host loads its parser on first use: until then, the text is shown plain.
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
    await this.#pause(Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, cost * REST)));
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
    markGiven(slot, block.given ?? "none");
    if (block.kind === "fence") {
      const { box, coloured } = this.#drawFence(slot, block);
      const kept = await this.#drawing.highlight(box, block);
      if (!kept && coloured) codeIn(box).textContent = block.code;
      this.#openFence = null;
    } else {
      for (const label of labelsIn(block.source)) this.#labels.add(label);
      await this.#drawText(slot, block.source, { labels: this.#labels });
      this.#definitions.push(...definitionsIn(block.source));
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
    markGiven(slot, this.#given.shareOf(tail));
    if (tail.kind === "fence") await this.#drawOpenFence(slot, tail);
    else {
      const defines = tail.source.includes("]:");
      const labels = defines ? new Set([...this.#labels, ...labelsIn(tail.source)]) : this.#labels;
      await this.#drawText(slot, tail.source, { open: true, labels });
    }
    this.#everDrawn = true;
    this.onDrawn();
  }

  /**
   * A long block is highlighted only when it is closed: highlighting covers all of it or none.
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
   * Code only grows, so only the new part is appended, however long the block is.
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

  /** Draw blocks again whose reference links are defined later in the text. */
  async #resolveReferences() {
    const used = this.#definitions.filter(([label]) => this.#labels.has(label)).map(([, line]) => line);
    const blocks = used.length ? this.#references.slice(0, MAX_REFERRING_BLOCKS) : [];
    const definitions = `\n\n${firstOf(used).join("\n")}\n`;
    this.#definitions = [];
    this.#references = [];
    for (const [slot, source] of blocks) {
      await this.#drawText(slot, source, { definitions, labels: this.#labels });
      await this.#breathe();
    }
  }
}
