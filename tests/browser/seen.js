// What the eye sees of drawn answers, and of the HTML that other hosts make of saved ones.
(async () => {
  const { AnswerMarkdown } = await import(arg.url + "answer_markdown.js");
  const { hostOf } = await import(arg.url + "host.js");
  const host = hostOf(nb.rendermime.markdownParser, null);
  const folded = (text) => text.replace(/\s+/g, " ").trim();
  const bare = (tex) =>
    tex
      .replace(/^\s*(?:\$\$|\$|\\\(|\\\[)([\s\S]*?)(?:\$\$|\$|\\\)|\\\])\s*$/, "$1")
      .replace(/(?<!\\)%[^\n]*/g, "")
      .replace(/\\vert\s?/g, "|")
      .replace(/\\Vert\s?/g, "\\|")
      .replace(/\s+/g, "")
      .replace(/(?:\\\\)+$/, "");
  // Saved math is text between dollar signs; a sign that is text has an element of its own.
  const markMath = (root) => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) found.push(texts.currentNode);
    for (const node of found) {
      if (node.parentElement.closest("code, pre, .qwq-math")) continue;
      const parts = node.data.split(/(\$\$[^$]+\$\$|\$(?:[^$\\]|\\[^])+\$)/);
      if (parts.length < 2) continue;
      node.replaceWith(
        ...parts.map((part, index) => {
          if (index % 2 === 0) return part;
          const math = document.createElement("span");
          math.className = "qwq-math";
          math.textContent = part;
          return math;
        }),
      );
    }
  };
  const look = (drawn, isSaved) => {
    const root = drawn.cloneNode(true);
    const all = (css) => [...root.querySelectorAll(css)];
    all(".qwq-code-bar, .jp-InternalAnchorLink, .anchor-link").forEach((node) => node.remove());
    // A formula that may not be typeset is shown as its source, saved ones as code.
    all(".qwq-math-source").forEach((node) => {
      const code = document.createElement("code");
      code.textContent = folded(node.textContent);
      node.replaceWith(code);
    });
    if (isSaved) markMath(root);
    all("br").forEach((node) => node.replaceWith(node.closest("td, th") ? "⏎" : " "));
    const math = all(".qwq-math").map((node) => bare(node.dataset.tex ?? node.textContent));
    all(".qwq-math").forEach((node) => node.replaceWith("∎"));
    const code = all("pre").map((node) => node.textContent.replace(/\n+$/, ""));
    const spans = all("code").filter((node) => !node.closest("pre")).map((node) => folded(node.textContent));
    const texts = (css) => all(css).map((node) => folded(node.textContent));
    const seen = {
      math,
      code: [...code, ...spans],
      links: all("a[href]").map((node) => `${folded(node.textContent)} → ${decodeURI(new URL(node.getAttribute("href"), "https://page.example").href)}`),
      cells: texts("td, th"),
      rows: all("tr").map((row) => row.children.length),
      strong: texts("strong, b").filter(Boolean),
      em: texts("em, i").filter(Boolean),
      del: texts("del, s").filter(Boolean),
      headings: all("h1, h2, h3, h4, h5, h6").map((node) => `${node.localName} ${folded(node.textContent)}`),
      items: all("li").length,
      quotes: all("blockquote").length,
    };
    all("br, p, li, td, th, pre, blockquote, h1, h2, h3, h4, h5, h6, div").forEach((node) => {
      node.before(" ");
      node.after(" ");
    });
    // Saved, a space keeps two formulas in a row apart.
    return { text: folded(root.textContent).replace(/∎ (?=∎)/g, "∎"), ...seen };
  };
  const results = [];
  for (const { deltas, saved } of arg.answers) {
    const answer = new AnswerMarkdown(host);
    panel.node.append(answer.element);
    for (const delta of deltas) {
      answer.append(delta);
      await answer.drawn();
    }
    const live = look(answer.element, false);
    await answer.finish();
    const final = look(answer.element, false);
    answer.element.remove();
    const others = Object.entries(saved).map(([name, html]) => [
      name,
      look(new DOMParser().parseFromString(html, "text/html").body, true),
    ]);
    results.push({ live, final, ...Object.fromEntries(others) });
  }
  return results;
})()
