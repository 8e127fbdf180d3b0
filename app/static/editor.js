// The form of a note: its draft in this browser, the live preview, and saving without leaving the page. A page holds one
// form at a time; see beside.js for how another comes into its place.

const FIELDS = ["title", "body", "tags", "status", "due_on"];
const HIDDEN = ["version", "key"];
const KEPT = "The draft is kept in this browser";

let form, state, instance, pane, toggle;
// What the service has of this note; nothing of it is known of a form that it refused.
let stored;
let timer, request;

const say = (text) => (state.textContent = text);
const content = (of = form) => Object.fromEntries(FIELDS.map((name) => [name, of.elements[name].value]));
// What is typed from here on is not part of what was sent, or was there before: another draft.
const fork = () => (instance.value = drafts.newInstance());
const differ = (one, other) => FIELDS.some((name) => one[name] !== other[name]);

// What the page came with, whatever has been typed since.
function served() {
  const untouched = form.cloneNode(true);
  untouched.reset();
  return content(untouched);
}

function fill(values) {
  for (const name of FIELDS) form.elements[name].value = values[name];
}

// --- Draft ----------------------------------------------------------------------------------------------------------

function isUnsaved() {
  const now = content();
  return Boolean(`${now.title}${now.body}`.trim()) && (stored === null || differ(now, stored));
}

function keep() {
  if (!isUnsaved()) {
    drafts.remove(instance.value);
    return;
  }
  const hidden = Object.fromEntries(HIDDEN.map((name) => [name, form.elements[name]?.value]));
  if (!drafts.keep(instance.value, { ...content(), ...hidden, note: form.dataset.note }))
    say("This browser has no room for a draft: save now and then.");
}

function offer() {
  for (const message of document.querySelectorAll(".draft")) message.remove();
  for (const draft of drafts.all()) {
    if (draft.note !== form.dataset.note || draft.instance === instance.value) continue;
    if (differ(draft, stored)) offerOne(draft);
    else drafts.remove(draft.instance);
  }
}

function offerOne(draft) {
  const box = document.createElement("div");
  box.className = "message draft";
  box.innerHTML =
    '<p>A draft from <time></time> was not saved: <q dir="auto"></q></p><span><button class="btn btn-link">Use it</button><button class="btn btn-link">Throw away</button></span>';
  const time = box.querySelector("time");
  time.dateTime = new Date(draft.at).toISOString();
  time.textContent = new Date(draft.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  box.querySelector("q").textContent = drafts.begin(draft);
  const [use, drop] = box.querySelectorAll("button");
  use.addEventListener("click", () => take(draft));
  drop.addEventListener("click", () => {
    drafts.remove(draft.instance);
    box.remove();
    form.elements.body.focus();
  });
  document.querySelector(".messages").append(box);
  box.scrollIntoView({ block: "nearest" }); // a browser that reloads goes back to where the text was
}

function take(draft) {
  // What was typed here meanwhile stays a draft of its own.
  keep();
  fork();
  fill(draft);
  // With the version that it was based on: what was saved since then is merged, not overwritten. With the key of its
  // own form: if that was sent after all, it does not make a second note.
  for (const name of HIDDEN) if (form.elements[name] && draft[name]) form.elements[name].value = draft[name];
  keep();
  drafts.remove(draft.instance);
  offer();
  form.elements.body.focus();
  preview();
}

async function cancel(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !isUnsaved()) return;
  event.preventDefault();
  const { href } = event.currentTarget;
  if (!(await drafts.ask("This is not saved yet", [content()], "Throw it away"))) return;
  drafts.remove(instance.value);
  visit(href);
}

// --- Preview --------------------------------------------------------------------------------------------------------

function preview() {
  clearTimeout(timer);
  // An empty text has no preview, and that takes no room.
  pane.hidden = toggle.getAttribute("aria-pressed") !== "true" || !form.elements.body.value.trim();
  if (!pane.hidden) timer = setTimeout(render, 200);
}

