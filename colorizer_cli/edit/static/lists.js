// The lists beside the photo: hints, and the reference photos whose palettes are used.

const button = (text) => {
  const made = document.createElement("button");
  made.type = "button";
  made.append(text);
  return made;
};

const items = (contents) =>
  contents.map((content) => {
    const item = document.createElement("li");
    item.append(...content);
    return item;
  });

/** `open` is called with the id of the hint that was chosen. */
export function listHints(root, hints, current, open) {
  const focused = document.activeElement?.closest("#hints button")?.dataset.id;
  const rows = hints.map((hint, i) => {
    const row = button(hint.comment ? `${i + 1}: ${hint.comment}` : `Hint ${i + 1}`);
    const chip = document.createElement("i");
    chip.style.setProperty("--color", hint.color);
    row.prepend(chip);
    row.dataset.id = hint.id;
    row.setAttribute("aria-current", String(hint.id === current));
    row.addEventListener("click", () => open(hint.id));
    return [row];
  });
  root.replaceChildren(...items(rows));
  if (focused) root.querySelector(`[data-id="${focused}"]`)?.focus();
}

/** `references` are numbers of `names`; `remove` is called with one of them. */
export function listReferences(root, references, names, remove) {
  const rows = references.map((number) => {
    const name = document.createElement("span");
    const cross = button("×");
    name.textContent = names[number];
    cross.className = "quiet";
    cross.setAttribute("aria-label", `Remove ${names[number]}`);
    cross.addEventListener("click", () => remove(number));
    return [name, cross];
  });
  root.replaceChildren(...items(rows));
}
