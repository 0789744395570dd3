// Every navigation is noted, with the link that was clicked, and stopped.
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
  window.jupyterapp?.commands.addCommand(command, {
    execute: (args) => void window.__commands.push(args.n ?? -1),
  });
}
