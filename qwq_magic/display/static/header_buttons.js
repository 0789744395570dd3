// The buttons in the header of a turn that streams, one row each. A click sends the name to the
// kernel, where `run_actions` in live_panel.py holds what it does.

/** @import { TurnState } from "./types.js" */

/** @typedef {{ name: string, label: string, hint: string, states: readonly TurnState[] }} HeaderButton */

/**
 * `states`: in which of them a button can be used; before these it is disabled, after them gone.
 *
 * @type {readonly HeaderButton[]}
 */
export const HEADER_BUTTONS = [
  { name: "answer_now", label: "Answer now", hint: "End the reasoning and ask for the answer", states: ["reasoning"] },
  { name: "stop", label: "Stop", hint: "Stop this turn", states: ["connecting", "reasoning", "answering"] },
];
