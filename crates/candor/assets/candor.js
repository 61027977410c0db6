// Comfort for Candor's pages. Every page does its whole work without it. Text is only ever set as text.
"use strict";

// Times: the words beside each instant stay true while a page is open.
const spans = [[5400, 60, "minute"], [129600, 3600, "hour"], [5184000, 86400, "day"], [63072000, 2629800, "month"], [Infinity, 31557600, "year"]];
function relative(seconds) {
  const far = Math.abs(seconds);
  if (far < 45) return seconds > 0 ? "in a moment" : "just now";
  const [, size, unit] = spans.find(([below]) => far < below);
  const count = size > 86400 ? Math.floor(far / size) : Math.round(far / size);
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds > 0 ? `in ${words}` : `${words} ago`;
}
function tellTimes() {
  for (const node of document.querySelectorAll("[data-rel]")) {
    const at = Date.parse(node.dataset.rel);
    if (!Number.isNaN(at)) node.textContent = relative((at - Date.now()) / 1000);
  }
}
setInterval(tellTimes, 30000);

// The same instant by the clock of whoever reads: beside what is still to come, and in a hint for the rest.
const ownClock = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
for (const node of document.querySelectorAll("time.when")) {
  const at = Date.parse(node.dateTime);
  if (Number.isNaN(at)) continue;
  const words = ownClock.format(at);
  if (node.textContent.includes(words.slice(-5))) continue;
  node.title = `${words} by your clock`;
  if (at < Date.now()) continue;
  const said = document.createElement("span");
  said.className = "rel";
  said.textContent = node.title;
  node.after(" ", said);
}

// Copy and print.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const words = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const node = document.getElementById(button.dataset.copy);
    const lines = [...node.querySelectorAll("li")].map((line) => line.textContent.trim());
    // A text is copied as it stands, a key or a number without the breaks that make it readable.
    const isText = node.matches("pre, textarea");
    const text = isText ? (node.value ?? node.textContent) : node.textContent.replace(/\s+/g, "");
    await navigator.clipboard.writeText(lines.length ? lines.join("\n") : text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = words; }, 2000);
  });
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Files: drop them anywhere on the box; see their names and sizes before sending.
function size(bytes) {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const units = ["kB", "MB", "GB"];
  let unit = -1;
  do { bytes /= 1000; unit += 1; } while (bytes >= 1000 && unit < 2);
  return `${bytes < 10 ? Math.floor(bytes * 10) / 10 : Math.floor(bytes)} ${units[unit]}`;
}
for (const box of document.querySelectorAll("[data-files]")) {
  const input = box.querySelector("input[type=file]");
  const list = document.createElement("ul");
  list.className = "chosen";
  list.setAttribute("aria-live", "polite");
  box.append(list);
  const show = () => list.replaceChildren(...[...input.files].map((file) => {
    const line = document.createElement("li");
    line.textContent = `${file.name}, ${size(file.size)}`;
    return line;
  }));
  input.addEventListener("change", show);
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    const all = new DataTransfer();
    for (const file of [...input.files, ...event.dataTransfer.files]) all.items.add(file);
    input.files = all.files;
    show();
  });
}

// Typed text is not lost by leaving the page unawares; a second press of a button sends nothing twice.
let typed = false;
for (const form of document.querySelectorAll("form[data-guard]")) {
  form.addEventListener("input", () => { typed = true; });
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    typed = false;
  });
}
window.addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
window.addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent; });

// A folded group opens when a link leads into it.
function unfold() {
  const node = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = node && node.closest("details:not([open])");
  if (fold) { fold.open = true; node.scrollIntoView(); }
}
window.addEventListener("hashchange", unfold);
unfold();

// An open menu closes with Escape and with a press elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.more[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// A calculator tells what its answers come to as they are chosen; the server computes.
for (const node of document.querySelectorAll("[data-live]")) {
  const form = node.closest("form");
  let last = 0;
  const tell = async () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (/^v[34]-/.test(name) && value) query.set(name, value);
    last += 1;
    const mine = last;
    const answer = await fetch(`${node.dataset.live}?${query}`, { headers: { accept: "text/plain" } });
    if (answer.ok && mine === last) node.textContent = await answer.text();
  };
  form.addEventListener("change", tell);
  tell();
}

// Keys: / search, j k rows, ? help. Never while typing.
const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
let here = -1;
function go(step) {
  if (!rows.length) return;
  rows[here]?.classList.remove("here");
  here = Math.min(rows.length - 1, Math.max(0, here + step));
  rows[here].classList.add("here");
  rows[here].querySelector("a")?.focus();
}
function help() {
  let box = document.getElementById("keys");
  if (!box) {
    box = document.createElement("dialog");
    box.id = "keys";
    box.setAttribute("aria-labelledby", "keys-title");
    const title = document.createElement("h2");
    title.id = "keys-title";
    title.textContent = "Keys";
    const list = document.createElement("dl");
    list.className = "rows tight";
    for (const [key, words] of [["/", "go to the search"], ["j", "next row"], ["k", "row before"], ["Enter", "open the row"], ["x", "tick the row"], ["v", "give the verdict"], ["u", "take the verdict back"], ["r", "write to the reporter"], ["Esc", "close"], ["?", "show this"]]) {
      const line = document.createElement("div");
      const name = document.createElement("dt");
      const mark = document.createElement("kbd");
      const what = document.createElement("dd");
      mark.textContent = key;
      what.textContent = words;
      name.append(mark);
      line.append(name, what);
      list.append(line);
    }
    const close = document.createElement("button");
    close.textContent = "Close";
    close.addEventListener("click", () => box.close());
    box.append(title, list, close);
    document.body.append(box);
  }
  box.showModal();
}
// A link that names a key is followed by it; x ticks the row.
function press(key) {
  const link = key.length === 1 && document.querySelector(`[data-press="${CSS.escape(key)}"]`);
  if (link) { link.click(); return true; }
  const box = key === "x" && rows[here]?.querySelector("input[type=checkbox]");
  if (box) box.checked = !box.checked;
  return Boolean(box);
}
document.getElementById("keys-hint")?.removeAttribute("hidden");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.more[open]")) menu.open = false;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  if (event.key === "/") {
    const field = document.querySelector("[data-key='/']");
    if (field) { event.preventDefault(); field.focus(); }
  } else if (press(event.key)) event.preventDefault();
  else if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (event.key === "?") help();
  else if (event.key === "r") {
    const field = document.querySelector(".reply textarea");
    if (field) { event.preventDefault(); field.focus(); }
  }
});

// Passkeys: the browser asks for the device, and its answer is sent with the form.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const says = form.querySelector("[data-passkey-says]");
  form.addEventListener("submit", async (event) => {
    const field = form.elements.namedItem("answer");
    if (field.value) return;
    event.preventDefault();
    if (!window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) {
      says.textContent = "This browser has no passkeys. Use another one, or password and code.";
      return;
    }
    try {
      const given = JSON.parse(form.dataset.options).publicKey;
      const making = form.dataset.passkey === "create";
      const publicKey = making ? PublicKeyCredential.parseCreationOptionsFromJSON(given) : PublicKeyCredential.parseRequestOptionsFromJSON(given);
      const found = await (making ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
      const answer = found.toJSON();
      if (!making) answer.response.userHandle ??= null;
      field.value = JSON.stringify(answer);
      form.requestSubmit();
    } catch {
      says.textContent = "The passkey was not used. Try again, or use password and code.";
    }
  });
}
