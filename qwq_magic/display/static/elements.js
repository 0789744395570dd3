// Making elements without ever parsing HTML into the page.

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
 * What scrolls on its own: reached by the keyboard, and named to those who cannot see it.
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
 * A real button: keyboard and screen readers work without further ado.
 *
 * @param {string} className
 * @param {Node | string} label
 * @param {() => void} onClick
 */
export function button(className, label, onClick) {
  const node = element("button", className, { type: "button" }, label);
  node.addEventListener("click", onClick);
  return node;
}

/**
 * An id that nothing else on the page has; these modules may be loaded there more than once.
 *
 * @param {string} name
 */
export function uniqueId(name) {
  return `qwq-${name}-${Math.random().toString(36).slice(2)}`;
}

/**
 * A button that shows `content`, which begins hidden, and hides it again.
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
 * Load the style sheet text once per page and version.
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
 * Say one short thing to a screen reader; the region outlives every view.
 *
 * @param {string} text
 */
export function announce(text) {
  const KEY = Symbol.for("qwq_magic.announcer");
  const page = /** @type {Record<symbol, HTMLElement | undefined>} */ (globalThis);
  let region = page[KEY];
  if (!region?.isConnected) {
    region = page[KEY] = element("div", "qwq-announcer", { role: "status", "aria-live": "polite" });
    // Inline too, so that it stays invisible where the style sheet has not loaded yet.
    region.style.cssText =
      "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";
    document.body.append(region);
  }
  region.textContent = text;
}
