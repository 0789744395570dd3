// The buttons in the header of a turn that streams, one row each. A click sends the name to the
// kernel, where `run_actions` in live_panel.py holds what it does.

/** @typedef {{ name: string, label: string, hint: string }} HeaderButton */

/** @type {readonly HeaderButton[]} */
export const HEADER_BUTTONS = [{ name: "stop", label: "Stop", hint: "Stop this turn" }];
