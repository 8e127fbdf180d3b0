// On every page: the keys, and the drafts that wait in this browser. Nothing here is needed to use the pages.

const { account } = document.body.dataset;

// The server cannot know what "today" is here.
document.cookie = `utc_offset=${-new Date().getTimezoneOffset()}; path=/; max-age=31536000; samesite=lax`;

// --- Pages as they are now ------------------------------------------------------------------------------------------

// Some browsers keep whole pages for Back, whatever their headers say. Such a page is old, and after signing out it is
// nobody's business any more: it is taken anew, and not to be seen until then.
addEventListener("pagehide", ({ persisted }) => {
  if (persisted) document.documentElement.hidden = true;
});
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  // The answer to a form cannot be asked for again: its address leads to the note or the list.
  if ("posted" in document.body.dataset) location.replace(location.pathname + location.search);
  else location.reload();
});

// --- Drafts ---------------------------------------------------------------------------------------------------------

function mentionDraft() {
  const [newest] = drafts.all();
  if (!newest || document.querySelector("#note")) return;
  const title = newest.title || newest.body.trim().split("\n")[0] || "a note";
  const box = document.createElement("div");
  box.className = "message";
  box.innerHTML =
    '<p></p><span><a class="btn btn-link">Go on</a><button class="btn btn-link">Throw away</button></span>';
  box.querySelector("p").textContent = `“${title.slice(0, 60)}” was not saved; the draft is kept in this browser.`;
  box.querySelector("a").href = `${root}/notes/${newest.note ? `${newest.note}/edit` : "new"}`;
  box.querySelector("button").addEventListener("click", () => {
    drafts.remove(newest.instance);
    box.remove();
  });
  document.querySelector(".messages").append(box);
}

if (account) {
  mentionDraft();
  // Another page in this one's place: see beside.js.
  document.addEventListener("page", mentionDraft);
}

// --- Signing out ----------------------------------------------------------------------------------------------------

// Whoever signs out may leave the machine to somebody else: no draft stays, and no other window shows a note.
document.addEventListener("submit", async (event) => {
  const { target, submitter } = event;
  const goesTo = submitter?.getAttribute("formaction") ?? target.getAttribute("action");
  if (goesTo !== `${root}/sign-out`) return;
  const unsaved = drafts.all();
  if (!unsaved.length) {
    storage.write("signing-out", account);
    return;
  }
  event.preventDefault();
  if (!(await drafts.ask("This is not saved yet", unsaved, "Sign out and throw it away"))) return;
  for (const { instance } of unsaved) drafts.remove(instance);
  target.requestSubmit(submitter);
});

if (!account && storage.read("signing-out")) {
  storage.remove("signing-out");
  storage.write("signed-out", Date.now());
}

function leaveIfSignedOut() {
  // Since the page was asked for, and not since this script runs: a window may be opened while another signs out.
  if (account && Number(storage.read("signed-out")) > performance.timeOrigin) location.reload();
}
leaveIfSignedOut();
// At once, and where a browser does not tell a window in the background, as soon as somebody looks at it.
addEventListener("storage", leaveIfSignedOut);
addEventListener("focus", leaveIfSignedOut);
document.addEventListener("visibilitychange", leaveIfSignedOut);

// --- Going on ---------------------------------------------------------------------------------------------------------

// On a wide screen beside.js shows notes beside their list. It is loaded where a note is shown, or chosen from a list.
globalThis.visit = (address) => location.assign(address);
globalThis.canShowAnswer = () => false;
globalThis.isWide = matchMedia("(scripting: enabled) and (min-width: 75rem)");
globalThis.isPlainClick = (event) => event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

let isLoaded = false;
const isList = document.body.classList.contains("listing");

async function loadBeside() {
  if (!account || isLoaded || !isWide.matches) return;
  // Without it, as when the connection is gone, links lead on as they do on a narrow screen.
  isLoaded = await import(document.body.dataset.beside).then(() => true, () => false);
}

