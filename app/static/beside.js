// On a wide screen places, list and note stand beside one another. The pages are those of every screen: what the address
// names stands in <main>; the list that a note was chosen from stands beside it. Without this script, or with less room,
// each page stands alone.

const main = document.querySelector("main");
const messages = document.querySelector(".messages");
const ADDRESS_OF_A_NOTE = new RegExp(`^${root}/notes/(new|\\d+(/edit|/history(/\\d+)?)?)$`);
const kind = (page) => ["listing", "note", "writing"].find((name) => page.body.classList.contains(name));
const isOfANote = (page) => ["note", "writing"].includes(kind(page));
const parse = (text) => new DOMParser().parseFromString(text, "text/html");

let beside = null; // the column of the list, while a note is in <main>
let shown = location.pathname + location.search; // the address of what is in <main>
let asking = null;
let listsAsked = 0;

// --- The list beside a note -----------------------------------------------------------------------------------------

// Of this tab; notes.js keeps it. A browser without storage has the notes there.
const LIST = `list:${document.body.dataset.account}`;
const listAddress = () => attempt(() => sessionStorage.getItem(LIST), null) ?? `${root}/notes`;
const rememberList = () => attempt(() => sessionStorage.setItem(LIST, shown));

// Takes the nodes of a list's <main>.
function putBeside(nodes, address) {
  beside ??= document.createElement("section");
  beside.className = "beside";
  beside.dataset.address = address;
  beside.replaceChildren(...nodes);
  const heading = beside.querySelector("h1");
  if (heading) {
    const lower = document.createElement("h2");
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
    lower.id = "beside-heading";
    beside.setAttribute("aria-labelledby", lower.id);
  }
  if (!beside.isConnected) main.before(beside);
  markPlace(new URL(address, location.href).pathname);
  // An address of a further page of the list begins with "?".
  for (const link of beside.querySelectorAll('a[href^="?"]')) link.href = new URL(link.getAttribute("href"), new URL(address, location.href));
  mark();
}

