// The prebuilt mime renderer: a module-federation container written by hand, since a renderer
// this small needs no bundler. It loads the same modules as the live panes.

(() => {
  /** @import { MimeBundle, Mounted, Services } from "../../static/types.js" */

  /**
   * @typedef {object} Model
   * @property {MimeBundle} data
   * @property {(options: { data: MimeBundle }) => void} setData
   */
  /** @typedef {Mounted & { keeps?(data: unknown): boolean }} MountedHere */
  /** @typedef {Record<string, Record<string, { get(): Promise<() => unknown> }>>} SharedScope */
  /** @typedef {[typeof import("../../static/turn_view.js"), typeof import("../../static/comparison_view.js"), typeof import("../../static/saved_chat.js"), typeof import("../../static/batch_view.js")]} Views */
  /** @typedef {{ node: HTMLElement, addClass(name: string): void, dispose(): void }} LuminoWidget */

  const TURN = "application/vnd.qwq.turn.v1+json";
  const COMPARISON = "application/vnd.qwq.comparison.v1+json";
  const CHAT = "application/vnd.qwq.chat.v1+json";
  const BATCH = "application/vnd.qwq.batch.v1+json";
  const here = /** @type {HTMLScriptElement} */ (document.currentScript).src;
  /** @type {SharedScope} */
  let sharedScope = {};
  /** @type {Promise<Views> | null} */
  let views = null;

  /** @returns {Promise<Views>} */
  function loadViews() {
    const folder = new URL("./view/", here);
    for (const name of ["turn_view.css", "inspector.css", "comparison.css", "chat.css", "batch.css"]) {
      const style = document.createElement("link");
      style.rel = "stylesheet";
      style.href = new URL(name, folder).href;
      document.head.append(style);
    }
    const modules = ["turn_view.js", "comparison_view.js", "saved_chat.js", "batch_view.js"].map((name) => import(new URL(name, folder).href));
    views ??= /** @type {Promise<Views>} */ (Promise.all(modules));
    return views;
  }

  /**
   * A module that JupyterLab shares, in the first of its versions.
   *
   * @param {string} name
   */
  async function sharedModule(name) {
    const [version] = Object.values(sharedScope[name] ?? {});
    if (!version) throw new Error(`JupyterLab does not share ${name}`);
    return (await version.get())();
  }

  async function mime() {
    const [shared, [{ mountTurn }, { mountComparison }, { mountSavedChat }, { mountBatch }]] = await Promise.all([sharedModule("@lumino/widgets"), loadViews()]);
    const { Widget } = /** @type {{ Widget: new () => LuminoWidget }} */ (shared);

    class TurnRenderer extends Widget {
      /** @type {MountedHere | null} */
      mounted = null;

      /** @param {Services} services */
      constructor(services) {
        super();
        this.addClass("qwq-output");
        this.services = services;
      }

      /**
       * Draw before the promise settles: the output area is shown with its full height.
       *
       * @param {Model} model
       */
      renderModel(model) {
        const { data } = model;
        // The live chat, or the labels, that are shown here have saved this data themselves.
        if (CHAT in data && this.mounted?.keeps?.(data[CHAT])) return Promise.resolve();
        if (TURN in data && this.mounted?.keeps?.(data[TURN])) return Promise.resolve();
        this.mounted?.dispose();
        if (CHAT in data) this.mounted = mountSavedChat(this.node, data[CHAT], this.services, (bundle) => model.setData({ data: bundle }));
        else if (COMPARISON in data) this.mounted = mountComparison(this.node, data[COMPARISON]);
        else if (BATCH in data) this.mounted = mountBatch(this.node, data[BATCH], this.services);
        else this.mounted = mountTurn(this.node, data[TURN], { ...this.services, save: (turn) => model.setData({ data: { ...model.data, [TURN]: turn } }) });
        return Promise.resolve();
      }

      /** @override */
      dispose() {
        this.mounted?.dispose();
        super.dispose();
      }
    }

    const rendererFactory = {
      safe: true,
      mimeTypes: [TURN, COMPARISON, CHAT, BATCH],
      createRenderer: (/** @type {Services} */ options) => new TurnRenderer(options),
    };
    return {
      __esModule: true,
      default: { id: "qwq-magic:turn", rank: 0, dataType: "json", rendererFactory },
    };
  }

  /**
   * Runs the cells that a view asks for, below the one that shows it; see cell_runner.js.
   *
   * @typedef {{ node: HTMLElement }} CellWidget
   * @typedef {{ widgets: CellWidget[], activeCellIndex: number, deselectAll(): void }} NotebookWidget
   * @typedef {{ insertCell(index: number, cell: object): void }} SharedNotebook
   * @typedef {{ node: HTMLElement, content: NotebookWidget, model: { sharedModel: SharedNotebook } | null, sessionContext: object }} Panel
   * @typedef {{ find(wanted: (panel: Panel) => boolean): Panel | undefined }} Tracker
   */
  async function cells() {
    const shared = await sharedModule("@jupyterlab/notebook");
    const { INotebookTracker, NotebookActions } = /** @type {{ INotebookTracker: object, NotebookActions: { run(notebook: NotebookWidget, session: object): Promise<boolean> } }} */ (shared);

    /**
     * @param {CustomEvent<{ code?: unknown }>} event
     * @param {Tracker} tracker
     */
    function runCell(event, tracker) {
      const { code } = event.detail ?? {};
      const node = /** @type {Node} */ (event.target);
      // Only magics of ours, whatever else sends such an event: a cell that is one line, or a prompt.
      if (typeof code !== "string" || !/^(?:%%qwq [^\n]*(?:\n|$)|%qwq_(?:answer|continue|inspect|label|probe) [^\r\n]*$)/.test(code)) return;
      const panel = tracker.find((each) => each.node.contains(node));
      const index = panel?.content.widgets.findIndex((cell) => cell.node.contains(node)) ?? -1;
      if (!panel?.model || index < 0) return;
      event.preventDefault();
      panel.model.sharedModel.insertCell(index + 1, { cell_type: "code", source: code, metadata: {} });
      panel.content.activeCellIndex = index + 1;
      panel.content.deselectAll();
      panel.content.widgets[index + 1]?.node.scrollIntoView({ block: "center" });
      void NotebookActions.run(panel.content, panel.sessionContext);
    }

    return {
      __esModule: true,
      default: {
        id: "qwq-magic:cells",
        autoStart: true,
        requires: [INotebookTracker],
        activate: (/** @type {unknown} */ _app, /** @type {Tracker} */ tracker) => {
          addEventListener("qwq-run-cell", (event) => runCell(/** @type {CustomEvent} */ (event), tracker));
        },
      },
    };
  }

  const page = /** @type {Window & { _JUPYTERLAB?: Record<string, object> }} */ (window);
  (page._JUPYTERLAB ??= {})["qwq-magic"] = {
    init: (/** @type {SharedScope} */ scope) => {
      sharedScope = scope;
    },
    get: async (/** @type {string} */ name) => {
      const module = await (name === "./cells" ? cells() : mime());
      return () => module;
    },
  };
})();
