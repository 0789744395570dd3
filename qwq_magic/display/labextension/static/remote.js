// The prebuilt mime renderer: a module-federation container written by hand, since a
// renderer this small needs no bundler. It loads the very modules the live panes use.

(() => {
  const MIME_TYPE = "application/vnd.qwq.turn.v1+json";
  const here = document.currentScript.src;
  let sharedScope = {};
  let view = null;

  function loadView() {
    const folder = new URL("./view/", here);
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = new URL("turn_view.css", folder).href;
    document.head.append(style);
    view ??= import(new URL("turn_view.js", folder).href);
    return view;
  }

  async function sharedModule(name) {
    return (await Object.values(sharedScope[name])[0].get())();
  }

  async function mime() {
    const [{ Widget }, { mountTurn }] = await Promise.all([sharedModule("@lumino/widgets"), loadView()]);

    class TurnRenderer extends Widget {
      constructor(options) {
        super();
        this.addClass("qwq-output");
        this.services = options;
        this.mounted = null;
      }

      // Drawn before the promise settles: the output area shows it with its full height.
      renderModel(model) {
        this.mounted?.dispose();
        this.mounted = mountTurn(this.node, model.data[MIME_TYPE], this.services);
        return Promise.resolve();
      }

      dispose() {
        this.mounted?.dispose();
        super.dispose();
      }
    }

    const rendererFactory = {
      safe: true,
      mimeTypes: [MIME_TYPE],
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
