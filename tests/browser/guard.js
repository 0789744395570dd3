// Every navigation is noted, with the link that was clicked, and stopped; so is every cell that a
// button would run.
(command) => {
  window.__clicked = null;
  window.__navigations = [];
  window.__commands = [];
  window.addEventListener("pointerdown", (event) => (window.__clicked = event.target), true);
  navigation.addEventListener("navigate", (event) => {
    const { url, sameDocument } = event.destination;
    if (sameDocument && !event.hashChange) return;  // the host writes its own address
    const link = window.__clicked?.closest?.("a") ?? window.__clicked;
    // The host's own, at every heading.
    if (link?.matches?.(".jp-InternalAnchorLink, .anchor-link")) return;
    window.__navigations.push({ url, shown: `${link?.textContent ?? ""} ${link?.title ?? ""}` });
    if (event.cancelable) event.preventDefault();
  });
  // Before the extension that runs the cells of our buttons.
  window.__cells = [];
  window.addEventListener("qwq-run-cell", (event) => {
    window.__cells.push(event.detail.code);
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  window.jupyterapp?.commands.addCommand(command, {
    execute: (args) => void window.__commands.push(args.n ?? -1),
  });
}
