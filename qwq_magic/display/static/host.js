// The services of the host page: parsing Markdown to a string, and typesetting math.
//
// Its Markdown renderer and sanitizer are not used: both let a model's text load URLs.

/** @import { Host, LatexTypesetter, MarkdownParser, Services, WidgetManager } from "./types.js" */

/** @typedef {WidgetManager | null | undefined} Manager */

/**
 * The services of the notebook that contains a live widget.
 *
 * @param {Manager} manager
 * @returns {Host}
 */
export function hostOfManager(manager) {
  const rendermime = rendermimeOf(manager);
  return hostOf(rendermime?.markdownParser, rendermime?.latexTypesetter);
}

/**
 * Can the notebook render this MIME type? The renderer may be missing or disabled.
 *
 * @param {Manager} manager
 * @param {string} mime
 */
export function canRender(manager, mime) {
  return Boolean(rendermimeOf(manager)?.getFactory?.(mime));
}

/** @param {Manager} manager */
function rendermimeOf(manager) {
  return manager?.renderMime ?? manager?.rendermime ?? manager?._rendermime;
}

/**
 * The services in the form that a renderer of final outputs receives.
 *
 * @param {Manager} manager
 * @returns {Services}
 */
export function servicesOfManager(manager) {
  const { parse, typeset } = hostOfManager(manager);
  return { markdownParser: parse && { render: parse }, latexTypesetter: typeset && { typeset } };
}

/**
 * The services made of a parser and a typesetter, either of which may be missing.
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
 * Interrupt the kernel, if the host gives widgets access to it.
 *
 * @param {Manager} manager
 */
export function interruptKernel(manager) {
  return manager?.context?.sessionContext?.session?.kernel?.interrupt?.();
}
