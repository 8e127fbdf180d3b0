// Suggests tags while one is typed: a list below the field, by the pattern of the WAI-ARIA combobox.

const field = document.querySelector("#tags");
const list = document.createElement("ul");
let asking, timer;

list.id = "suggestions";
list.className = "suggestions";
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", "Tags");
list.hidden = true;
field.after(list);
for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]])
  field.setAttribute(name, value);

// The tag in which the caret stands: between spaces or commas.
function word() {
  const before = field.value.slice(0, field.selectionStart).match(/[^\s,]*$/)[0];
  const after = field.value.slice(field.selectionStart).match(/^[^\s,]*/)[0];
  const start = field.selectionStart - before.length;
  return { start, end: start + before.length + after.length, text: before };
}

async function suggest() {
  asking?.abort();
  const { text } = word();
  if (!text) return show([]);
  asking = new AbortController();
  try {
    const response = await fetch(`${root}/tag-suggestions?q=${encodeURIComponent(text)}`, { signal: asking.signal });
    if (response.ok && !response.redirected) show(await response.json());
  } catch {
    // Superseded by a newer one, or no connection: tags can be typed all the same.
  }
}

function show(names) {
  const used = new Set(field.value.toLowerCase().split(/[\s,]+/));
  const items = names.filter((name) => !used.has(name.toLowerCase())).map((name, number) => {
    const item = document.createElement("li");
    item.id = `suggestion-${number}`;
    item.setAttribute("role", "option");
    item.dir = "auto";
    item.textContent = name;
    return item;
  });
  list.replaceChildren(...items);
  list.hidden = !items.length;
  field.setAttribute("aria-expanded", String(!list.hidden));
  choose(null);
}

function choose(item) {
  for (const one of list.children) one.setAttribute("aria-selected", String(one === item));
  if (item) field.setAttribute("aria-activedescendant", item.id);
  else field.removeAttribute("aria-activedescendant");
}

function take(item) {
  const { start, end } = word();
  const rest = field.value.slice(end);
  field.setRangeText(item.textContent + (rest ? "" : " "), start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  show([]);
}

field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(suggest, 150);
});

field.addEventListener("keydown", (event) => {
  if (list.hidden || event.isComposing) return;
  const items = [...list.children];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose(items.at((at + step + (at < 0 && step < 0 ? 1 : 0)) % items.length));
  else if (event.key === "Escape") show([]);
  else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) take(items[at]);
  else return;
  event.preventDefault();
});

// Before the field loses the focus.
list.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  if (event.target.matches("li")) take(event.target);
});
field.addEventListener("blur", () => show([]));
