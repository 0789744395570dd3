import js from "@eslint/js";
import globals from "globals";

// What a model wrote must never become markup or code. These are the ways in which a browser
// turns a string into either.
const MARKUP = "Build nodes with `element`: a string must never become markup.";

const unsafeProperties = [
  "createContextualFragment",
  "innerHTML",
  "insertAdjacentHTML",
  "outerHTML",
  "parseHTMLUnsafe",
  "setHTML",
  "setHTMLUnsafe",
  "srcdoc",
].map((property) => ({ property, message: MARKUP }));

const unsafeSyntax = [
  { selector: "NewExpression[callee.name='DOMParser']", message: MARKUP },
  { selector: "CallExpression > Literal[value=/^(script|iframe|object|embed|base)$/i]", message: "No element that loads or runs code." },
  { selector: "Literal[value=/^(on[a-z]+|srcdoc)$/]", message: "No attribute that holds code or markup." },
  { selector: "ImportExpression", message: "The modules are joined: `loader.js` and `remote.js` alone load code." },
];

export default [
  { ignores: ["node_modules/", "build/", "dist/", ".venv/"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: ["qwq_magic/**/*.js"],
    languageOptions: { ecmaVersion: 2022, globals: globals.browser },
    rules: {
      "no-console": "error",
      "no-eval": ["error", { allowIndirect: false }],
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "no-restricted-properties": [
        "error",
        ...unsafeProperties,
        { object: "document", property: "write", message: MARKUP },
        { object: "document", property: "writeln", message: MARKUP },
      ],
      "no-restricted-syntax": ["error", ...unsafeSyntax],
    },
  },
  {
    files: ["qwq_magic/display/static/loader.js", "qwq_magic/display/labextension/static/remote.js"],
    rules: {
      "no-restricted-syntax": ["error", ...unsafeSyntax.filter(({ selector }) => selector !== "ImportExpression")],
    },
  },
  {
    files: ["qwq_magic/display/labextension/static/remote.js"],
    languageOptions: { sourceType: "script" },
  },
  {
    files: ["tests/display/static/**/*.js"],
    languageOptions: { globals: globals.node },
  },
  {
    // One expression each, in which `Notebook.js` and the tests name these.
    files: ["tests/browser/**/*.js"],
    languageOptions: {
      sourceType: "script",
      globals: { ...globals.browser, FOREIGN: "readonly", arg: "readonly", nb: "readonly", panel: "readonly" },
    },
  },
];
