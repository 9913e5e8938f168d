"use strict";
/* Keyboard, reveal and heartbeat. Every screen works without this file: it only presses its buttons. */

const typing = (target) =>
  target.matches("textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox])");
const shown = (element) => element.getClientRects().length > 0;
const one = (selector) => [...document.querySelectorAll(selector)].find(shown);
const csrf = document.body.dataset.csrf || "";

function say(text) {
  document.getElementById("said").textContent = text;
}

/* The queue: j and k walk the rows; Enter then opens the focused one by itself. */
function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  next.focus();
  next.closest("li").scrollIntoView({ block: "nearest" });
  return true;
}

/* The decide form: a letter chooses the verdict, a number the animal or the reason. */
function choose(number) {
  const form = document.getElementById("decide");
  if (!form) return false;
  const part = [...form.querySelectorAll(".when-a, .when-r")].find(shown);
  if (!part) return false;
  const input = part.querySelectorAll(".taxa input[type=radio]")[number - 1];
  if (!input) return false;
  const fold = input.closest("details");
  if (fold) fold.open = true;
  input.click();
  input.focus();
  return true;
}

function press(key) {
  const target = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(
    (element) => shown(element.closest("label") || element),
  );
  if (!target) return false;
  target.click();
  if (target.type === "radio") {
    target.focus();
    say(target.closest("label").textContent.trim());
  }
  return true;
}

function submitDecision() {
  const button = one("#decide .when-a .btn.wide, #decide .when-r .btn.wide, #decide .when-u .btn.wide, #decide .when-s .btn.wide");
  if (!button) return false;
  button.click();
  return true;
}

const SHEET = [
  ["J K", "down and up in the queue"], ["Enter", "open and hold; or send the decision"],
  ["N", "start with the next"], ["A R U S", "infringing, not, unsure, skip"],
  ["1–9", "animal, or reason why not"], ["Z", "undo"], ["V", "hold to see the pictures"],
  ["G", "pictures in grey"], ["?", "this sheet"],
];

function openSheet() {
  let sheet = document.querySelector("dialog.sheet");
  if (!sheet) {
    sheet = document.createElement("dialog");
    sheet.className = "sheet";
    sheet.setAttribute("aria-label", "Keys");
    const list = document.createElement("dl");
    for (const [keys, meaning] of SHEET) {
      const term = document.createElement("dt");
      for (const key of keys.split(" ")) {
        const cap = document.createElement("kbd");
        cap.textContent = key;
        term.append(cap, " ");
      }
      const text = document.createElement("dd");
      text.textContent = meaning;
      list.append(term, text);
    }
    const form = document.createElement("form");
    form.method = "dialog";
    const close = document.createElement("button");
    close.className = "btn";
    close.textContent = "Close";
    form.append(close);
    const title = document.createElement("h2");
    title.textContent = "Keys";
    sheet.append(title, list, form);
    document.body.append(sheet);
  }
  sheet.showModal();
  return true;
}

const KEYS = {
  j: () => step(1), k: () => step(-1), "?": openSheet,
  g: () => { const grey = document.getElementById("grey"); if (grey) grey.click(); return Boolean(grey); },
  v: () => { document.body.classList.add("reveal"); return true; },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "enter") {
    if (!event.target.matches("a, button, summary") && submitDecision()) event.preventDefault();
    return;
  }
  const done = KEYS[key] ? KEYS[key]() : /^[1-9]$/.test(key) ? choose(Number(key)) : press(key);
  if (done) event.preventDefault();
});
document.addEventListener("keyup", (event) => {
  if (event.key.toLowerCase() === "v") document.body.classList.remove("reveal");
});
window.addEventListener("blur", () => document.body.classList.remove("reveal"));

/* The legal ground follows the animal while nobody has edited it. */
const ground = document.querySelector("textarea[data-ground]");
const filled = document.querySelector("input[data-filled-in]");
document.addEventListener("change", (event) => {
  const text = event.target.dataset && event.target.name === "taxon" ? event.target.dataset.ground : "";
  if (!text || !ground || ground.value !== filled.value) return;
  ground.value = text;
  filled.value = text;
});
/* Product and form belong together for live animals. */
document.addEventListener("change", (event) => {
  if (event.target.id !== "product") return;
  const form = document.querySelector("select[name=form]");
  if (event.target.value === "LIV") form.value = "live";
  else if (form.value === "live") form.value = "part";
});

/* A listing that is held stays held while its page is open. */
const lease = document.querySelector("[data-lease]");
async function renew() {
  try {
    const answer = await fetch(`/tasks/${lease.dataset.lease}/renew`, {
      method: "POST", headers: { "x-csrf-token": csrf },
    });
    const { held, minutes } = await answer.json();
    if (held) lease.querySelector("[data-left]").textContent = `${minutes} min`;
    else lease.textContent = "You no longer hold this. Reload before you decide.";
  } catch {
    lease.textContent = "The connection is lost; nothing you typed is lost yet.";
  }
}
if (lease) setInterval(() => { if (!document.hidden) renew(); }, 60000);

/* Pages that show work under way follow it. */
const live = document.querySelector("[data-refresh]");
async function refresh() {
  const now = document.querySelector("#live");
  if (!now || document.hidden || now.contains(document.activeElement)) return;
  const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#live");
  if (fresh) now.replaceWith(fresh);
}
if (live) setInterval(refresh, 1000 * Number(live.dataset.refresh));
