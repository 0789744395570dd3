// What is foreign in answers at each of their prefixes, drawn with the host's parser and typesetter.
(async () => {
  const { AnswerMarkdown } = await import(arg.url + "answer_markdown.js");
  const { hostOf } = await import(arg.url + "host.js");
  const host = hostOf(nb.rendermime.markdownParser, nb.rendermime.latexTypesetter);
  const foreign = FOREIGN; // the function of `foreign.js`
  const place = document.createElement("div");
  panel.node.append(place);
  const found = new Set();
  let prefixes = 0;
  for (const [index, text] of arg.texts.entries()) {
    const answer = new AnswerMarkdown(host);
    const part = document.createElement("div");
    part.className = "qwq-part";
    part.append(answer.element);
    place.replaceChildren(part);
    // Every fifth character by character, the others faster.
    const characters = Array.from(text);
    while (characters.length) {
      answer.append(characters.splice(0, index % 5 ? 3 : 1).join(""));
      await answer.drawn();
      prefixes += 1;
      for (const problem of foreign(place, [".qwq-part", true])) found.add(problem);
    }
  }
  place.remove();
  return [prefixes, [...found]];
})()
