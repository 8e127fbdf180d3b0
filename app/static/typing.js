// Keys that help to write Markdown: Enter goes on from the title and in lists, Ctrl+B, I and K mark what is selected.

const MARKS = { b: "**", i: "*" };
// A line of a list: its indent, its bullet or number, perhaps a box to tick; or of a quotation.
const ITEM = /^(\s*)(?:([-*+])|(\d{1,9})([.)])|(>))( +)(\[[ xX]\] +)?/;

document.addEventListener("keydown", (event) => {
  const { target, isComposing } = event;
  if (isComposing || event.altKey) return;
  if (target.matches("#title") && event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    target.form.elements.body.focus();
  } else if (target.matches("#body")) {
    inText(event, target);
  }
});

function inText(event, text) {
  const isCommand = event.ctrlKey || event.metaKey;
  const letter = letterOf(event).toLowerCase();
  if (isCommand && !event.shiftKey && letter in MARKS) {
    event.preventDefault();
    surround(text, MARKS[letter], MARKS[letter]);
  } else if (isCommand && !event.shiftKey && letter === "k") {
    event.preventDefault();
    link(text);
  } else if (event.key === "Enter" && !isCommand && !event.shiftKey && goOn(text)) {
    event.preventDefault();
  }
}

// As if it had been typed, so that Ctrl+Z takes it back; where a browser cannot do that, by setRangeText.
function type(text, words) {
  const isDone = words ? document.execCommand("insertText", false, words) : document.execCommand("delete");
  if (isDone) return;
  text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

function surround(text, before, after) {
  const { selectionStart: start, selectionEnd: end, value } = text;
  const isMarked = value.slice(0, start).endsWith(before) && value.slice(end).startsWith(after);
  const words = value.slice(start, end);
  if (isMarked) text.setSelectionRange(start - before.length, end + after.length);
  if (isMarked && !words) type(text, "");
  else type(text, isMarked ? words : before + words + after);
  const at = isMarked ? start - before.length : start + before.length;
  text.setSelectionRange(at, at + words.length);
}

function link(text) {
  const { selectionStart: start, selectionEnd: end, value } = text;
  const words = value.slice(start, end);
  const isAddress = /^https?:\/\/\S+$/.test(words);
  type(text, isAddress ? `[](${words})` : `[${words}]()`);
  // Next the words are typed, or the address.
  const at = isAddress || !words ? start + 1 : start + words.length + 3;
  text.setSelectionRange(at, at);
}

// Returns whether a list went on, or ended because its last item was empty.
function goOn(text) {
  const { selectionStart: at, selectionEnd, value } = text;
  const start = value.lastIndexOf("\n", at - 1) + 1;
  const end = (value.indexOf("\n", at) + 1 || value.length + 1) - 1;
  const item = value.slice(start, end).match(ITEM);
  if (at !== selectionEnd || !item || at - start < item[0].length) return false;
  const [whole, indent, bullet, number, stop, quote, space, box] = item;
  if (end - start === whole.length) {
    text.setSelectionRange(start, end);
    type(text, "");
  } else {
    const sign = quote ?? bullet ?? `${Number(number) + 1}${stop}`;
    type(text, `\n${indent}${sign}${space}${box ? "[ ] " : ""}`);
  }
  return true;
}
