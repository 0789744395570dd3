// The whole reasoning on one strip: a segment per step, as wide as its share of the characters.
//
// Each group has its own colour, pattern and lane, so that the strip is readable without colours
// and where a segment is narrower than its pattern.

/** @import { Group, IsShown, Span } from "./types.js" */
/** @import { StepTable } from "./step_table.js" */

import { element } from "./elements.js";
import { GROUPS, likely } from "./step_kinds.js";

/**
 * What the map shows, as offsets in the text.
 *
 * @typedef {object} Shown
 * @property {StepTable} table
 * @property {Span[]} loops
 * @property {number | null} seenEnd
 * @property {number} selected
 * @property {Span | null} visible
 * @property {Span[]} matches
 * @property {IsShown} isShown
 * @property {(number | null)[]} [sureness] of each step, 0 to 1; shown as shades below the lanes
 */
/** @typedef {CanvasRenderingContext2D} Pen */
/** @typedef {(offset: number) => number} ToX */
/** @typedef {ReturnType<typeof lookOf>} Look */

const HEIGHT = 56;
const TOP = 10; // above the lanes: ticks at switches, the flag
const LANE = 10;
const LANES = ["conclude", "reflect", "work", "orient"];
const BOTTOM = TOP + LANES.length * LANE;
const SHADES = 7; // the height of the shades
const PATTERN_PX = 5; // narrower segments are filled
const TILE = 4;

export class Minimap {
  element = element("div", "qwq-minimap");
  #canvas = element("canvas", "qwq-minimap-canvas", { role: "slider", tabindex: "0", "aria-label": "Minimap of the reasoning" });
  /** @type {Shown | null} */
  #shown = null;
  #frame = 0;
  /** @type {(offset: number) => void} */
  #onScrub;
  /** @type {(offset: number | null) => void} */
  #onHover;

