// Suggests tags, and after [[ the titles of notes, while one is typed: a list at the field, by the pattern of the WAI-ARIA
// combobox. Nothing is chosen until an arrow key or the pointer chooses it.

const TAGS = {
  name: "Tags",
  address: "/tag-suggestions",
  begins: /[^\s,]*$/, // between spaces or commas
  ends: /^[^\s,]*/,
  take: (tag, isLast) => tag + (isLast ? " " : ""),
  fits: (tag, text) => !text.toLowerCase().split(/[\s,]+/).includes(tag.toLowerCase()),
};

const TITLES = {
  name: "Notes",
  address: "/note-titles",
  begins: /(?<=\[\[)[^\[\]|#\n]*$/,
  ends: /^(\]\])?/,
  take: (title) => `${title}]]`,
  fits: () => true,
};

let form;

function begin() {
  if (form === document.querySelector("#note")) return;
  form = document.querySelector("#note");
  if (!form) return;
  suggestFor(form.elements.tags, TAGS);
  suggestFor(form.elements.body, TITLES);
}

function suggestFor(field, { name, address, begins, ends, take, fits }) {
  const list = document.createElement("ul");
  let asking, timer;

  list.id = `${field.id}-suggestions`;
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", name);
  list.hidden = true;
  field.after(list);

  // What is being typed, and where it stands; null where nothing is to be suggested.
  function typed() {
    const before = field.value.slice(0, field.selectionStart).match(begins);
    const after = field.value.slice(field.selectionEnd).match(ends)[0];
    return before?.[0].trim() ? { text: before[0], start: before.index, end: field.selectionEnd + after.length } : null;
  }

  async function suggest() {
    asking?.abort();
    const text = typed()?.text;
    if (!text) return show([]);
    asking = new AbortController();
    try {
      const response = await fetch(`${root}${address}?q=${encodeURIComponent(text)}`, { signal: asking.signal });
      if (response.ok && !response.redirected) show(await response.json());
    } catch {
      // Superseded by a newer one, or no connection: everything can be typed all the same.
    }
  }

  function show(words) {
    const items = words.filter((word) => fits(word, field.value)).map((word, number) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${number}`;
      item.setAttribute("role", "option");
      item.dir = "auto";
      item.textContent = word;
      return item;
    });
    list.replaceChildren(...items);
    list.hidden = !items.length;
    // Only while there is a list: otherwise it is a plain field, and is read out as one.
    for (const [attribute, value] of [["role", "combobox"], ["aria-expanded", "true"], ["aria-controls", list.id]]) {
      if (list.hidden) field.removeAttribute(attribute);
      else field.setAttribute(attribute, value);
    }
    choose(null);
  }

  function choose(item) {
    for (const one of list.children) one.setAttribute("aria-selected", String(one === item));
    if (item) field.setAttribute("aria-activedescendant", item.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function accept(item) {
    const place = typed();
    if (place) {
      field.setRangeText(take(item.textContent, place.end === field.value.length), place.start, place.end, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    show([]);
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, 150);
  });
  // Before other keys of the field act.
  form.addEventListener(
    "keydown",
    (event) => {
      if (event.target !== field || list.hidden || event.isComposing) return;
      const items = [...list.children];
      const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) choose(items.at((at + step + (at < 0 && step < 0 ? 1 : 0)) % items.length));
      else if (event.key === "Escape") show([]);
      else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) accept(items[at]);
      else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
  // Before the field loses the focus.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    if (event.target.matches("li")) accept(event.target);
  });
  field.addEventListener("blur", () => {
    clearTimeout(timer);
    asking?.abort();
    show([]);
  });
}

document.addEventListener("page", begin);
begin();
