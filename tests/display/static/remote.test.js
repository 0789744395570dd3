import assert from "node:assert/strict";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const DISPLAY = new URL("../../../qwq_magic/display/", import.meta.url);

// As it is installed: the view's modules are in the folder `view` beside the renderer.
const installed = await mkdtemp(join(tmpdir(), "qwq-"));
after(() => rm(installed, { recursive: true }));
await symlink(fileURLToPath(new URL("static", DISPLAY)), join(installed, "view"), "dir");

class Widget {
  node = {};
  classes = [];
  isDisposed = false;
  addClass(name) {
    this.classes.push(name);
  }
  dispose() {
    this.isDisposed = true;
  }
}

const styles = [];
globalThis.window = globalThis;
globalThis.document = {
  currentScript: { src: pathToFileURL(join(installed, "remote.js")).href },
  createElement: () => ({}),
  head: { append: ({ href }) => styles.push(href.split("/").at(-1)) },
};
await import(new URL("labextension/static/remote.js", DISPLAY).href);
const container = globalThis._JUPYTERLAB["qwq-magic"];

test("the container names a module that JupyterLab can start with", async () => {
  container.init({ "@lumino/widgets": { "2.0.0": { get: async () => () => ({ Widget }) } } });
  const module = (await container.get("./mime"))();

  assert.equal(module.__esModule, true);
  assert.equal(module.default.id, "qwq-magic:turn");
  assert.equal(module.default.dataType, "json");
});

test("the renderer is safe, so that it shows untrusted notebooks too", async () => {
  const { rendererFactory } = (await container.get("./mime"))().default;

  assert.equal(rendererFactory.safe, true);
  assert.deepEqual(rendererFactory.mimeTypes, [
    "application/vnd.qwq.turn.v1+json",
    "application/vnd.qwq.comparison.v1+json",
    "application/vnd.qwq.chat.v1+json",
    "application/vnd.qwq.batch.v1+json",
  ]);
});

test("a renderer is a widget of JupyterLab's own class", async () => {
  const { rendererFactory } = (await container.get("./mime"))().default;
  const renderer = rendererFactory.createRenderer({});

  assert.ok(renderer instanceof Widget);
  assert.deepEqual(renderer.classes, ["qwq-output"]);
  renderer.dispose();
  assert.equal(renderer.isDisposed, true);
});

test("the styles of the view are loaded with it", () => {
  assert.deepEqual(styles.slice(0, 5), ["turn_view.css", "inspector.css", "comparison.css", "chat.css", "batch.css"]);
});

test("a host without shared widgets gets a clear error", async () => {
  container.init({});

  await assert.rejects(container.get("./mime"), /does not share @lumino\/widgets/);
});
