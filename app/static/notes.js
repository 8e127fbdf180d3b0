// On every page: the keys, and the drafts that wait in this browser. Nothing here is needed to use the pages.

const drafts = `draft:${document.body.dataset.account}:`;
const MONTH = 30 * 24 * 3600 * 1000; // milliseconds

// The server cannot know what "today" is here.
document.cookie = `utc_offset=${-new Date().getTimezoneOffset()}; path=/; max-age=31536000; samesite=lax`;

// --- Drafts ---------------------------------------------------------------------------------------------------------

for (const message of document.querySelectorAll("[data-saved]")) {
  localStorage.removeItem(drafts + message.dataset.saved);
}

function waiting() {
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(drafts))
    .map((stored) => ({ ...JSON.parse(localStorage[stored]), stored, id: stored.slice(drafts.length) }))
    .sort((one, other) => other.at - one.at);
}

function tellOfDrafts() {
  for (const draft of waiting()) {
    if (Date.now() - draft.at > MONTH) localStorage.removeItem(draft.stored);
  }
  const newest = waiting()[0];
  if (!newest || document.querySelector("#note")) return;
  const title = newest.title || newest.body.trim().split("\n")[0] || "a note";
  const told = document.createElement("div");
  told.className = "message";
  told.innerHTML = '<p></p><span><a class="btn btn-link">Go on</a><button class="btn btn-link">Throw away</button></span>';
  told.querySelector("p").textContent = `“${title.slice(0, 60)}” was not saved; the draft is kept in this browser.`;
  told.querySelector("a").href = newest.id.startsWith("new.") ? "/notes/new" : `/notes/${newest.id}/edit`;
  told.querySelector("button").addEventListener("click", () => {
    localStorage.removeItem(newest.stored);
    told.remove();
  });
  document.querySelector(".messages").append(told);
}

if (document.body.dataset.account) tellOfDrafts();

// Whoever signs out may leave the machine to somebody else.
document.addEventListener("submit", ({ target, submitter }) => {
  const goesTo = submitter?.getAttribute("formaction") ?? target.getAttribute("action");
  if (goesTo === "/sign-out") waiting().forEach(({ stored }) => localStorage.removeItem(stored));
});

// --- Keys -----------------------------------------------------------------------------------------------------------

const KEYS = {
  n: ["New note", () => document.querySelector(".new")?.click()],
  "/": ["Search", () => document.querySelector(".find input")?.focus()],
  e: ["Edit the note", () => document.querySelector("[data-key=e]")?.click()],
  j: ["Next note in the list", () => step(1)],
  k: ["Previous note in the list", () => step(-1)],
  "?": ["These keys", () => help()],
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || localStorage.keys === "off") return;
  if (!(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key][1]();
});

function step(by) {
  const titles = [...document.querySelectorAll(".notes .title")];
  const at = titles.indexOf(document.activeElement);
  titles[at < 0 ? 0 : Math.min(Math.max(at + by, 0), titles.length - 1)]?.focus();
}

function help() {
  const dialog = document.createElement("dialog");
  const rows = [...Object.entries(KEYS), ["Ctrl S", ["Save and stay"]]].map(
    ([key, [means]]) => `<div><dt><kbd>${key}</kbd></dt><dd>${means}</dd></div>`,
  );
  dialog.setAttribute("aria-labelledby", "keys");
  dialog.innerHTML = `<h2 id="keys">Keys</h2><dl>${rows.join("")}</dl>
    <p><label><input type="checkbox"> Single letters are keys</label></p>
    <form method="dialog"><button class="btn btn-outline-secondary">Close</button></form>`;
  const box = dialog.querySelector("input");
  box.checked = localStorage.keys !== "off";
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem("keys") : (localStorage.keys = "off")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

const button = document.querySelector("[data-help]");
button?.addEventListener("click", help);
button?.removeAttribute("hidden");
