// The answer pane: the answer, and a footer with tokens and time.

/** @import { AnswerMarkdown } from "./answer_markdown.js" */

import { copyButton } from "./copy_button.js";
import { element } from "./elements.js";

export class AnswerPane {
  element;
  #ending = element("div", "qwq-ending", { dir: "auto", hidden: "" });
  #footer = element("span", "qwq-footer-text");

  /**
   * `answer` is the AnswerMarkdown to show, or null to show only the footer.
   *
   * @param {AnswerMarkdown | null} answer
   */
  constructor(answer) {
    // The footer has its full height from the start, so that filling it moves nothing.
    const footer = element("div", "qwq-footer", {}, this.#footer);
    this.element = element("section", "qwq-answer", { role: "region", "aria-label": "Answer" });
    if (answer) {
      const copy = copyButton("answer", () => answer.source);
      const drawn = () => (copy.hidden = !answer.element.firstChild);
      answer.onDrawn = drawn;
      drawn();
      footer.append(copy);
      this.element.append(answer.element);
    }
    this.element.append(this.#ending, footer);
  }

  /**
   * Show how the reply was cut, below its last words.
   *
   * @param {string} text
   */
  showEnding(text) {
    this.#ending.textContent = text;
    this.#ending.hidden = text === "";
  }

  /** @param {string} text */
  showFooter(text) {
    this.#footer.textContent = text;
  }
}