async function render() {
  request?.abort();
  request = new AbortController();
  const body = new FormData();
  const into = pane;
  body.set("csrf_token", form.elements.csrf_token.value);
  body.set("body", form.elements.body.value);
  try {
    const response = await fetch(`${root}/preview`, { method: "POST", body, signal: request.signal });
    if (response.status === 429) into.textContent = `The preview rests for ${minutes(response)}. What you write is kept.`;
    else if (response.ok && !response.redirected) into.innerHTML = await response.text();
    document.dispatchEvent(new Event("rendered"));
    if (into === pane) scrollAlong();
  } catch {
    // Superseded by a newer one, or no connection: the text matters, the preview does not.
  }
}

const minutes = (response) => {
  const left = Math.ceil(response.headers.get("Retry-After") / 60);
  return left === 1 ? "a minute" : `${left} minutes`;
};

// The preview shows the same share of the note as the text does.
function scrollAlong() {
  if (!form) return;
  const { body } = form.elements;
  const share = body.scrollTop / (body.scrollHeight - body.clientHeight || 1);
  pane.scrollTop = share * (pane.scrollHeight - pane.clientHeight);
}

function press(isOn) {
  toggle.setAttribute("aria-pressed", isOn);
  preview();
}

function startPreview() {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const isOn = toggle.getAttribute("aria-pressed") !== "true";
    press(isOn);
    storage.write("preview", isOn ? "on" : "off");
  });
  form.elements.body.addEventListener("scroll", scrollAlong, { passive: true });
  // The marks of a collision are not Markdown, so they are better read in the text.
  const otherwise = matchMedia("(min-width: 60rem)").matches ? "on" : "off";
  press(!document.querySelector(".conflict") && (storage.read("preview") ?? otherwise) === "on");
}

// --- Saving ---------------------------------------------------------------------------------------------------------

