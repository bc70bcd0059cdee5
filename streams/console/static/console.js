// What moves: parts of a page are fetched anew when the server says that something changed, and
// keys do what links and buttons do. Without it all works, by loading pages again.
"use strict";

const list = () => Array.from(document.querySelectorAll("[data-list] > *"));
const chosen = () => document.querySelector("[data-list] > .chosen");
const typing = (where) => where.closest("input, textarea, select, [contenteditable]") !== null;

function choose(item) {
  list().forEach((one) => one.classList.toggle("chosen", one === item));
  const link = item.querySelector("[data-open]") || item;
  link.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const items = list();
  if (!items.length) return;
  const at = items.indexOf(chosen() || document.activeElement.closest("[data-list] > *"));
  choose(items[Math.min(items.length - 1, Math.max(0, at < 0 ? 0 : at + by))]);
}

function keys() {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

const press = {
  j: () => step(1),
  k: () => step(-1),
  a: () => {
    const where = chosen() || document.activeElement.closest("[data-list] > *") || document;
    const button = where.querySelector("[data-acknowledge]");
    if (button) button.form.requestSubmit(button);
  },
  g: () => { location.href = "/"; },
  "/": () => {
    const field = document.querySelector("[data-search]");
    if (field) field.focus();
    else location.href = "/search";
  },
  "?": keys,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const act = press[event.key];
  if (!act || (event.target.closest("dialog") && event.key !== "?")) return;
  event.preventDefault();
  act();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  navigator.clipboard.writeText(text).then(
    () => say("Copied."),
    () => say("The browser wouldn't copy; select the text instead."),
  );
});

// One form is sent once: a second press of its button would be another act.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

function say(text) {
  const place = document.getElementById("live");
  if (place && place.textContent !== text) place.textContent = text;
}

// Somebody who has begun to write in a part, or opened one, keeps it as it is.
function busy(part) {
  const active = document.activeElement;
  if (part.contains(active) && typing(active)) return true;
  return Array.from(part.querySelectorAll("input, textarea, select")).some(
    (field) => field.type !== "hidden" && (
      field.type === "checkbox" || field.type === "radio"
        ? field.checked !== field.defaultChecked
        : field.tagName === "SELECT"
          ? Array.from(field.options).some((one) => one.selected !== one.defaultSelected)
            && field.selectedIndex > 0
          : field.value !== field.defaultValue
    ),
  );
}

function place(part) {
  const active = document.activeElement;
  if (!part.contains(active)) return null;
  const holder = active.closest("[data-key]");
  const all = (root) => Array.from(root.querySelectorAll("a, button, summary"));
  return {
    key: holder && holder.dataset.key,
    index: all(holder || part).indexOf(active),
    find(root) {
      const within = this.key
        ? Array.from(root.querySelectorAll("[data-key]")).find((one) => one.dataset.key === this.key)
        : root;
      const found = within && all(within);
      return found && (found[this.index] || found[0]);
    },
  };
}

function swap(old, fresh) {
  const focus = place(old);
  const key = old.querySelector(".chosen[data-key]")?.dataset.key;
  const open = new Set(Array.from(old.querySelectorAll("details[open][id]"), (one) => one.id));
  const part = document.importNode(fresh, true);
  part.querySelectorAll("details[id]").forEach((one) => { if (open.has(one.id)) one.open = true; });
  old.replaceWith(part);
  if (key) {
    const item = list().find((one) => one.dataset.key === key);
    if (item) item.classList.add("chosen");
  }
  const target = focus && focus.find(part);
  if (target) target.focus({ preventScroll: true });
}

// Many browsers ask at once when something changes, so each leaves time between, and the more the
// slower the console answers.
const least = 1000;
let asked = false;
let again = false;
async function refresh() {
  if (asked) { again = true; return; }
  asked = true;
  const began = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected || answer.status === 401) { location.reload(); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    let changed = false;
    document.querySelectorAll("[data-part]").forEach((old) => {
      const found = fresh.getElementById(old.id);
      if (found && !busy(old) && found.outerHTML !== old.dataset.as) {
        const as = found.outerHTML;
        swap(old, found);
        document.getElementById(old.id).dataset.as = as;
        changed = changed || old.id !== "health";
      }
    });
    if (changed) say(`Live, last changed at ${new Date().toISOString().slice(11, 19)} UTC.`);
  } catch {
    say("The console doesn't answer. What is shown may be old.");
  } finally {
    setTimeout(() => {
      asked = false;
      if (again) { again = false; refresh(); }
    }, Math.max(least, 10 * (performance.now() - began)));
  }
}

// Traffic changes all the time; that is told four times a minute, and not by all at once.
let due = null;
function refreshSoon() {
  if (due !== null) return;
  due = setTimeout(() => { due = null; refresh(); }, 10000 + Math.random() * 10000);
}

const wanted = document.body.dataset.listen;
const about = document.body.dataset.about;
let source = null;
let last = "";

function heard(event) {
  last = event.lastEventId;
  if (event.type === "traffic") refreshSoon();
  else if (!about || event.data === "*" || event.data === about) refresh();
}

function listen() {
  source = new EventSource(last ? `/events?after=${last}` : "/events");
  source.addEventListener("open", () => {
    say("Live.");
    // What changed between the page and the first connection was told to nobody.
    if (!last) refresh();
  });
  source.addEventListener("error", () => say("Not connected. What is shown may be old."));
  ["reload", "anew"].forEach((kind) => source.addEventListener(kind, (event) => {
    last = event.lastEventId;
    refresh();
  }));
  wanted.split(" ").forEach((kind) => source.addEventListener(kind, heard));
}

if (wanted) {
  if (!document.hidden) listen();
  // A browser opens few connections to one site: those behind others leave theirs.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close();
    else listen();
  });
}
