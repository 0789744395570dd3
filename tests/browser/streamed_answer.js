// The longest task while an answer streams.
(async () => {
  const { AnswerMarkdown } = await import(arg.url + "answer_markdown.js");
  const { hostOf } = await import(arg.url + "host.js");
  const { markdownParser, latexTypesetter } = nb.rendermime;
  const answer = new AnswerMarkdown(hostOf(markdownParser, latexTypesetter));
  panel.node.append(answer.element);
  window.__longTasks.splice(0);
  for (const delta of arg.deltas) {
    answer.append(delta);
    await answer.drawn();
  }
  await answer.finish();
  answer.element.remove();
  await new Promise((resolve) => setTimeout(resolve, 0));
  return { ms: Math.max(0, ...window.__longTasks) };
})()
