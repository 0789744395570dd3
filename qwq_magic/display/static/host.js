// What the page around us can do: parse Markdown to a string, typeset math.
//
// Never its Markdown renderer or sanitizer: both let a model's text load addresses.

/** @import { Host, LatexTypesetter, MarkdownParser, Services, WidgetManager } from "./types.js" */

/** @typedef {WidgetManager | null | undefined} Manager */

/**
 * The services of the notebook a live widget stands in.
 *
 * @param {Manager} manager
 * @returns {Host}
 */
export function hostOfManager(manager) {
  const rendermime = rendermimeOf(manager);
  return hostOf(rendermime?.markdownParser, rendermime?.latexTypesetter);
}

/**
 * Would the notebook draw an output of this MIME type? Its renderer may be missing or switched off.
 *
 * @param {Manager} manager
 * @param {string} mime
 */
export function draws(manager, mime) {
  return Boolean(rendermimeOf(manager)?.getFactory?.(mime));
}

/** @param {Manager} manager */
function rendermimeOf(manager) {
  return manager?.renderMime ?? manager?.rendermime ?? manager?._rendermime;
}

/**
 * The same as the renderer of final outputs is handed it.
 *
 * @param {Manager} manager
 * @returns {Services}
 */
export function servicesOfManager(manager) {
  const { parse, typeset } = hostOfManager(manager);
  return { markdownParser: parse && { render: parse }, latexTypesetter: typeset && { typeset } };
}

/**
 * The same from the two services themselves; either may be missing.
 *
 * @param {MarkdownParser | null | undefined} parser
 * @param {LatexTypesetter | null | undefined} typesetter
 * @returns {Host}
 */
export function hostOf(parser, typesetter) {
  return {
    parse: parser?.render ? async (markdown) => String(await parser.render?.(markdown)) : null,
    typeset: typesetter?.typeset ? (node) => typesetter.typeset?.(node) : null,
  };
}

/**
 * Interrupt the kernel where the host lets a widget reach it.
 *
 * @param {Manager} manager
 */
export function interruptKernel(manager) {
  return manager?.context?.sessionContext?.session?.kernel?.interrupt?.();
}
