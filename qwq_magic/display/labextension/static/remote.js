// The prebuilt mime renderer: a module-federation container written by hand, since a
// renderer this small needs no bundler. It loads the very modules the live panes use.

(() => {
  const TURN = "application/vnd.qwq.turn.v1+json";
  const COMPARISON = "application/vnd.qwq.comparison.v1+json";
  const CHAT = "application/vnd.qwq.chat.v1+json";
  const here = document.currentScript.src;
  let sharedScope = {};
  let views = null;

  function loadViews() {
    const folder = new URL("./view/", here);
    for (const name of ["turn_view.css", "inspector.css", "comparison.css", "chat.css"]) {
      const style = document.createElement("link");
      style.rel = "stylesheet";
      style.href = new URL(name, folder).href;
      document.head.append(style);
    }
    const modules = ["turn_view.js", "comparison_view.js", "saved_chat.js"].map((name) => import(new URL(name, folder).href));
    views ??= Promise.all(modules);
    return views;
  }

  async function sharedModule(name) {
    return (await Object.values(sharedScope[name])[0].get())();
  }

  async function mime() {
    const [{ Widget }, [{ mountTurn }, { mountComparison }, { mountSavedChat }]] = await Promise.all([sharedModule("@lumino/widgets"), loadViews()]);

    class TurnRenderer extends Widget {
      constructor(options) {
        super();
        this.addClass("qwq-output");
        this.services = options;
        this.mounted = null;
      }

      // Drawn before the promise settles: the output area shows it with its full height.
      renderModel(model) {
        const { data } = model;
        // A chat that lives here has just put this data there itself.
        if (CHAT in data && this.mounted?.keeps?.(data[CHAT])) return Promise.resolve();
        this.mounted?.dispose();
        if (CHAT in data) this.mounted = mountSavedChat(this.node, data[CHAT], this.services, (bundle) => model.setData({ data: bundle }));
        else if (COMPARISON in data) this.mounted = mountComparison(this.node, data[COMPARISON]);
        else this.mounted = mountTurn(this.node, data[TURN], this.services);
        return Promise.resolve();
      }

      dispose() {
        this.mounted?.dispose();
        super.dispose();
      }
    }

    const rendererFactory = {
      safe: true,
      mimeTypes: [TURN, COMPARISON, CHAT],
      createRenderer: (options) => new TurnRenderer(options),
    };
    return {
      __esModule: true,
      default: { id: "qwq-magic:turn", rank: 0, dataType: "json", rendererFactory },
    };
  }

  (window._JUPYTERLAB ??= {})["qwq-magic"] = {
    init: (scope) => {
      sharedScope = scope;
    },
    get: async () => {
      const module = await mime();
      return () => module;
    },
  };
})();