if (isList) attempt(() => sessionStorage.setItem(`list:${account}`, location.pathname + location.search));
else if (document.body.matches(".note, .writing")) {
  loadBeside();
  isWide.addEventListener("change", loadBeside);
}

// After a reload, Back and Forward may lead to what an earlier page wrote into the history.
const here = location.pathname + location.search;
addEventListener("popstate", () => {
  if (!isLoaded && location.pathname + location.search !== here) location.reload();
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest(".notes .title, .new");
  if (!link || !isList || isLoaded || !isWide.matches || event.defaultPrevented || !isPlainClick(event)) return;
  event.preventDefault();
  await loadBeside();
  visit(link.href);
});

// --- Keys -----------------------------------------------------------------------------------------------------------

const KEYS = {
  n: ["New note", () => document.querySelector(".new")?.click()],
  "/": ["Search", () => document.querySelector(".find input")?.focus()],
  e: ["Edit the note", () => document.querySelector("[data-key=e]")?.click()],
  j: ["Next note in the list", () => step(1)],
  k: ["Previous note in the list", () => step(-1)],
  u: ["Undo", () => document.querySelector(".message [formaction]")?.click()],
  "?": ["These keys", help],
};

// The letter of a key; where the layout has no Latin letters, the one that stands there on a keyboard that has them.
globalThis.letterOf = ({ key, code, shiftKey }) => {
  if (/^[a-z]$/i.test(key)) return shiftKey ? key : key.toLowerCase();
  const isForeign = key.length === 1 && key > "\x7f";
  return isForeign && code.startsWith("Key") ? code.slice(3).toLowerCase() : key;
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.isComposing || event.target.closest("input, textarea, select, dialog");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || storage.read("keys") === "off") return;
  const letter = letterOf(event);
  if (!(letter in KEYS)) return;
  event.preventDefault();
  KEYS[letter][1]();
});

async function step(by) {
  const titles = [...document.querySelectorAll(".notes .title")];
  const focused = titles.indexOf(document.activeElement);
  const at = focused < 0 ? titles.findIndex((title) => title.hasAttribute("aria-current")) : focused;
  const next = titles[at < 0 ? 0 : Math.min(Math.max(at + by, 0), titles.length - 1)];
  next?.focus();
  await loadBeside();
  next?.dispatchEvent(new Event("step", { bubbles: true }));
}

const button = document.querySelector("[data-help]");

function help() {
  import(button.dataset.help).then(({ showKeys }) => showKeys(KEYS), () => (button.textContent = "Offline"));
}

button?.addEventListener("click", help);
button?.removeAttribute("hidden");

// --- Looks ----------------------------------------------------------------------------------------------------------

const menu = document.querySelector(".menu");
const behind = document.querySelectorAll("main, .find, .new");

// The drawer of a narrow screen: while it is open, keys do not lead behind it.
menu?.addEventListener("toggle", () => {
  for (const element of behind) element.inert = menu.open;
  if (menu.open) document.querySelector(".places a").focus();
});
menu?.closest("body").addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.firstElementChild.focus();
});

function prepare() {
  for (const toggle of document.querySelectorAll("[data-rows], [data-copy]")) toggle.hidden = false;
  // What is wider than the page is scrolled by keys, too.
  for (const box of document.querySelectorAll("pre, .prose table")) if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
}
prepare();
for (const event of ["page", "rendered"]) document.addEventListener(event, prepare);

document.addEventListener("click", ({ target }) => {
  if (!target.matches("[data-rows]")) return;
  const isCompact = document.body.classList.toggle("compact");
  target.setAttribute("aria-pressed", isCompact);
  document.cookie = `rows=${isCompact ? "compact" : ""}; path=/; max-age=31536000; samesite=lax`;
});

// --- Copying --------------------------------------------------------------------------------------------------------

document.addEventListener("click", async ({ target }) => {
  if (!target.matches("[data-copy]")) return;
  const field = document.getElementById(target.dataset.copy);
  field.select();
  // Over http there is no clipboard; what is selected can be copied by a key.
  await navigator.clipboard?.writeText(field.value);
  target.textContent = navigator.clipboard ? "Copied" : "Selected";
});
