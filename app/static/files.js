// Pictures and files in the text of a note: pasted, dropped or chosen, and sent while one writes on. A placeholder stands
// in the text meanwhile, so the draft remembers it; what fails can be tried again, and takes no text with it.

const PATIENCE = 60_000; // milliseconds in which nothing goes on: a connection may be lost without a word
let underWay = 0;
let waiting; // a form that is sent when all files have arrived

const form = () => document.querySelector("#note");
const text = () => form().elements.body;

function listOf(field) {
  let list = field.parentElement.querySelector("ul");
  if (!list) {
    list = document.createElement("ul");
    list.setAttribute("aria-live", "polite");
    field.after(list);
  }
  return list;
}

// --- The text -------------------------------------------------------------------------------------------------------

function changed(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function insert(words) {
  const field = text();
  const isOpen = field.selectionStart > 0 && field.value[field.selectionStart - 1] !== "\n";
  field.setRangeText(`${isOpen ? "\n" : ""}${words}\n`, field.selectionStart, field.selectionEnd, "end");
  changed(field);
}

// Where somebody has taken the words away meanwhile, nothing comes in their place.
function replace(words, others) {
  const field = form()?.elements.body;
  const at = field?.value.indexOf(words) ?? -1;
  if (at < 0) {
    // Another page is here by now: then they stand in the draft of the one that was left.
    for (const draft of drafts.all().filter(({ body }) => body.includes(words)))
      drafts.keep(draft.instance, { ...draft, body: draft.body.replace(words, () => others) });
    return;
  }
  const { selectionStart, selectionEnd } = field;
  const moved = (position) => (position > at ? Math.max(at, position + others.length - words.length) : position);
  field.setRangeText(others, at, at + words.length);
  field.setSelectionRange(moved(selectionStart), moved(selectionEnd));
  changed(field);
}

// --- Sending --------------------------------------------------------------------------------------------------------

export function add(file) {
  form().elements.files.value = ""; // or the form would send it once more
  const item = document.createElement("li");
  item.innerHTML =
    '<span dir="auto"></span> <progress max="1" value="0"></progress> <span class="told" role="status"></span><button class="btn btn-link" type="button">Cancel</button><button class="btn btn-link" type="button" hidden>Try again</button>';
  const [name, told] = item.querySelectorAll("span");
  const [cancel, again] = item.querySelectorAll("button");
  const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
  // It is true whenever it is read: while the file is sent, when that has failed, and in a draft after a reload.
  const placeholder = `[${file.name.replace(/[[\]\\\n]/g, "_")} has not arrived yet](#sending-${key.slice(0, 8)})`;
  const sending = { file, key, placeholder, item, told, again, cancel, bar: item.querySelector("progress") };
  name.textContent = file.name;
  listOf(form().elements.files).append(item);
  insert(placeholder);
  again.addEventListener("click", () => send(sending));
  cancel.addEventListener("click", () => {
    item.remove();
    sending.request.abort();
    replace(`${placeholder}\n`, "");
    replace(placeholder, "");
  });
  send(sending);
}

function send(sending) {
  const { file, key, bar, told, again } = sending;
  const request = new XMLHttpRequest(); // fetch tells nothing of how far a body has come
  sending.request = request;
  underWay += 1;
  told.textContent = "";
  again.hidden = true;
  bar.hidden = false;
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => request.abort(), PATIENCE);
  };
  wait();
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = loaded / total;
    wait();
  });
  request.addEventListener("loadend", () => {
    clearTimeout(timer);
    underWay -= 1;
    bar.hidden = true;
    if (request.status === 201) arrived(sending, JSON.parse(request.responseText));
    else failed(sending, request);
    goOn();
  });
  request.open("POST", `${root}/files?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", form().elements.csrf_token.value);
  request.setRequestHeader("Idempotency-Key", key);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file);
}

function failed({ item, told, again }, request) {
  if (!item.isConnected) return; // cancelled
  if (waiting) waiting.form.querySelector("#state").textContent = "Not saved: a file has not arrived.";
  waiting = null;
  const said = attempt(() => JSON.parse(request.responseText).detail, "");
  told.textContent = said || (request.status ? "This could not be stored." : "Not sent: there is no connection.");
  again.hidden = [403, 413, 422].includes(request.status); // the same would be refused once more
}

function arrived({ placeholder, item, told, cancel }, file) {
  replace(placeholder, file.text);
  cancel.remove();
  if (!file.type.startsWith("image/")) {
    told.textContent = "It is in the text.";
    return;
  }
  const described = document.createElement("input");
  described.className = "form-control";
  described.placeholder = "What does the picture show? For people who cannot see it";
  described.setAttribute("aria-label", described.placeholder);
  let words = file.text;
  described.addEventListener("input", (event) => {
    event.stopPropagation();
    const alternative = described.value.replace(/[\\[\]<>*_`!|$~]/g, "\\$&").replace(/\n/g, " ");
    const others = alternative ? `![${alternative}](${file.address})` : file.text;
    replace(words, others);
    words = others;
  });
  // Enter goes back to the text instead of sending the form.
  described.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    text().focus();
  });
  item.append(described);
}

// --- What begins and ends it ----------------------------------------------------------------------------------------

function goOn() {
  if (underWay || !waiting?.form.isConnected) return;
  const { form, submitter } = waiting;
  waiting = null;
  form.requestSubmit(submitter);
}

// Saving waits for what is under way: before the editor's own listener, which is at the form.
document.addEventListener(
  "submit",
  (event) => {
    if (event.target !== form() || !underWay) return;
    event.preventDefault();
    event.stopPropagation();
    waiting = { form: event.target, submitter: event.submitter };
    event.target.querySelector("#state").textContent = "Saving as soon as all files have arrived …";
  },
  true,
);

addEventListener("beforeunload", (event) => {
  if (underWay) event.preventDefault();
});
