// What was typed and not saved, kept in this browser: a draft for every form that was opened, known by its instance.
// A browser may have no storage, or nonsense in it: then there are no drafts, and everything else works.

const TEXTS = ["title", "body", "tags", "status", "due_on"];
const MONTH = 30 * 24 * 3600; // seconds
// Where this site begins: below a path, when a proxy serves it there.
globalThis.root = document.body.dataset.root;
const PREFIX = `draft:${document.body.dataset.account}:`;

globalThis.attempt = (act, otherwise) => {
  try {
    return act();
  } catch {
    return otherwise;
  }
};

globalThis.storage = {
  names: () => attempt(() => Object.keys(localStorage), []),
  read: (name) => attempt(() => localStorage.getItem(name), null),
  write: (name, text) => attempt(() => (localStorage.setItem(name, text), true), false),
  remove: (name) => attempt(() => localStorage.removeItem(name)),
};

function read(name) {
  const draft = attempt(() => JSON.parse(storage.read(name)), null);
  const isSound = draft && TEXTS.every((field) => typeof draft[field] === "string") && Number.isFinite(draft.at);
  if (!isSound || Date.now() / 1000 - draft.at / 1000 > MONTH) {
    storage.remove(name);
    return [];
  }
  const instance = name.slice(PREFIX.length);
  // Before drafts had instances, they were known by the number of their note.
  return [{ note: /^\d+$/.test(instance) ? instance : "", ...draft, instance }];
}

globalThis.drafts = {
  newInstance: () => crypto.getRandomValues(new Uint32Array(4)).join("-"),

  // Newest first.
  all: () =>
    storage
      .names()
      .filter((name) => name.startsWith(PREFIX))
      .flatMap(read)
      .sort((one, other) => other.at - one.at),

  // Returns whether there was room for it.
  keep: (instance, draft) => storage.write(PREFIX + instance, JSON.stringify({ ...draft, at: Date.now() })),

  remove: (instance) => storage.remove(PREFIX + instance),

  begin: (draft) => `${draft.title} ${draft.body}`.trim().replace(/\s+/g, " ").slice(0, 80),

  // Drop what was saved: the answer to a save sets a cookie that names the form's instance.
  settle() {
    for (const [, instance] of document.cookie.matchAll(/(?:^|; )saved\.([\w-]+)=/g)) {
      drafts.remove(instance);
      document.cookie = `saved.${instance}=; path=${root || "/"}; max-age=0; samesite=lax`;
    }
  },

  // Returns whether to throw them away.
  async ask(question, unsaved, answer) {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "question");
    dialog.innerHTML = `<h2 id="question"></h2><ul></ul><form method="dialog">
      <button class="btn btn-primary" value="stay" autofocus>Stay</button>
      <button class="btn btn-outline-secondary" value="go"></button></form>`;
    dialog.querySelector("h2").textContent = question;
    dialog.querySelector("[value=go]").textContent = answer;
    for (const draft of unsaved) {
      const item = document.createElement("li");
      item.textContent = drafts.begin(draft) || "Untitled";
      dialog.querySelector("ul").append(item);
    }
    document.body.append(dialog);
    dialog.showModal();
    await new Promise((closed) => dialog.addEventListener("close", closed));
    dialog.remove();
    return dialog.returnValue === "go";
  },
};

drafts.settle();
