// Buttons that change a note answer where they stand: the note's row and article are replaced by what the service makes
// of them now, the message goes into the live region, and neither the scroll position nor the focus moves.

const SETTLE = 400; // milliseconds: a double click is meant for what was there at the first one
const form = document.querySelector("#act");
const region = document.querySelector(".messages");
const left = new Map(); // where the rows stood that have left the list, by the address of the note
const acting = new Set(); // the addresses that are being asked

// --- Asking ---------------------------------------------------------------------------------------------------------

const pathOf = (button) => new URL(button.formAction).pathname;

form.addEventListener("submit", (event) => {
  const button = event.submitter;
  const [, note, command] = (button ? pathOf(button) : "").match(/^(.*\/notes\/\d+)\/(status|pin|place|items\/\d+)$/) ?? [];
  const parts = note ? partsOf(note) : [];
  // A note that is archived or deleted on its own page leads to the list.
  const leaves = command === "place" && button.value !== "notes" && !parts.includes("row");
  if (!parts.length || leaves || "whole" in form.dataset) return;
  event.preventDefault();
  act(button, note, parts);
});

function partsOf(note) {
  return [rowOf(note) && "row", articleOf(note) && "note"].filter(Boolean);
}

const rowOf = (note) => document.querySelector(`.notes .title[href="${note}"]`)?.closest("li") ?? gapOf(note);
const gapOf = (note) => (left.get(note)?.isConnected ? left.get(note) : undefined); // the list may have come anew
const articleOf = (note) => document.querySelector(`article[data-note="${note.split("/").pop()}"]`);

async function act(button, note, parts) {
  const address = pathOf(button);
  const isUndo = region.contains(button);
  if (acting.has(address) && !isUndo) return;
  acting.add(address);
  try {
    await ask(button, note, parts, isUndo);
  } catch {
    tell("No connection: nothing was changed.");
  }
  setTimeout(() => acting.delete(address), SETTLE);
}

async function ask(button, note, parts, isUndo) {
  const body = new FormData(form);
  body.set(button.name, button.value);
  for (const part of parts) body.append("part", part);
  // Whoever leaves the page at once has clicked all the same.
  const response = await fetch(button.formAction, { method: "POST", body, keepalive: true });
  if (!response.ok || response.redirected) {
    askForPage(button); // the service has something to say: let it show the page
    return;
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  showMessages(page.querySelectorAll(".message"));
  const article = page.querySelector("article");
  const row = page.querySelector(".notes li");
  const next = row && nextTo(note);
  const hasLeft = row && showRow(note, row);
  // Beside a list, a note that has left it makes room for the next one, or for the list alone.
  if (hasLeft && article && document.querySelector(".beside")) document.dispatchEvent(new CustomEvent("gone", { detail: next?.href }));
  else if (article) replace(articleOf(note), article);
  if (isUndo) (rowOf(note) ?? articleOf(note)).querySelector("a[href], button").focus();
}

function askForPage(button) {
  form.dataset.whole = "";
  if (!button.form) form.append(button);
  form.requestSubmit(button);
}

// --- The note -------------------------------------------------------------------------------------------------------

// Returns the link to the note after this one, or at the end of the list, to the one before.
function nextTo(note) {
  const links = [...document.querySelectorAll(".notes .title")];
  const position = links.findIndex((link) => link.getAttribute("href") === note);
  return links[position + 1] ?? links[position - 1];
}

// Returns whether the note has left the list.
function showRow(note, fresh) {
  const old = rowOf(note);
  const list = old.parentElement;
  if (list.dataset.places.split(" ").includes(fresh.dataset.place)) {
    left.delete(note);
    // Of a search, the words stand with their hits marked.
    for (const part of [".title", ".text"]) {
      const words = old.querySelector?.(part);
      if (words) fresh.querySelector(part)?.replaceChildren(...words.cloneNode(true).childNodes);
    }
    replace(old, fresh);
    return false;
  }
  if (old.nodeType === Node.ELEMENT_NODE) {
    const hadFocus = old.contains(document.activeElement);
    const next = nextTo(note);
    left.set(note, document.createComment(note));
    old.replaceWith(left.get(note));
    if (hadFocus) (next ?? document.querySelector("main")).focus({ preventScroll: true });
  }
  return true;
}

function replace(old, fresh) {
  // Of two answers that overtook one another, the one that knows more counts.
  if (Number(old.dataset?.version) > Number(fresh.dataset.version)) return;
  const focus = placeOfFocus(old);
  old.replaceWith(fresh);
  if (focus) focus(fresh)?.focus({ preventScroll: true });
}

// Returns how to find in another element what has the focus in this one: the same link, or the button of the same act.
function placeOfFocus(element) {
  const active = document.activeElement;
  if (!element.contains(active)) return null;
  // Words tell a box: its line is another one when the text was changed meanwhile.
  const sign = active.matches("a") ? (one) => one.className : active.matches(".box") ? (one) => one.ariaLabel : pathOf;
  const alike = (parent) => [...parent.querySelectorAll(active.localName)].filter((one) => sign(one) === sign(active));
  const position = alike(element).indexOf(active);
  return (parent) => alike(parent)[position] ?? alike(parent).at(-1) ?? parent.querySelector("a[href], button");
}

// --- Messages -------------------------------------------------------------------------------------------------------

function tell(text) {
  const message = document.createElement("div");
  message.className = "message";
  message.append(document.createElement("p"));
  message.firstChild.textContent = text;
  showMessages([message]);
}

// They float over the page, so that nothing moves under the pointer.
function showMessages(messages) {
  for (const old of region.querySelectorAll("[data-once]")) old.remove();
  for (const message of messages) {
    message.dataset.once = "";
    message.classList.add("floating");
    const close = document.createElement("button");
    close.className = "close";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => message.remove());
    message.append(close);
    region.append(message);
  }
}

// What stands in a live region when the page is loaded is not read out; what is put there later is.
addEventListener("load", () =>
  setTimeout(() => {
    for (const text of region.querySelectorAll("[data-once] p")) text.replaceChildren(text.textContent);
  }, 100),
);
