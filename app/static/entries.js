// On the pages of entries: pasting a grouped number, times as the reader's clock shows them, and Back. Nothing here is needed.

const number = document.querySelector("#number");
number?.addEventListener("paste", (event) => {
  const pasted = event.clipboardData.getData("text");
  // Only the spaces and hyphens that group digits go; what is wrong otherwise stays to be seen.
  const digits = pasted.replace(/[\s-]/g, "");
  if (!/^[0-9]+$/.test(digits)) return;
  event.preventDefault();
  number.setRangeText(digits, number.selectionStart, number.selectionEnd, "end");
});

for (const time of document.querySelectorAll("time")) {
  time.textContent = new Date(time.dateTime).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

// Back shows the newest entry, also in a browser that keeps whole pages for it.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});
