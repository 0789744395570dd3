// The positions of the rows of a list, most of whose heights are estimates.

export class RowHeights {
  #heights = new Float64Array(0);
  #tops = new Float64Array(1); // one more than there are rows: the last one is the end of the list

  get count() {
    return this.#heights.length;
  }

  /** The height of the whole list. */
  get total() {
    return this.topOf(this.count);
  }

  /** @param {Iterable<number>} heights */
  replace(heights) {
    this.#heights = Float64Array.from(heights);
    this.#layOut();
  }

  /**
   * Replace the heights from row `first` on.
   *
   * @param {number} first
   * @param {number[]} heights
   */
  replaceFrom(first, heights) {
    const grown = new Float64Array(first + heights.length);
    grown.set(this.#heights.subarray(0, first));
    grown.set(heights, first);
    this.#heights = grown;
    this.#layOut();
  }

  /**
   * Use measured heights; returns whether any of them differ.
   *
   * @param {Iterable<[index: number, height: number]>} measured
   */
  correct(measured) {
    let changed = false;
    for (const [index, height] of measured) {
      if (Math.abs(height - this.heightOf(index)) <= 0.5) continue;
      this.#heights[index] = height;
      changed = true;
    }
    if (changed) this.#layOut();
    return changed;
  }

  /** @param {number} index */
  heightOf(index) {
    return this.#heights[index] ?? 0;
  }

  /**
   * The position of a row, or of the end of the list if `index` is the count.
   *
   * @param {number} index
   */
  topOf(index) {
    return this.#tops[index] ?? 0;
  }

  /**
   * The row at a position, or the nearest one.
   *
   * @param {number} top
   */
  indexAt(top) {
    let low = 0;
    let high = Math.max(0, this.count - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.topOf(middle) <= top) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #layOut() {
    const tops = new Float64Array(this.count + 1);
    let top = 0;
    this.#heights.forEach((height, index) => {
      top += height;
      tops[index + 1] = top;
    });
    this.#tops = tops;
  }
}
