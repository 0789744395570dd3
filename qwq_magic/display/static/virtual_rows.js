// A scrolling list that keeps only the visible rows on the page.
//
// Heights are estimated until a row is drawn. When a height turns out to be different, the row at
// the top keeps its position, so that the reader does not notice.

import { element } from "./elements.js";
import { RowHeights } from "./row_heights.js";

const OVERSCAN_PX = 300;
const NEAR_PX = 24;
const MAX_PASSES = 4;
const SHARE_ABOVE = 0.3; // of the space around an item that is scrolled to

/** @template T */
export class VirtualRows {
  element = element("div", "qwq-rows", { tabindex: "0" });
  /** Does the list follow its growing end? It stops when the reader scrolls away. */
  following = false;
  /** Is the list growing, so that scrolling to the end follows it? */
  mayFollow = false;
  /** Called after the reader or the list itself has scrolled. */
  onScrolled = () => {};
  #sizer = element("div", "qwq-rows-sizer");
  #rows = element("div", "qwq-rows-shown", { role: "list" });
  /** @type {T[]} */
  #items = [];
  #heights = new RowHeights();
  /** @type {Map<number, HTMLElement>} */
  #nodes = new Map(); // index → the row on the page
  /** @type {(item: T) => HTMLElement} */
  #draw;
  /** @type {(item: T, width: number) => number} */
  #estimate;
  #ownTop = 0;
  #width = 0;
  /** @type {number | null} */
  #wanted = null; // the item to scroll to as soon as the list has a height

