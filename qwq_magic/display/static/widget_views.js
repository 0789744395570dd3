// Views of other widgets, placed inside a view of ours.

/** @import { WidgetManager, WidgetModel } from "./types.js" */

const RETRIES = 20;
const RETRY_MS = 250;

/**
 * @param {string} id
 * @param {WidgetManager} manager
 */
export async function viewOf(id, manager) {
  return manager.create_view(await modelOf(id, manager));
}

/**
 * Retry, since a page that is loading may know the outer widget before it knows the inner ones.
 *
 * @param {string} id
 * @param {WidgetManager} manager
 * @returns {Promise<WidgetModel>}
 */
async function modelOf(id, manager) {
  for (let left = RETRIES; ; left--) {
    try {
      return await manager.get_model(id);
    } catch (error) {
      if (!left) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
