// The keys of a batch's lanes. They work only on the list itself, not in a lane that is open, and
// do not reach the notebook.

/** @typedef {"next" | "previous" | "first" | "last" | "open" | "close" | "choose"} LaneAction */

/** @type {Partial<Record<string, LaneAction>>} */
const ACTIONS = {
  ArrowDown: "next", j: "next", ArrowUp: "previous", k: "previous", Home: "first", End: "last",
  Enter: "open", " ": "open", Escape: "close", c: "choose",
};

/**
 * What a key does on a row; null if it is not one of ours.
 *
 * @param {Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing">} event
 * @returns {LaneAction | null}
 */
export function laneAction({ key, ctrlKey, metaKey, altKey, shiftKey, isComposing }) {
  if (ctrlKey || metaKey || altKey || isComposing) return null;
  // Shift+Enter runs a cell.
  if (key === "Enter" && shiftKey) return null;
  return ACTIONS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/**
 * Call `act` for each key on a row of `list`.
 *
 * @param {HTMLElement} list
 * @param {(action: LaneAction) => void} act
 * @param {AbortSignal} signal
 */
export function listenToLaneKeys(list, act, signal) {
  // Notebook 7 handles keys in the capture phase at the document, so they are handled before that.
  addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (!list.contains(target) || !target.matches(".qwq-lane")) return;
    const action = laneAction(event);
    // A letter that does nothing here would be a command of the notebook.
    if (action || (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey)) event.stopPropagation();
    if (!action) return;
    event.preventDefault();
    act(action);
  }, { capture: true, signal });
}
