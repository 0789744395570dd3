// Create elements without parsing HTML.

/**
 * An element with classes, attributes and children; strings become text nodes.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, className, attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * An element that scrolls: focusable by keyboard, and labelled for screen readers.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {string} name
 * @param {...(Node | string)} children
 */
export function scrolling(tag, className, name, ...children) {
  return element(tag, className, { tabindex: "0", role: "group", "aria-label": name }, ...children);
}

/**
 * A native button, which supports keyboards and screen readers by itself.
 *
 * @param {string} className
 * @param {Node | string} label
 * @param {(event: MouseEvent) => void} onClick
 */
export function button(className, label, onClick) {
  const node = element("button", className, { type: "button" }, label);
  node.addEventListener("click", onClick);
  return node;
}

/**
 * Write a text only if it has changed, so that a selection in it is kept.
 *
 * @param {HTMLElement} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * An id that is unique on the page, even if these modules are loaded more than once.
 *
 * @param {string} name
 */
export function uniqueId(name) {
  return `qwq-${name}-${Math.random().toString(36).slice(2)}`;
}

/**
 * A button that shows and hides `content`, which is hidden at first.
 *
 * @param {string} className
 * @param {string} label
 * @param {HTMLElement} content
 */
export function unfolding(className, label, content) {
  content.hidden = true;
  content.id = uniqueId("folded");
  const toggle = button(className, label, () => {
    content.hidden = !content.hidden;
    toggle.setAttribute("aria-expanded", String(!content.hidden));
  });
  toggle.setAttribute("aria-expanded", "false");
  toggle.setAttribute("aria-controls", content.id);
  return toggle;
}

/**
 * Add the style sheet once per page and version.
 *
 * @param {string} css
 * @param {string} key
 */
export function useStyle(css, key) {
  const id = `qwq-style-${key}`;
  if (document.getElementById(id)) return;
  document.head.append(element("style", "", { id }, css));
}

/**
 * Announce a short text to screen readers; the region outlives every view.
 *
 * @param {string} text
 */
export function announce(text) {
  const KEY = Symbol.for("qwq_magic.announcer");
  const page = /** @type {Record<symbol, HTMLElement | undefined>} */ (globalThis);
  let region = page[KEY];
  if (!region?.isConnected) {
    region = page[KEY] = element("div", "qwq-announcer", { role: "status", "aria-live": "polite" });
    // Styled inline too, so that it is invisible before the style sheet has loaded.
    region.style.cssText =
      "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";
    document.body.append(region);
  }
  region.textContent = text;
}