function markPlace(path) {
  for (const link of document.querySelectorAll(".places a")) {
    if (link.pathname === path) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function mark() {
  const note = shown.match(/^(.*\/notes\/\d+)/)?.[1];
  for (const link of document.querySelectorAll(".notes .title[aria-current]")) link.removeAttribute("aria-current");
  const chosen = note && beside?.querySelector(`.title[href="${note}"]`);
  chosen?.setAttribute("aria-current", "true");
  return chosen;
}

// Fetches the list anew: after a save its rows have changed. Without a connection, or while the server is busy, the list
// stays as it is, and is asked for again after these milliseconds.
async function fetchList(pauses = [1000, 5000]) {
  const mine = (listsAsked += 1);
  const address = beside?.dataset.address ?? listAddress();
  const text = await fetch(address).then((response) => response.ok && response.text()).catch(() => "");
  if (mine !== listsAsked) return; // an answer that was asked for earlier may come later, and would be older
  if (!text) {
    const [pause, ...more] = pauses;
    if (pause) setTimeout(() => mine === listsAsked && fetchList(more), pause);
    return;
  }
  const page = parse(text);
  if (kind(page) !== "listing" || !isOfANote(document)) return;
  const top = beside?.scrollTop ?? 0;
  const hadFocus = beside?.contains(document.activeElement);
  putBeside(contentOf(page), address);
  beside.scrollTop = top;
  const chosen = mark();
  chosen?.closest("li").scrollIntoView({ block: "nearest" });
  if (hadFocus) chosen?.focus({ preventScroll: true });
  document.dispatchEvent(new Event("rendered"));
}

// --- Showing a page -------------------------------------------------------------------------------------------------

const contentOf = (page) => [...page.querySelector("main").childNodes].filter((node) => !node.classList?.contains("messages"));

// Styles and scripts that this page has not needed so far. They are here before what needs them: a form whose script came
// later would keep no draft of what was typed until then.
function load(page) {
  const isMissing = (one, name) => !document.head.querySelector(`[${name}="${one.getAttribute(name)}"]`);
  const styles = [...page.querySelectorAll("link[rel=stylesheet]")].filter((one) => isMissing(one, "href"));
  const scripts = [...page.querySelectorAll("script[src]")].filter((one) => isMissing(one, "src"));
  const parts = [
    ...styles.map((style) => document.importNode(style)),
    // One that came as text would not run.
    ...scripts.map((script) => Object.assign(document.createElement("script"), { type: "module", src: script.getAttribute("src") })),
  ];
  const loaded = parts.map((part) => new Promise((done) => (part.onload = part.onerror = done)));
  document.head.append(...parts);
  return Promise.all(loaded);
}

function show(page, address, { keepFocus = false, keepMessages = false } = {}) {
  const wasList = kind(document) === "listing";
  const content = contentOf(page);
  const focused = document.activeElement;
  if (isOfANote(page) && wasList) {
    const top = scrollY;
    const from = shown;
    shown = address;
    putBeside(contentOf(document), from);
    takeIn(page, content, keepMessages);
    beside.scrollTop = top;
  } else {
    shown = address;
    takeIn(page, content, keepMessages);
  }
  const top = isOfANote(page) ? 0 : beside?.scrollTop ?? 0;
  if (!isOfANote(page)) {
    beside?.remove();
    beside = null;
  }
  scrollTo(0, top);
  const chosen = mark();
  chosen?.closest("li").scrollIntoView({ block: "nearest" });
  document.dispatchEvent(new Event("page"));
  if (keepFocus) (chosen ?? focused)?.focus({ preventScroll: true });
  else (main.querySelector("[autofocus]") ?? main).focus({ preventScroll: true });
  if (kind(document) === "listing") rememberList();
}

function takeIn(page, content, keepMessages) {
  if (!keepMessages) messages.replaceChildren(...page.querySelector(".messages").childNodes);
  main.replaceChildren(messages, ...content);
  document.title = page.title;
  document.body.className = page.body.className;
  delete document.body.dataset.posted;
  for (const name of ["csrf_token", "back"]) {
    document.querySelector(`#act [name=${name}]`).value = page.querySelector(`#act [name=${name}]`).value;
  }
}

// --- Going there ----------------------------------------------------------------------------------------------------

const pathOf = (url) => url.pathname + url.search;
const canShow = (url) => isWide.matches && kind(document) && url.origin === location.origin && ADDRESS_OF_A_NOTE.test(url.pathname);

// `how` says what becomes of the history: "push", "replace" or "keep".
async function visit(url, how, options) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  try {
    const response = await fetch(url, { signal });
    await arrive(parse(await response.text()), response, how, { signal, ...options });
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
  }
}

async function arrive(page, response, how, { signal, ...options } = {}) {
  const url = new URL(response.url);
  // Signed out meanwhile, gone, or a page of another kind: the browser shows it.
  if (!response.ok || !kind(page) || page.body.dataset.account !== document.body.dataset.account) {
    location.assign(url);
    return;
  }
  await load(page);
  if (signal?.aborted) return; // another page was asked for meanwhile
  if (how === "keep" && pathOf(url) !== location.pathname + location.search) history.replaceState(null, "", url); // led on
  if (how === "push") history.pushState(null, "", url);
  if (how === "replace") history.replaceState(null, "", url);
  show(page, pathOf(url), options);
}

globalThis.visit = (address) => {
  const url = new URL(address, location.href);
  if (canShow(url)) visit(url, "push");
  else location.assign(url);
};

globalThis.canShowAnswer = () => isWide.matches && isOfANote(document);

// Shows the page that answers a save.
globalThis.showAnswer = async (page, response) => {
  await arrive(page, response, "push");
  fetchList();
};

document.addEventListener("saved", ({ detail }) => {
  shown = pathOf(new URL(detail));
  if (beside) fetchList();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || !isPlainClick(event) || event.defaultPrevented || link.target || link.hash) return;
  const url = new URL(link.href);
  if (!canShow(url)) return;
  event.preventDefault();
  visit(url, pathOf(url) === shown ? "keep" : "push");
});

// j and k show the note at once; Back then leads to before the walk, not through each of its steps.
document.addEventListener("step", ({ target }) => {
  const url = new URL(target.href);
  if (canShow(url)) visit(url, kind(document) === "listing" ? "push" : "replace", { keepFocus: true });
});

// The note has left the list: what was said of it, and the undo, stay.
document.addEventListener("gone", ({ detail }) => {
  const options = { keepFocus: Boolean(detail), keepMessages: true };
  visit(new URL(detail ?? beside.dataset.address, location.href), "replace", options);
});

addEventListener("popstate", () => {
  if (location.pathname + location.search !== shown) visit(new URL(location.href), "keep");
});

// --- From the beginning ---------------------------------------------------------------------------------------------

if (isOfANote(document)) fetchList();
