// What the views under a selector are made of, without the drawn answers, which have a check of
// their own: elements, the names of their attributes, their classes.
(place, selector) => {
  // Controls, marks that reorder, and letters that are not seen.
  // eslint-disable-next-line no-control-regex -- they are what it looks for
  const hidden = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|[\u202a-\u202e\u2066-\u2069]|\udb40[\udc00-\udc7f]/;
  const shape = new Set();
  for (const root of place.querySelectorAll(selector)) {
    if (hidden.test(root.textContent)) shape.add(`hidden in ${root.textContent.slice(0, 80)}`);
    for (const node of root.querySelectorAll("*")) {
      if (node.closest(".qwq-drawn")) continue;
      shape.add(`<${node.localName}>`);
      for (const { name } of node.attributes) shape.add(`${node.localName}[${name}]`);
      for (const word of node.classList) shape.add(`${node.localName}.${word}`);
    }
  }
  return [...shape];
}
