// What is under a selector and not on the lists: in our own views, or in the host's
// rendering of the saved Markdown. What its typesetter makes of a formula has rules of its own.
(place, [selector, ours]) => {
  const common =
    "div section span button p h1 h2 h3 h4 h5 h6 strong em b i del s code pre blockquote " +
    "ul ol li hr br table thead tbody tr th td a";
  const tags = new Set((common + (ours ? " img" : " details summary sub")).split(" "));
  const names = new Set((
    "class href title target rel type tabindex role start align " + (ours ?
      "dir src alt id hidden aria-label aria-expanded aria-controls aria-pressed disabled " +
      "data-state data-tex data-typeset data-drawn" :
      "open id data-jupyter-id data-numbering-entry")
  ).split(" "));
  const found = [];
  const check = (node, root, box) => {
    const name = node.localName;
    if (!tags.has(name)) return `<${name}>`;
    for (const { name: attribute, value } of node.attributes) {
      if (!names.has(attribute)) return `${name}[${attribute}=${value}]`;
    }
    if (ours && node.id && !node.id.startsWith("qwq-reasoning-")) return `id=${node.id}`;
    if (!ours && node.id && !/^h[1-6]$/.test(name)) return `id=${node.id}`;
    if (name === "button" && !ours) return "<button>";
    for (const word of node.classList) {
      const known = ours ? /^(?:qwq-|language-|\u037c|cm-|tok-|hljs)/
        : /^(?:language-|cm-|\u037c|jp-InternalAnchorLink$|numbering-entry$)/;
      if (!known.test(word)) return `${name}.${word}`;
    }
    const href = node.getAttribute("href");
    const anchor = !ours && node.matches(".jp-InternalAnchorLink");
    if (href && !anchor && !/^(?:https?:\/\/[a-z0-9]|mailto:)/.test(href)) return `href=${href}`;
    if (href && !anchor && !/noopener/.test(node.rel)) return `rel=${node.rel}`;
    if (name === "img" && !node.src.startsWith("data:image/")) return `src=${node.src}`;
    const { position } = getComputedStyle(node);
    if (position === "fixed") return `${name} is fixed`;
    const rect = node.getBoundingClientRect();
    const leaves = rect.top < box.top - 40 || rect.left < box.left - 60;
    if (rect.width && leaves) return `${name} is outside`;
    return "";
  };
  // Controls, marks that reorder, and letters that are not seen.
  // eslint-disable-next-line no-control-regex -- they are what it looks for
  const hidden = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|[\u202a-\u202e\u2066-\u2069]|\udb40[\udc00-\udc7f]/;
  for (const root of place.querySelectorAll(selector)) {
    const box = root.getBoundingClientRect();
    const text = root.textContent;
    if (hidden.test(text)) found.push(`hidden characters in ${text.slice(0, 80)}`);
    for (const node of root.querySelectorAll("*")) {
      if (node.closest("mjx-container")) {
        if (node.matches("a, img, image, script, iframe, object, [href], [onclick], [src]")) {
          found.push(node.outerHTML.slice(0, 200));
        } else if (node.matches("mjx-container")) {
          const rect = node.getBoundingClientRect();
          const tall = rect.height > 2000 && !node.closest(".qwq-math-display, .qwq-math-large");
          if (rect.top < box.top - 40 || rect.left < box.left - 60 || tall) {
            found.push(`a formula is outside: ${node.textContent.slice(0, 80)}`);
          }
        } else if (!node.closest("mjx-assistive-mml, .qwq-math-large, .qwq-math-display")) {
          const rect = node.getBoundingClientRect();
          const leaves = rect.top < box.top - 40 || rect.bottom > box.bottom + 40
            || rect.left < box.left - 60;
          if (rect.width && leaves) {
            const formula = node.closest("mjx-container").textContent;
            found.push(`a part of a formula is outside: ${formula.slice(0, 80)}`);
          }
        }
        continue;
      }
      const problem = check(node, root, box);
      if (problem) found.push(problem);
    }
  }
  return [...new Set(found)];
}