// Sends the form, `andThen` "stay" or "leave". What cannot be shown here is left to the browser: the same is sent again,
// which makes no second note and no second version.
async function send(andThen) {
  const sentForm = form;
  const sent = content();
  const body = new FormData(form);
  if (andThen === "stay") body.set("stay", "1");
  keep();
  fork();
  say("Saving …");
  const response = await fetch(form.action, { method: "POST", body }).catch(() => null);
  if (sentForm !== form || !form.isConnected) {
    // Another page is here by now. The draft that was kept is dropped if the answer says that it is saved.
    drafts.settle();
    return;
  }
  if (!response?.ok) {
    refused(body, response);
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (page.body.dataset.account !== document.body.dataset.account) {
    takeBack(body);
    location.assign(response.url); // to sign in, and then back here
  } else if (andThen === "stay") {
    saved(sent, page, response.url);
  } else {
    await leave(sent, page, response);
  }
}

function refused(sent, response) {
  if (response?.status !== 429) takeBack(sent);
  if (!response) say(`No connection: not saved. ${KEPT}.`);
  else if (response.status >= 500) say(`Not saved; try again in a moment. ${KEPT}.`);
  else if (response.status === 429) say(`Saved too often: go on in ${minutes(response)}. ${KEPT}.`);
  else {
    form.submit(); // the server has something to say: let it show the page
    fork();
  }
}

// Nothing was saved: what was sent and what was typed since then are one draft again.
function takeBack(sent) {
  drafts.remove(instance.value);
  instance.value = sent.get("instance");
  keep();
}

function saved(sent, page, address) {
  const fresh = page.querySelector("#note");
  stored = Object.fromEntries(FIELDS.map((name) => [name, fresh.elements[name].value]));
  const typedOn = differ(sent, content());
  // What a refused or colliding save had to say is settled.
  for (const told of document.querySelectorAll(".alert, .conflict, .sides, .whole, .draft")) told.remove();
  delete form.dataset.unsaved;
  drafts.settle();
  form.dataset.note = fresh.dataset.note;
  form.action = fresh.getAttribute("action");
  history.replaceState(null, "", address);
  document.title = page.title;
  const tidied = { ...sent, title: stored.title, tags: stored.tags }; // spaces, and the order of tags
  const merged = differ(tidied, stored);
  // Further words typed on top of a text that was merged meanwhile belong to the older version: merge them, too.
  if (!(merged && typedOn)) {
    form.elements.key?.remove();
    form.elements.version?.remove();
    form.append(fresh.elements.version);
  }
  if (merged && !typedOn) {
    const { selectionStart } = form.elements.body;
    fill(stored);
    form.elements.body.setSelectionRange(selectionStart, selectionStart);
    preview();
  }
  keep();
  say(`${page.querySelector(".message p")?.textContent ?? "Saved."} ${new Date().toLocaleTimeString([], { timeStyle: "short" })}`);
  document.dispatchEvent(new CustomEvent("saved", { detail: address }));
}

// Words that were typed while the form was under way are a draft of their own, and offered on the next page.
async function leave(sent, page, response) {
  if (!differ(sent, content())) drafts.remove(instance.value);
  drafts.settle();
  await showAnswer(page, response);
}

function onSubmit(event) {
  keep();
  const { submitter } = event;
  if (submitter?.name === "stay") {
    event.preventDefault();
    send("stay");
    return;
  }
  // Back leads to the note that this form has made, not to its empty form.
  if (form.elements.key) history.replaceState(null, "", `${root}/notes/new?key=${encodeURIComponent(form.elements.key.value)}`);
  if (!submitter?.name && canShowAnswer()) {
    event.preventDefault();
    send("leave");
    return;
  }
  // The browser sends it, and until the answer is here words can be typed that would go with what was saved.
  form.addEventListener("input", fork, { capture: true, once: true });
}

document.addEventListener("keydown", (event) => {
  if (!form?.isConnected || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (letterOf(event).toLowerCase() === "s") {
    event.preventDefault();
    send("stay");
  } else if (event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit();
  }
});

// --- Files -----------------------------------------------------------------------------------------------------------

// What sends them is loaded when there is one: most notes have none.
for (const kind of ["paste", "drop", "dragover", "change"]) {
  document.addEventListener(kind, (event) => {
    const { files, types } = event.clipboardData ?? event.dataTransfer ?? event.target;
    // What a program copies as text and as a picture of it is meant as text.
    const isOther = kind === "paste" && types?.includes("text/plain");
    if (isOther || !(files?.length || types?.includes("Files")) || !event.target.closest("#note")?.elements.files) return;
    event.preventDefault();
    if (kind === "dragover") return;
    const taken = [...files];
    import("./files.js").then(({ add }) => taken.forEach(add), () => say("No connection: not added."));
  });
}

// --- The form -------------------------------------------------------------------------------------------------------

function begin() {
  if (form === document.querySelector("#note")) return;
  clearTimeout(timer);
  form = document.querySelector("#note");
  if (!form) return;
  state = form.querySelector("#state");
  pane = form.querySelector(".preview");
  toggle = form.querySelector("#toggle-preview");
  instance = form.elements.instance;
  // A form that comes back from the service, refused, is still the one that was sent.
  if (!instance.value) fork();
  stored = "unsaved" in form.dataset ? null : served();
  form.querySelector(".cancel").addEventListener("click", cancel);
  form.addEventListener("submit", onSubmit);
  form.addEventListener("input", () => {
    keep();
    say("");
    preview();
  });
  // A due date makes a note a task; who makes it a plain note again takes the date away.
  form.elements.due_on.addEventListener("change", ({ target }) => {
    if (target.value && form.elements.status.value === "none") form.elements.status.value = "open";
  });
  form.querySelector("#status").addEventListener("change", ({ target }) => {
    if (target.value === "none") form.elements.due_on.value = "";
  });
  if (stored) offer();
  // What came back refused, or was typed before this script ran.
  keep();
  startPreview();
}

document.addEventListener("page", begin);
begin();
