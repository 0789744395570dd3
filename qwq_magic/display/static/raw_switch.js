// The switch between text as it was received and the same text drawn for reading.

import { button, element } from "./elements.js";

export class RawSwitch {
  element;

  /** @param {(isRaw: boolean) => void} onChange */
  constructor(onChange) {
    const words = element("span", "", {}, element("span", "qwq-rendered-word", {}, "Rendered"), element("span", "qwq-raw-word", {}, "Raw"));
    this.element = button("qwq-button qwq-raw", words, () => onChange(!this.isRaw));
    this.element.setAttribute("aria-label", "Raw text");
    this.isRaw = false;
  }

  get isRaw() {
    return this.element.getAttribute("aria-pressed") === "true";
  }

  set isRaw(isRaw) {
    this.element.setAttribute("aria-pressed", String(isRaw));
  }
}
