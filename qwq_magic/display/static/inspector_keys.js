// The inspector's keys. They are heard only while the focus is inside it, and go no further.

export const KEYS = [
  ["J / K", "next, previous step"],
  ["N / P", "next, previous switch"],
  ["G", "where the answer was first seen"],
  ["/", "search; Enter and Shift+Enter go on"],
  ["1–4", "only orient, work, reflect, conclude"],
  ["E", "open or close a step's detail"],
  ["C", "copy the step"],
];

const ACTIONS = {
  j: "next", k: "previous", n: "nextSwitch", p: "previousSwitch", g: "firstSeen", "/": "search",
  1: "filter1", 2: "filter2", 3: "filter3", 4: "filter4", e: "expand", c: "copy",
};
const SCROLLING = ["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", " ", "Enter"];

/** Call `act(name)` for each key; notebook shortcuts do not fire for what is typed here. */
export function listenToKeys(root, act, signal) {
  // Notebook 7 hears keys on their way down from the document, so they are heard before that.
  addEventListener("keydown", (event) => root.contains(event.target) && hear(event, act), { capture: true, signal });
}

function hear(event, act) {
  const isTyping = event.target.tagName === "INPUT";
  // Saving, running and the like still belong to the notebook and the browser.
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Enter" && event.shiftKey && !isTyping) return;
  if (event.key.length === 1 || SCROLLING.includes(event.key) || isTyping) event.stopPropagation();
  const action = isTyping ? typingAction(event) : slidingAction(event) ?? ACTIONS[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  act(action);
}

function typingAction(event) {
  if (event.key === "Enter") return event.shiftKey ? "previousFound" : "nextFound";
  return event.key === "Escape" ? "leaveSearch" : null;
}

function slidingAction(event) {
  if (event.target.getAttribute("role") !== "slider") return null;
  return { ArrowRight: "next", ArrowUp: "next", ArrowLeft: "previous", ArrowDown: "previous" }[event.key] ?? null;
}
