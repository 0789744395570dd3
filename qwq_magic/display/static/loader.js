// The module of every live pane: it loads the view once per page.

/** @import { KernelMessage, WidgetModel } from "./types.js" */
/** @typedef {typeof import("./live_panes.js")} View */
/** @typedef {Map<string, Promise<View>>} Modules */

const PAGE = Symbol.for("qwq_magic.modules");

/** @param {WidgetModel} model */
function load(model) {
  const page = /** @type {Record<symbol, Modules | undefined>} */ (globalThis);
  /** @type {Modules} */
  const modules = (page[PAGE] ??= new Map());
  const digest = model.get("digest");
  const known = modules.get(digest);
  if (known) return known;
  const view = fetchView(model, digest);
  modules.set(digest, view);
  view.catch(() => modules.delete(digest)); // the next pane tries again
  return view;
}

/**
 * @param {WidgetModel} model
 * @param {string} digest
 */
async function fetchView(model, digest) {
  const assets = await model.widget_manager.get_model(model.get("assets"));
  const url = URL.createObjectURL(new Blob([assets.get("source")], { type: "text/javascript" }));
  try {
    /** @type {View} */
    const view = await import(url);
    view.useStyle(assets.get("style"), digest);
    return view;
  } finally {
    URL.revokeObjectURL(url);
  }
}

export default {
  /** @param {{ model: WidgetModel }} widget */
  initialize({ model }) {
    // Keep messages that arrive before the view is loaded.
    /** @type {KernelMessage[]} */
    const inbox = [];
    const keep = (/** @type {KernelMessage} */ message) => inbox.push(message);
    model.on("msg:custom", keep);
    const started = load(model).then((view) => {
      model.off("msg:custom", keep);
      return view.start(model, inbox);
    });
    return () => started.then((stop) => stop());
  },

  /** @param {{ model: WidgetModel, el: HTMLElement }} widget */
  async render({ model, el }) {
    return (await load(model)).render({ model, el });
  },
};
