// On the pages of entries: times as the reader's clock shows them, and Back. Nothing here is needed.

for (const time of document.querySelectorAll("time")) {
  time.textContent = new Date(time.dateTime).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

// Back shows the newest entry, also in a browser that keeps whole pages for it.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});
