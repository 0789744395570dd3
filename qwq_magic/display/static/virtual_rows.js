// A scrolling list that keeps only what is in sight on the page.
//
// Heights are estimated until a row was seen. Whenever a height turns out different, the
// row at the top stays where it is: the reader never notices.

import { element } from "./elements.js";

const OVERSCAN_PX = 300;
const NEAR_PX = 24;
const MOST_PASSES = 4;
const SHARE_ABOVE = 0.3; // of the room around an item that is scrolled to

export class VirtualRows {
  element = element("div", "qwq-rows", { tabindex: "0" });
  /** Does the list follow its growing end? Until the reader scrolls away from it. */
  following = false;
  /** Is there a growing end, so that a reader who scrolls to it follows it? */
  mayFollow = false;
  /** Called after the reader or the list itself has scrolled. */
  onScrolled = () => {};
  #sizer = element("div", "qwq-rows-sizer");
  #rows = element("div", "qwq-rows-shown", { role: "list" });
  #items = [];
  #heights = new Float64Array(0);
  #tops = new Float64Array(1);
  #nodes = new Map(); // index → the row on the page
  #draw;
  #estimate;
  #ownTop = 0;
  #width = 0;
  #wanted = null; // what to scroll to as soon as there is a height

  /** `draw(item)` makes a row, `estimate(item, width)` guesses its height. */
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

  /** Show these items from now on; rows are drawn anew, the item `keep` holds its place. */
  show(items, keep = null) {
    const shift = keep === null ? null : this.#tops[this.#items.indexOf(keep)] - this.element.scrollTop;
    const known = new Map(this.#items.map((item, index) => [item, this.#heights[index]]));
    this.#items = items;
    this.#heights = Float64Array.from(items, (item) => known.get(item) ?? this.#estimate(item, this.#width));
    this.#clear();
    this.#layOut();
    const index = keep === null ? -1 : items.indexOf(keep);
    if (index >= 0 && Number.isFinite(shift)) this.#setTop(this.#tops[index] - shift);
    this.render();
  }

  /** Items were added at the end, and the last one before them may have changed. */
  grown(items) {
    const before = this.#items.length;
    this.#items = items;
    const heights = new Float64Array(items.length);
    heights.set(this.#heights.subarray(0, Math.min(before, items.length)));
    for (let index = Math.max(0, before - 1); index < items.length; index++) {
      heights[index] = this.#estimate(items[index], this.#width);
      this.#drop(index);
    }
    this.#heights = heights;
    this.#layOut();
    this.render();
  }

  /** Draw the rows in sight anew: what they show has changed. */
  refresh() {
    this.#clear();
    this.render();
  }

  /** Bring an item into sight, in the upper part of it. */
  scrollTo(index) {
    if (index < 0 || index >= this.#items.length) return;
    this.following = false;
    if (!this.element.clientHeight) {
      this.#wanted = index; // the host shows what it was given a little later
      return;
    }
    // Rows above may turn out higher once they are drawn; then the place is another.
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      const room = Math.max(0, this.element.clientHeight - this.#heights[index]);
      this.#setTop(this.#tops[index] - room * SHARE_ABOVE);
      this.render();
    }
  }

  /** Bring an item into sight with as little scrolling as possible. */
  reveal(index) {
    this.following = false;
    const { scrollTop, clientHeight } = this.element;
    const isSeen = this.#tops[index] >= scrollTop && this.#tops[index + 1] <= scrollTop + clientHeight;
    if (!isSeen) this.scrollTo(index);
  }

  rowOf(index) {
    return this.#nodes.get(index) ?? null;
  }

  /** The first and the last index in sight. */
  get inSight() {
    const { scrollTop, clientHeight } = this.element;
    return [this.#indexAt(scrollTop + 1), this.#indexAt(scrollTop + clientHeight - 1)];
  }

  render() {
    if (!this.element.clientHeight) return;
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      if (this.following) this.#setTop(this.#tops[this.#items.length]);
      this.#renderOnce();
      if (!this.#measure()) break;
    }
    if (this.following) this.#setTop(this.#tops[this.#items.length]);
    this.onScrolled();
  }

  #renderOnce() {
    const { scrollTop, clientHeight } = this.element;
    const first = this.#indexAt(scrollTop - OVERSCAN_PX);
    const last = this.#items.length ? this.#indexAt(scrollTop + clientHeight + OVERSCAN_PX) : -1;
    for (const index of [...this.#nodes.keys()]) if (index < first || index > last) this.#drop(index);
    let before = null;
    for (let index = last; index >= first; index--) {
      let node = this.#nodes.get(index);
      if (!node) {
        node = element("div", "qwq-row", { role: "listitem" }, this.#draw(this.#items[index]));
        this.#nodes.set(index, node);
        this.#rows.insertBefore(node, before);
      }
      before = node;
    }
    this.#rows.style.transform = `translateY(${this.#tops[first]}px)`;
  }

  /** Take the heights of what is drawn; true where one was another than thought. */
  #measure() {
    const top = this.element.scrollTop;
    const anchor = this.#indexAt(top);
    const within = top - this.#tops[anchor];
    let changed = false;
    for (const [index, node] of this.#nodes) {
      const height = node.getBoundingClientRect().height;
      if (Math.abs(height - this.#heights[index]) > 0.5) {
        this.#heights[index] = height;
        changed = true;
      }
    }
    if (changed) {
      this.#layOut();
      if (!this.following) this.#setTop(this.#tops[anchor] + within);
    }
    return changed;
  }

  #layOut() {
    const tops = new Float64Array(this.#heights.length + 1);
    for (let index = 0; index < this.#heights.length; index++) tops[index + 1] = tops[index] + this.#heights[index];
    this.#tops = tops;
    this.#sizer.style.height = `${tops[this.#heights.length]}px`;
  }

  #indexAt(top) {
    let low = 0;
    let high = Math.max(0, this.#items.length - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#tops[middle] <= top) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #drop(index) {
    const node = this.#nodes.get(index);
    if (!node) return;
    // The keys must not be lost with the row that had the focus.
    if (node.contains(document.activeElement)) this.element.focus({ preventScroll: true });
    node.remove();
    this.#nodes.delete(index);
  }

  #clear() {
    for (const index of [...this.#nodes.keys()]) this.#drop(index);
  }

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
    // A browser forgets the scroll position of what was hidden or moved.
    const anchor = this.#indexAt(this.#ownTop);
    const within = this.#ownTop - this.#tops[anchor];
    if (width !== this.#width) {
      this.#width = width;
      this.#heights = Float64Array.from(this.#items, (item) => this.#estimate(item, width));
      this.#layOut();
      this.#clear();
    }
    if (!this.following) this.#setTop(this.#tops[anchor] + within);
    if (this.#wanted === null) return this.render();
    const wanted = this.#wanted;
    this.#wanted = null;
    this.scrollTo(wanted);
  }
}