  /**
   * `onScrub(offset)` scrolls to an offset; `onHover(offset)` describes it, null when the pointer
   * leaves.
   *
   * @param {{ onScrub: (offset: number) => void, onHover: (offset: number | null) => void, signal: AbortSignal }} options
   */
  constructor({ onScrub, onHover, signal }) {
    this.#onScrub = onScrub;
    this.#onHover = onHover;
    this.element.append(this.#canvas);
    this.#listen(signal);
    const resized = new ResizeObserver(() => this.#later());
    resized.observe(this.#canvas);
    // A change of theme changes the CSS variables of the colours.
    const themed = new MutationObserver(() => this.#later());
    themed.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
    signal.addEventListener("abort", () => {
      resized.disconnect();
      themed.disconnect();
      cancelAnimationFrame(this.#frame);
    });
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    const { table, selected } = shown;
    const step = table.steps[selected];
    this.#canvas.setAttribute("aria-valuemin", "1");
    this.#canvas.setAttribute("aria-valuemax", String(Math.max(1, table.steps.length)));
    this.#canvas.setAttribute("aria-valuenow", String(selected + 1 || 1));
    this.#canvas.setAttribute("aria-valuetext", step ? `Step ${selected + 1}, ${likely(step.kind)}` : "No step selected");
    this.#later();
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    /** @param {PointerEvent} event */
    const at = (event) => {
      const { left, width } = this.#canvas.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (event.clientX - left) / Math.max(1, width)));
      return share * (this.#shown?.table.text.length ?? 0);
    };
    /**
     * @template {keyof HTMLElementEventMap} Name
     * @param {Name} name
     * @param {(event: HTMLElementEventMap[Name]) => void} handle
     */
    const on = (name, handle) => this.#canvas.addEventListener(name, handle, { signal });
    on("pointerdown", (event) => {
      if (event.button) return;
      this.#canvas.setPointerCapture(event.pointerId);
      this.#onScrub(at(event));
    });
    on("pointermove", (event) => {
      if (this.#canvas.hasPointerCapture(event.pointerId)) this.#onScrub(at(event));
      this.#onHover(at(event));
    });
    on("pointerleave", () => this.#onHover(null));
  }

  #later() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const shown = this.#shown;
    const height = HEIGHT + (shown?.sureness?.length ? SHADES : 0);
    this.#canvas.style.height = `${height}px`;
    const width = this.#canvas.clientWidth;
    const pen = this.#canvas.getContext("2d");
    if (!shown || !pen || !width) return;
    const scale = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    pen.scale(scale, scale);
    /** @param {number} offset */
    const x = (offset) => (offset / Math.max(1, shown.table.text.length)) * width;
    const look = lookOf(this.#canvas, pen);
    this.#drawVisible(shown, pen, x, look);
    this.#drawLoops(shown, pen, x, look);
    this.#drawSteps(shown, pen, x, look);
    this.#drawMatches(shown, pen, x, look);
    this.#drawMarkers(shown, pen, x, look);
    this.#drawSureness(shown, pen, x, look);
  }

  /**
   * The less sure, the darker.
   *
   * @param {Shown} shown
   * @param {Pen} pen
   * @param {ToX} x
   * @param {Look} look
   */
  #drawSureness({ table, sureness = [] }, pen, x, look) {
    pen.fillStyle = look.text;
    for (const step of table.steps) {
      const sure = sureness[step.index] ?? 1;
      pen.globalAlpha = 1 - sure;
      pen.fillRect(x(step.start), HEIGHT, Math.max(0.75, x(step.end) - x(step.start)), SHADES - 1);
    }
    pen.globalAlpha = 1;
  }

  /**
   * @param {Shown} shown
   * @param {Pen} pen
   * @param {ToX} x
   * @param {Look} look
   */
  #drawVisible(shown, pen, x, look) {
    const { visible } = shown;
    pen.strokeStyle = look.line;
    pen.strokeRect(0.5, TOP + 0.5, x(shown.table.text.length) - 1, BOTTOM - TOP - 1);
    if (!visible) return;
    const [left, right] = [x(visible[0]), x(visible[1])];
    const wide = Math.max(3, right - left);
    pen.fillStyle = look.shade;
    pen.fillRect(left, TOP, wide, BOTTOM - TOP);
    pen.fillStyle = look.accent;
    pen.fillRect(left, BOTTOM + 1, wide, 3);
  }

  /**
   * @param {Shown} shown
   * @param {Pen} pen
   * @param {ToX} x
   * @param {Look} look
   */
  #drawLoops(shown, pen, x, look) {
    for (const [start, end] of shown.loops) {
      const wide = Math.max(3, x(end) - x(start));
      pen.globalAlpha = 0.2;
      pen.fillStyle = look.bad;
      pen.fillRect(x(start), TOP, wide, BOTTOM - TOP);
      pen.globalAlpha = 1;
      pen.fillStyle = look.patterns.loop;
      pen.fillRect(x(start), TOP, wide, BOTTOM - TOP);
      pen.fillStyle = look.bad;
      pen.fillRect(x(start), BOTTOM + 1, wide, 3);
    }
  }

  /**
   * @param {Shown} shown
   * @param {Pen} pen
   * @param {ToX} x
   * @param {Look} look
   */
  #drawSteps(shown, pen, x, look) {
    const { table, isShown } = shown;
    for (const step of table.steps) {
      const { group } = step.kind;
      const left = x(step.start);
      const wide = x(step.end) - left;
      // Leave a gap between segments if they are wide enough.
      const bar = Math.max(0.75, wide > 3 ? wide - 1 : wide);
      const lane = LANES.indexOf(group);
      const top = lane < 0 ? BOTTOM - 3 : TOP + 1 + lane * LANE;
      const height = lane < 0 ? 2 : LANE - 2;
      pen.globalAlpha = isShown(step) ? 1 : 0.14;
      pen.fillStyle = wide < PATTERN_PX ? look.colours[group] : look.patterns[group];
      pen.fillRect(left, top, bar, height);
      if (wide >= PATTERN_PX && lane >= 0) {
        pen.strokeStyle = look.colours[group];
        pen.strokeRect(left + 0.5, top + 0.5, bar - 1, height - 1);
      }
    }
    pen.globalAlpha = 1;
  }

  /**
   * @param {Shown} shown
   * @param {Pen} pen
   * @param {ToX} x
   * @param {Look} look
   */
  #drawMatches(shown, pen, x, look) {
    pen.fillStyle = look.found;
    for (const [start] of shown.matches) pen.fillRect(x(start) - 0.5, TOP, 1.5, BOTTOM - TOP);
  }

  /**
   * @param {Shown} shown
   * @param {Pen} pen
   * @param {ToX} x
   * @param {Look} look
   */
  #drawMarkers(shown, pen, x, look) {
    const { table, selected, seenEnd } = shown;
    pen.fillStyle = look.quiet;
    for (const step of table.steps) if (step.kind.name === "switch") pen.fillRect(x(step.start), 4, 1, TOP - 4);
    const step = table.steps[selected];
    if (step) {
      pen.strokeStyle = look.text;
      pen.lineWidth = 1.5;
      pen.strokeRect(x(step.start) + 0.5, TOP - 1.5, Math.max(3, x(step.end) - x(step.start)) - 1, BOTTOM - TOP + 3);
    }
    if (seenEnd !== null) drawFlag(pen, x(seenEnd), look);
  }
}

/**
 * @param {Pen} pen
 * @param {number} at
 * @param {Look} look
 */
function drawFlag(pen, at, look) {
  pen.fillStyle = look.colours.conclude;
  // At the right edge the flag points left.
  const toward = at + 9 > pen.canvas.clientWidth ? -1 : 1;
  pen.fillRect(at - 0.75, 0, 1.5, BOTTOM);
  pen.beginPath();
  pen.moveTo(at, 0);
  pen.lineTo(at + 9 * toward, 4);
  pen.lineTo(at, 8);
  pen.fill();
}

/**
 * The colours of the theme, and a pattern for each group.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Pen} pen
 */
function lookOf(canvas, pen) {
  const style = getComputedStyle(canvas);
  /** @param {string} name */
  const of = (name) => style.getPropertyValue(`--qwq-${name}`).trim() || "gray";
  const colours = byGroup(of);
  const patterns = {
    ...byGroup((group) => patternOf(pen, group, colours[group])),
    loop: patternOf(pen, "loop", of("bad")),
  };
  return {
    colours, patterns,
    line: of("line"), shade: of("sight"), accent: of("accent"), bad: of("bad"),
    found: of("found-here"), quiet: of("quiet"), text: of("text"),
  };
}

/**
 * @template Value
 * @param {(group: Group) => Value} valueOf
 */
function byGroup(valueOf) {
  return /** @type {Record<Group, Value>} */ (Object.fromEntries(GROUPS.map((group) => [group, valueOf(group)])));
}

/** @type {Record<Group | "loop", [number, number, number, number][]>} */
const TILES = {
  orient: [[0, 0, 2, 2], [2, 2, 2, 2]],
  work: [[0, 0, 4, 4]],
  reflect: [[0, 0, 1, 4], [1, 0, 1, 4]],
  conclude: [[0, 0, 4, 1], [0, 2, 4, 1]],
  unclassified: [[0, 0, 2, 4]],
  loop: [[0, 0, 1, 1], [1, 1, 1, 1], [2, 2, 1, 1], [3, 3, 1, 1]],
};

/**
 * @param {Pen} pen
 * @param {Group | "loop"} name
 * @param {string} colour
 */
function patternOf(pen, name, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE;
  const ink = tile.getContext("2d");
  if (!ink) return colour;
  ink.fillStyle = colour;
  for (const rectangle of TILES[name]) ink.fillRect(...rectangle);
  return pen.createPattern(tile, "repeat") ?? colour;
}
