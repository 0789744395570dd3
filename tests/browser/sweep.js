// Point at, focus and click everything under a node; links lose their target first.
(root) => {
  const fire = (node, type, bubbles = true) =>
    node.dispatchEvent(new MouseEvent(type, { bubbles, cancelable: true, composed: true }));
  const focusable = "a, button, input, select, textarea, summary, iframe, [tabindex], [onfocus]";
  const sweep = (node) => {
    window.__clicked = node;
    node.removeAttribute("target");
    for (const type of ["pointerover", "mouseover", "mousemove"]) fire(node, type);
    for (const type of ["pointerenter", "mouseenter"]) fire(node, type, false);
    for (const type of ["pointerdown", "mousedown", "mouseup"]) fire(node, type);
    if (node.matches(focusable)) node.focus?.({ preventScroll: true });
    if (node.click) node.click();
    else fire(node, "click");
  };
  let swept = 0;
  const walk = (place) => {
    for (const node of place.querySelectorAll("*")) {
      if (node.shadowRoot) walk(node.shadowRoot);
      // A letter of a formula has no more to it than the formula.
      const inFormula = node.closest("mjx-container") !== null;
      if (inFormula && !node.matches("mjx-container, a, [href], [onclick]")) continue;
      swept += 1;
      sweep(node);
    }
  };
  walk(root);
  return swept;
}
