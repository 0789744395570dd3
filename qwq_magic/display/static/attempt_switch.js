// The switch between the attempts at one turn: ‹ 2/3 ›, and the comparison with its parent.

/** @import { SavedTurn } from "./types.js" */

import { cellButton } from "./cell_runner.js";
import { announce, button, element } from "./elements.js";
import { compareCell, sourceOf } from "./turn_cells.js";
import { fieldsOf, turnOf } from "./turn_data.js";

const MAX_ATTEMPTS = 24;

/** @typedef {{ data: unknown, turn: SavedTurn }} Attempt */

/**
 * The attempts that a notebook holds with a turn, this one among them, in order.
 *
 * @param {unknown} data
 * @returns {Attempt[]}
 */
export function attemptsIn(data) {
  const own = turnOf(data);
  const { attempts } = fieldsOf(data);
  const others = Array.isArray(attempts) ? attempts.slice(0, MAX_ATTEMPTS) : [];
  const all = [{ data, turn: own }, ...others.map((each) => ({ data: each, turn: turnOf(each) }))];
  // A forged notebook may repeat one.
  /** @type {Map<number, Attempt>} */
  const known = new Map();
  for (const each of all.reverse()) known.set(each.turn.attempt ?? 0, each);
  return [...known.entries()].sort(([one], [other]) => one - other).map(([, attempt]) => attempt);
}

/**
 * The nodes of the switch; none for a single attempt.
 *
 * @param {Attempt[]} attempts
 * @param {SavedTurn} shown
 * @param {(attempt: Attempt) => void} onSwitch
 * @returns {HTMLElement[]}
 */
export function attemptSwitch(attempts, shown, onSwitch) {
  const at = attempts.findIndex(({ turn }) => turn.attempt === shown.attempt);
  if (attempts.length < 2 || at < 0) return [];
  /**
   * @param {number} to
   * @param {string} sign
   * @param {string} name
   */
  const arrow = (to, sign, name) => {
    const next = attempts[to];
    const node = button("qwq-button qwq-attempt-arrow", sign, () => {
      if (!next) return;
      onSwitch(next);
      announce(`Attempt ${next.turn.attempt} of ${attempts.at(-1)?.turn.attempt}`);
    });
    node.setAttribute("aria-label", name);
    node.disabled = !next;
    return node;
  };
  const label = element("span", "qwq-attempt-label", {}, `${shown.attempt}/${attempts.at(-1)?.turn.attempt}`);
  const nodes = [
    element("span", "qwq-attempts", { role: "group", "aria-label": "Attempts" },
      arrow(at - 1, "‹", "Previous attempt"), label, arrow(at + 1, "›", "Next attempt")),
  ];
  const source = sourceOf(shown);
  const parent = attempts.find(({ turn }) => turn.id === shown.parent);
  const other = parent && sourceOf(parent.turn);
  if (source && other && shown.parent) {
    nodes.push(cellButton("qwq-compare", "Compare", "Compare with the turn that this one came from, in a new cell", () => compareCell(other, source)));
  }
  return nodes;
}