  /**
   * `draw` creates a row, `estimate` guesses its height.
   *
   * @param {{ draw: (item: T) => HTMLElement, estimate: (item: T, width: number) => number, label: string, signal: AbortSignal }} options
   */
  constructor({ draw, estimate, label, signal }) {
    this.#draw = draw;
    this.#estimate = estimate;
    this.#rows.setAttribute("aria-label", label);
    this.#sizer.append(this.#rows);
    this.element.append(this.#sizer);
    this.element.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    const resized = new ResizeObserver(() => this.#resized());
    resized.observe(this.element);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  /**
   * Replace the items and redraw all rows; the item `keep` keeps its position.
   *
   * @param {T[]} items
   * @param {T | null} [keep]
   */
  show(items, keep = null) {
    const former = keep === null ? -1 : this.#items.indexOf(keep);
    const shift = this.#heights.topOf(former) - this.element.scrollTop;
    const known = new Map(this.#items.map((item, index) => [item, this.#heights.heightOf(index)]));
    this.#items = items;
    this.#heights.replace(items.map((item) => known.get(item) ?? this.#estimate(item, this.#width)));
    this.#clear();
    this.#layOut();
    const index = keep === null ? -1 : items.indexOf(keep);
    if (index >= 0 && former >= 0) this.#setTop(this.#heights.topOf(index) - shift);
    this.render();
  }

  /**
   * Show items that were added at the end; the last one before them may have changed.
   *
   * @param {T[]} items
   */
  grown(items) {
    const first = Math.max(0, Math.min(this.#items.length - 1, items.length));
    this.#items = items;
    const estimates = items.slice(first).map((item) => this.#estimate(item, this.#width));
    for (let index = first; index < items.length; index++) this.#drop(index);
    this.#heights.replaceFrom(first, estimates);
    this.#layOut();
    this.render();
  }

  /** Redraw the visible rows, whose contents have changed. */
  refresh() {
    this.#clear();
    this.render();
  }

  /**
   * Scroll to an item, into the upper part of the view.
   *
   * @param {number} index
   */
  scrollTo(index) {
    if (index < 0 || index >= this.#items.length) return;
    this.following = false;
    if (!this.element.clientHeight) {
      this.#wanted = index; // the host attaches the element a little later
      return;
    }
    // Rows above may turn out taller once they are drawn, which moves the item.
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const room = Math.max(0, this.element.clientHeight - this.#heights.heightOf(index));
      this.#setTop(this.#heights.topOf(index) - room * SHARE_ABOVE);
      this.render();
    }
  }

  /**
   * Make an item visible with as little scrolling as possible.
   *
   * @param {number} index
   */
  reveal(index) {
    this.following = false;
    const { scrollTop, clientHeight } = this.element;
    const isSeen = this.#heights.topOf(index) >= scrollTop && this.#heights.topOf(index + 1) <= scrollTop + clientHeight;
    if (!isSeen) this.scrollTo(index);
  }

  /**
   * @param {number} index
   * @returns {HTMLElement | null}
   */
  rowOf(index) {
    return this.#nodes.get(index) ?? null;
  }

  /** The first and the last visible index. */
  get visible() {
    const { scrollTop, clientHeight } = this.element;
    return {
      first: this.#heights.indexAt(scrollTop + 1),
      last: this.#heights.indexAt(scrollTop + clientHeight - 1),
    };
  }

  render() {
    if (!this.element.clientHeight) return;
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      if (this.following) this.#setTop(this.#heights.total);
      this.#renderOnce();
      if (!this.#measure()) break;
    }
    if (this.following) this.#setTop(this.#heights.total);
    this.onScrolled();
  }

  #renderOnce() {
    const { scrollTop, clientHeight } = this.element;
    const first = this.#heights.indexAt(scrollTop - OVERSCAN_PX);
    const last = this.#items.length ? this.#heights.indexAt(scrollTop + clientHeight + OVERSCAN_PX) : -1;
    for (const index of [...this.#nodes.keys()]) if (index < first || index > last) this.#drop(index);
    /** @type {HTMLElement | null} */
    let before = null;
    for (let index = last; index >= first; index--) {
      let node = this.#nodes.get(index);
      if (!node) {
        const item = /** @type {T} */ (this.#items[index]);
        node = element("div", "qwq-row", { role: "listitem" }, this.#draw(item));
        this.#nodes.set(index, node);
        this.#rows.insertBefore(node, before);
      }
      before = node;
    }
    this.#rows.style.transform = `translateY(${this.#heights.topOf(first)}px)`;
  }

  /** Measure the drawn rows; returns whether any height differs. */
  #measure() {
    const top = this.element.scrollTop;
    const anchor = this.#heights.indexAt(top);
    const within = top - this.#heights.topOf(anchor);
    /** @type {[number, number][]} */
    const measured = [...this.#nodes].map(([index, node]) => [index, node.getBoundingClientRect().height]);
    const changed = this.#heights.correct(measured);
    if (changed) {
      this.#layOut();
      if (!this.following) this.#setTop(this.#heights.topOf(anchor) + within);
    }
    return changed;
  }

  #layOut() {
    this.#sizer.style.height = `${this.#heights.total}px`;
  }

  /** @param {number} index */
  #drop(index) {
    const node = this.#nodes.get(index);
    if (!node) return;
    // Keep the focus in the list, so that its keys still work.
    if (node.contains(document.activeElement)) this.element.focus({ preventScroll: true });
    node.remove();
    this.#nodes.delete(index);
  }

  #clear() {
    for (const index of [...this.#nodes.keys()]) this.#drop(index);
  }

  /** @param {number} top */
  #setTop(top) {
    if (Math.abs(this.element.scrollTop - top) > 0.5) this.element.scrollTop = top;
    this.#ownTop = this.element.scrollTop;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    if (!clientHeight || Math.abs(scrollTop - this.#ownTop) < 1) return;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.following = isNear && (this.following || this.mayFollow);
    this.#ownTop = scrollTop;
    this.render();
  }

  #resized() {
    const width = this.element.clientWidth;
    if (!width) return;
    // A browser loses the scroll position of an element that is hidden or moved.
    const anchor = this.#heights.indexAt(this.#ownTop);
    const within = this.#ownTop - this.#heights.topOf(anchor);
    if (width !== this.#width) {
      this.#width = width;
      this.#heights.replace(this.#items.map((item) => this.#estimate(item, width)));
      this.#layOut();
      this.#clear();
    }
    if (!this.following) this.#setTop(this.#heights.topOf(anchor) + within);
    if (this.#wanted === null) return this.render();
    const wanted = this.#wanted;
    this.#wanted = null;
    this.scrollTo(wanted);
  }
}
