// Names of languages that may be passed to a host's Markdown parser, which highlights their code.
//
// Python reads the list from this file for saved answers. Hosts draw, typeset, load or run code
// with other names (mermaid, math, geojson, vega, dot, …), of which a complete list does not exist.

const INERT_LANGUAGES = String.raw`ada|apl|asm|assembly|awk|bash|bat|batch|bibtex|brainfuck|c|c\+\+|c#|cc|clj|clojure|cmake|cmd|cobol|coffee|coffeescript|commonlisp|console|cpp|cql|crystal|cs|csharp|csh|css|csv|cuda|cxx|cypher|cython|d|dart|diff|docker|dockerfile|ebnf|ecl|eiffel|elisp|elixir|elm|erl|erlang|ex|f#|f90|factor|fish|forth|fortran|fs|fsharp|gas|gherkin|git|glsl|go|golang|gql|gradle|graphql|groovy|h|haskell|haxe|hcl|hlsl|hpp|hs|html|http|idl|idris|ini|ipython|ipython3|java|javascript|jinja2?|jl|js|json|json5|jsonc|jsonl|jsx|julia|kotlin|ksh|kt|latex|less|lisp|livescript|log|lua|m|make|makefile|markdown|mathematica|matlab|md|ml|mojo|mysql|nasm|nginx|nim|nix|node|none|objc|objective-c|objectivec|ocaml|octave|output|pascal|patch|pgsql|perl|php|pl|plain|plaintext|plsql|postgresql|powershell|prolog|properties|proto|protobuf|ps1|puppet|py|py3|pycon|pyi|python|python2|python3|pyx|q|r|racket|raku|rb|regex|rest|rs|rst|ruby|rust|s|sas|sass|scala|scheme|scss|sed|sh|shell|shell-session|smalltalk|solidity|sparql|sql|sqlite|stata|sv|svelte|swift|systemverilog|tcl|terraform|tex|text|tf|toml|ts|tsql|tsx|turtle|txt|typescript|v|vala|vb|vba|vbnet|verilog|vhdl|vim|vue|wasm|wat|xml|yaml|yml|zig|zsh`;

const INERT = new RegExp(`^(?:${INERT_LANGUAGES})$`, "i");

/**
 * May this name be passed to a parser?
 *
 * @param {string} name
 */
export function isInertLanguage(name) {
  return INERT.test(name);
}
