// The form of a note: its draft in this browser, the live preview, and saving without leaving the page.

const form = document.querySelector("#note");
const state = document.querySelector("#state");
const drafts = `draft:${document.body.dataset.account}:`;
const FIELDS = ["title", "body", "tags", "status", "due_on"];
const HIDDEN = ["version", "key"];

const say = (text) => (state.textContent = text);
const content = () => Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value]));
const differ = (one, other) => FIELDS.some((name) => one[name] !== other[name]);

function fill(values) {
  for (const name of FIELDS) form.elements[name].value = values[name];
}

// --- Draft ----------------------------------------------------------------------------------------------------------

function keep() {
  const hidden = Object.fromEntries(HIDDEN.filter((name) => form.elements[name]).map((name) => [name, form.elements[name].value]));
  try {
    localStorage.setItem(drafts + form.dataset.draft, JSON.stringify({ ...content(), ...hidden, at: Date.now() }));
  } catch {
    say("This browser has no room for a draft: save now and then.");
  }
}

function found() {
  const wanted = form.dataset.draft.startsWith("new.") ? "new." : form.dataset.draft;
  return Object.keys(localStorage)
    .filter((key) => (wanted === "new." ? key.startsWith(drafts + wanted) : key === drafts + wanted))
    .map((stored) => ({ ...JSON.parse(localStorage[stored]), stored }))
    .sort((one, other) => other.at - one.at)[0];
}

function offer() {
  const draft = found();
  if (!draft || "unsaved" in form.dataset) return;
  if (!differ(draft, content())) {
    localStorage.removeItem(draft.stored);
    return;
  }
  const begins = `${draft.title} ${draft.body}`.trim().replace(/\s+/g, " ").slice(0, 80);
  const offered = document.createElement("div");
  offered.className = "message draft";
  offered.innerHTML =
    '<p>A draft from <time></time> was not saved: <q dir="auto"></q></p><span><button class="btn btn-link">Use it</button><button class="btn btn-link">Throw away</button></span>';
  const time = offered.querySelector("time");
  time.dateTime = new Date(draft.at).toISOString();
  time.textContent = new Date(draft.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  offered.querySelector("q").textContent = begins;
  const [use, drop] = offered.querySelectorAll("button");
  use.addEventListener("click", () => {
    fill(draft);
    // With the version that it was based on: what was saved since then is merged, not overwritten. With the key of its
    // own form: if that was sent after all, it does not make a second note.
    for (const name of HIDDEN) if (form.elements[name] && draft[name]) form.elements[name].value = draft[name];
    form.dataset.draft = draft.stored.slice(drafts.length);
    offered.remove();
    form.elements.body.focus();
    preview();
  });
  drop.addEventListener("click", () => {
    localStorage.removeItem(draft.stored);
    offered.remove();
    form.elements.body.focus();
  });
  document.querySelector(".messages").append(offered);
}

// --- Preview --------------------------------------------------------------------------------------------------------

const pane = form.querySelector(".preview");
const toggle = document.querySelector("#toggle-preview");
let timer, request;

function preview() {
  clearTimeout(timer);
  if (!pane.hidden) timer = setTimeout(render, 200);
}

async function render() {
  request?.abort();
  request = new AbortController();
  const body = new FormData();
  body.set("csrf_token", form.elements.csrf_token.value);
  body.set("body", form.elements.body.value);
  try {
    const response = await fetch("/preview", { method: "POST", body, signal: request.signal });
    if (response.status === 429) pane.textContent = `The preview rests for ${minutes(response)}. What you write is kept.`;
    else if (response.ok && !response.redirected) pane.innerHTML = await response.text();
  } catch {
    // Superseded by a newer one, or no connection: the text matters, the preview does not.
  }
}

const minutes = (response) => {
  const left = Math.ceil(response.headers.get("Retry-After") / 60);
  return left === 1 ? "a minute" : `${left} minutes`;
};

function show(visible) {
  pane.hidden = !visible;
  toggle.setAttribute("aria-pressed", visible);
  preview();
}

toggle.addEventListener("click", () => {
  show(pane.hidden);
  localStorage.preview = pane.hidden ? "off" : "on";
});

// --- Save and stay --------------------------------------------------------------------------------------------------

async function stay() {
  const sent = content();
  const body = new FormData(form);
  body.set("stay", "1");
  keep();
  say("Saving …");
  let response;
  try {
    response = await fetch(form.action, { method: "POST", body });
  } catch {
    say("No connection: not saved. The draft is kept in this browser.");
    return;
  }
  if (response.status >= 500) {
    say("The service cannot save right now. The draft is kept in this browser; try again in a moment.");
  } else if (response.status === 429) {
    say(`Saved too often: go on in ${minutes(response)}. The draft is kept in this browser.`);
  } else if (!response.ok) {
    form.submit(); // the server has something to say: let it show the page
  } else if (!response.url.endsWith("/edit")) {
    location.assign(response.url); // to sign in, and then back here
  } else {
    saved(sent, new DOMParser().parseFromString(await response.text(), "text/html"), response.url);
  }
}

function saved(sent, page, address) {
  const fresh = page.querySelector("#note");
  const stored = Object.fromEntries(FIELDS.map((name) => [name, fresh.elements[name].value]));
  const typedOn = differ(sent, content());
  // What a refused or colliding save had to say is settled.
  for (const told of document.querySelectorAll(".alert, .conflict, .sides, .whole, .draft")) told.remove();
  delete form.dataset.unsaved;
  localStorage.removeItem(drafts + form.dataset.draft);
  form.dataset.draft = fresh.dataset.draft;
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
  if (typedOn) keep();
  say(`${page.querySelector(".message p")?.textContent ?? "Saved."} ${new Date().toLocaleTimeString([], { timeStyle: "short" })}`);
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    stay();
  }
});

form.addEventListener("submit", (event) => {
  keep();
  if (event.submitter?.name !== "stay") return;
  event.preventDefault();
  stay();
});

form.addEventListener("input", () => {
  keep();
  say("");
  preview();
});

// A due date makes a note a task; who makes it a plain note again takes the date away.
form.elements.due_on.addEventListener("change", ({ target }) => {
  if (target.value && form.elements.status.value === "none") form.elements.status.value = "open";
});
document.querySelector("#status").addEventListener("change", ({ target }) => {
  if (target.value === "none") form.elements.due_on.value = "";
});

offer();
toggle.hidden = false;
// The marks of a collision are not Markdown, so they are better read in the text.
show(!document.querySelector(".conflict") && (localStorage.preview ?? (matchMedia("(min-width: 60rem)").matches ? "on" : "off")) === "on");
