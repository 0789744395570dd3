// The answer pane: the answer, and under it a quiet line with what it cost.

/** @import { AnswerMarkdown } from "./answer_markdown.js" */

import { copyButton } from "./copy_button.js";
import { element } from "./elements.js";

export class AnswerPane {
  element;
  #footer = element("span", "qwq-footer-text");

  /**
   * `answer` is the AnswerMarkdown it shows, or null where only the footer is wanted.
   *
   * @param {AnswerMarkdown | null} answer
   */
  constructor(answer) {
    // The line has its height from the start, so nothing moves when it is filled.
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
    this.element.append(footer);
  }

  /** @param {string} text */
  showFooter(text) {
    this.#footer.textContent = text;
  }
}
