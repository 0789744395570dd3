// An answer, drawn from deltas of one size.
(async () => {
  const { AnswerMarkdown } = await import(arg.url + "answer_markdown.js");
  const { hostOf } = await import(arg.url + "host.js");
  const host = hostOf(nb.rendermime.markdownParser, null);
  const answer = new AnswerMarkdown(host);
  panel.node.append(answer.element);
  const characters = Array.from(arg.text);
  while (characters.length) {
    answer.append(characters.splice(0, arg.size).join(""));
    if (arg.pause) await new Promise((resolve) => setTimeout(resolve, arg.pause));
  }
  await answer.finish();
  const all = (css) => [...answer.element.querySelectorAll(css)];
  const drawn = {
    html: answer.element.innerHTML,
    text: answer.element.innerText,
    links: all("a").map((node) => node.href),
    formulas: all(".qwq-math").map((node) => node.dataset.tex),
    refused: all(".qwq-math-source").map((node) => node.textContent),
  };
  answer.element.remove();
  return drawn;
})()
