// The line above the panes: state, seconds, tokens, buttons; below it, notices and the error.

/** @import { TurnState } from "./types.js" */
/** @import { HeaderButton } from "./header_buttons.js" */

import { button, element, setText } from "./elements.js";
import { HEADER_BUTTONS } from "./header_buttons.js";
import { isRunning, STATE_LABELS } from "./turn_captions.js";

/**
 * @typedef {object} Status
 * @property {TurnState} state
 * @property {string} [word] for the state, if the server cut the reply
 * @property {string} seconds
 * @property {string} tokens
 * @property {string} about
 * @property {string[]} notices
 * @property {string} [error]
 * @property {string} [advice] for a reader whose model repeats itself, beside the Stop button
 * @property {boolean} [stopping]
 * @property {boolean} [closing] the reader has asked for the answer
 * @property {number} [waitS]
 */

export class StatusLine {
  element;
  #state = element("span", "qwq-state");
  #seconds = element("span", "qwq-figure");
  #tokens = element("span", "qwq-figure");
  #about = element("span", "qwq-about");
  #badge = element("span", "qwq-badge", { hidden: "" }, "Repeating itself");
  /** @type {{ node: HTMLButtonElement, row: HeaderButton }[]} */
  #buttons = [];
  #notices = element("div", "qwq-notices");
  #shownLines = "";
  #row;

  /**
   * `onAction` is called with a button's name on a click; `actions` names the buttons to show.
   *
   * @param {readonly string[]} [actions]
   * @param {(name: string) => void} [onAction]
   */
  constructor(actions = [], onAction = () => {}) {
    const row = (this.#row = element("div", "qwq-status-row", {}, this.#state, this.#seconds, this.#tokens, this.#about, this.#badge));
    for (const shown of HEADER_BUTTONS.filter(({ name }) => actions.includes(name))) {
      const added = button(`qwq-button qwq-${shown.name}`, shown.label, () => onAction(shown.name));
      // The label is part of the name, so that it can be spoken as it is written.
      added.setAttribute("aria-label", shown.hint.startsWith(shown.label) ? shown.hint : `${shown.label}: ${shown.hint}`);
      added.title = shown.hint;
      this.#buttons.push({ node: added, row: shown });
      row.append(added);
    }
    this.element = element("div", "qwq-status", { role: "group", "aria-label": "Status" }, row, this.#notices);
  }

  /**
   * Add buttons of a turn that has ended.
   *
   * @param {...HTMLElement} buttons
   */
  add(...buttons) {
    this.#row.append(...buttons);
  }

  /**
   * Put nodes beside the state, in front of the rest.
   *
   * @param {...HTMLElement} nodes
   */
  addInFront(...nodes) {
    this.#tokens.after(...nodes);
  }

  /** @param {Status} shown */
  show({ state, word: cut = "", seconds, tokens, about, notices, error = "", advice = "", stopping = false, closing = false, waitS = 0 }) {
    const waiting = waitS > 0 ? `Retrying in ${Math.ceil(waitS)} s…` : STATE_LABELS[state];
    const busy = stopping ? "Stopping…" : closing && state !== "answering" ? "Ending the reasoning…" : "";
    const word = busy && isRunning(state) ? busy : cut || waiting;
    setText(this.#state, word);
    // A reply that was cut has the colour of one that was stopped.
    this.#state.dataset.state = cut ? "stopped" : state;
    setText(this.#seconds, seconds);
    setText(this.#tokens, tokens);
    setText(this.#about, about);
    const advised = advice !== "" && isRunning(state) && !stopping;
    for (const { node, row } of this.#buttons) {
      const isOver = row.states.length === 1 && state === "answering";
      node.hidden = !isRunning(state) || isOver;
      node.classList.toggle("qwq-advised", advised && row.name === "answer_now");
      node.disabled = stopping || !row.states.includes(state);
    }
    this.#badge.hidden = !advised;
    this.#showLines(advised ? [...notices, advice] : notices, error);
  }

  /**
   * @param {string[]} notices
   * @param {string} error
   */
  #showLines(notices, error) {
    const lines = JSON.stringify([notices, error]);
    if (lines === this.#shownLines) return;
    this.#shownLines = lines;
    const nodes = notices.map((notice) => element("div", "qwq-notice", { dir: "auto" }, notice));
    if (error) nodes.push(element("div", "qwq-error", { dir: "auto" }, error));
    this.#notices.replaceChildren(...nodes);
  }
}
