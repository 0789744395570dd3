// The inspector's keys. They work only while the focus is inside it, and do not reach the notebook.

/** @typedef {"next" | "previous" | "nextSwitch" | "previousSwitch" | "firstSeen" | "nextCandidate" | "expand" | "copy"} StepAction */
/** @typedef {"search" | "leaveSearch" | "nextFound" | "previousFound"} SearchAction */
/** @typedef {"filter1" | "filter2" | "filter3" | "filter4"} FilterAction */
/** @typedef {"label1" | "label2" | "label3" | "label4" | "label5" | "label6" | "label7" | "label8" | "label9" | "unlabel" | "acceptLabel" | "toggleLabels" | "leaveLabels"} LabelAction */
/** @typedef {StepAction | SearchAction | FilterAction | LabelAction} Action */

/** @type {[key: string, action: string][]} */
export const KEYS = [
  ["J / K", "next, previous step"],
  ["N / P", "next, previous switch"],
  ["G", "go to where the answer was first seen"],
  ["A", "next candidate answer"],
  ["/", "search; Enter and Shift+Enter for the next and previous match"],
  ["1–4", "filter by orient, work, reflect, conclude"],
  ["E", "open or close a step's detail"],
  ["C", "copy the step"],
  ["L", "label steps by hand"],
];

/** @type {Partial<Record<string, Action>>} */
const ACTIONS = {
  j: "next", k: "previous", n: "nextSwitch", p: "previousSwitch", g: "firstSeen", a: "nextCandidate", "/": "search",
  1: "filter1", 2: "filter2", 3: "filter3", 4: "filter4", e: "expand", c: "copy", l: "toggleLabels",
};
/** @type {Partial<Record<string, Action>>} */
const LABELLING = {
  1: "label1", 2: "label2", 3: "label3", 4: "label4", 5: "label5", 6: "label6", 7: "label7", 8: "label8", 9: "label9",
  0: "unlabel", Backspace: "unlabel", Enter: "acceptLabel", Escape: "leaveLabels",
};
/** @type {Partial<Record<string, Action>>} */
const SLIDING = { ArrowRight: "next", ArrowUp: "next", ArrowLeft: "previous", ArrowDown: "previous" };
const SCROLLING = ["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", " ", "Enter"];

/**
 * Call `act` for each key; keys typed here trigger no notebook shortcuts.
 *
 * @param {HTMLElement} root
 * @param {(action: Action) => void} act
 * @param {AbortSignal} signal
 * @param {() => boolean} [isLabelling]
 */
export function listenToKeys(root, act, signal, isLabelling = () => false) {
  // Notebook 7 handles keys in the capture phase at the document, so they are handled before that.
  addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (root.contains(target)) handle(event, target, act, isLabelling);
  }, { capture: true, signal });
}

/**
 * @param {KeyboardEvent} event
 * @param {Element} target
 * @param {(action: Action) => void} act
 * @param {() => boolean} isLabelling
 */
function handle(event, target, act, isLabelling) {
  // The editor of a step has keys of its own.
  if (target.tagName === "TEXTAREA") return keepFromNotebook(event);
  const isTyping = target.tagName === "INPUT";
  // Shortcuts for saving, running and the like still reach the notebook and the browser.
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Enter" && event.shiftKey && !isTyping) return;
  const label = isTyping || !isLabelling() ? null : labelAction(event, target);
  if (event.key.length === 1 || SCROLLING.includes(event.key) || isTyping || label) event.stopPropagation();
  const action = isTyping ? typingAction(event) : label ?? slidingAction(event, target) ?? ACTIONS[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  act(action);
}

/**
 * Enter on any other button presses it.
 *
 * @param {KeyboardEvent} event
 * @param {Element} target
 * @returns {Action | null}
 */
function labelAction(event, target) {
  const isPressed = event.key === "Enter" && target.tagName === "BUTTON" && !target.classList.contains("qwq-step-toggle");
  return isPressed ? null : (LABELLING[event.key] ?? null);
}

/**
 * Notebook shortcuts would take letters that are typed; those with a modifier still reach it.
 *
 * @param {KeyboardEvent} event
 */
function keepFromNotebook(event) {
  const isRun = event.key === "Enter" || event.key === "Escape";
  if (!event.ctrlKey && !event.metaKey && !event.altKey && !isRun) event.stopPropagation();
}

/**
 * @param {KeyboardEvent} event
 * @returns {Action | null}
 */
function typingAction(event) {
  if (event.key === "Enter") return event.shiftKey ? "previousFound" : "nextFound";
  return event.key === "Escape" ? "leaveSearch" : null;
}

/**
 * @param {KeyboardEvent} event
 * @param {Element} target
 * @returns {Action | null}
 */
function slidingAction(event, target) {
  if (target.getAttribute("role") !== "slider") return null;
  return SLIDING[event.key] ?? null;
}
