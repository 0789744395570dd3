import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import test from "node:test";

const FOLDER = new URL("../../../qwq_magic/display/static/", import.meta.url);
const NAMES = (await readdir(FOLDER)).filter((name) => name.endsWith(".js"));

// The imports and exports that `join_modules` in Python understands.
const IMPORT = /^import \{[^}]*\} from "\.\/[a-z_]+\.js";$/gm;
const EXPORT = /^export (?:async )?(?:function|class|const) \w+/gm;
const ENTRY = "live_panes.js";

for (const name of NAMES) {
  test(`${name} loads without a page`, async () => {
    await assert.doesNotReject(import(new URL(name, FOLDER).href));
  });
}

for (const name of NAMES.filter((name) => name !== "loader.js")) {
  test(`${name} has imports and exports that can be joined`, async () => {
    const source = await readFile(new URL(name, FOLDER), "utf-8");

    assert.equal(source.match(/^import\b/gm)?.length ?? 0, source.match(IMPORT)?.length ?? 0);
    if (name !== ENTRY) assert.equal(source.match(/^export\b/gm)?.length ?? 0, source.match(EXPORT)?.length ?? 0);
  });
}
