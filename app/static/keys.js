// The dialog that tells the keys, loaded when somebody asks for it.

export function showKeys(keys) {
  const dialog = document.createElement("dialog");
  const rows = [...Object.entries(keys), ["Ctrl S", ["Save and stay"]], ["Ctrl ↵", ["Save"]], ["Ctrl B, I, K", ["Bold, italic, link"]]].map(
    ([key, [means]]) => `<div><dt><kbd>${key}</kbd></dt><dd>${means}</dd></div>`,
  );
  dialog.setAttribute("aria-labelledby", "keys");
  dialog.innerHTML = `<h2 id="keys">Keys</h2><dl>${rows.join("")}</dl>
    <p><label><input type="checkbox"> Single letters are keys</label></p>
    <form method="dialog"><button class="btn btn-outline-secondary">Close</button></form>`;
  const box = dialog.querySelector("input");
  box.checked = storage.read("keys") !== "off";
  box.addEventListener("change", () => (box.checked ? storage.remove("keys") : storage.write("keys", "off")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
