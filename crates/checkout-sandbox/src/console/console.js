// Keeps the console up to date: what something happened in is fetched again, whole, as the server renders it.
"use strict";

const main = document.getElementById("main");
const live = document.querySelector("[data-live]");
// Which part of the page shows what an event tells of.
const parts = { request: ["requests", "faults"], session: ["sessions"], delivery: ["deliveries"], fault: ["faults"] };
const all = ["requests", "sessions", "deliveries", "faults"];
// At most so often, in milliseconds: a thousand requests are not a thousand reloads.
const pause = 150;

const waiting = new Set();
let timer = null;

function ask(names) {
  for (const name of names) waiting.add(name);
  if (timer === null) timer = setTimeout(refresh, pause);
}

async function refresh() {
  const names = [...waiting];
  waiting.clear();
  try {
    await Promise.all(names.map(replace));
  } catch {
    live.textContent = "Part of the page could not be brought up to date. Reload it.";
  }
  timer = null;
  if (waiting.size > 0) ask([]);
}

async function replace(name) {
  const answer = await fetch(`/_sandbox/console/${name}${main.dataset.query}`, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of fresh.querySelectorAll(".part")) {
    const old = document.getElementById(part.id);
    if (old !== null && old.innerHTML !== part.innerHTML) swap(old, document.adoptNode(part));
  }
}

// What was open stays open, and what had the focus has it still.
function swap(old, part) {
  for (const open of old.querySelectorAll("details[open][id]")) {
    const same = part.querySelector(`#${CSS.escape(open.id)}`);
    if (same !== null) same.open = true;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const row = focused?.closest("[id]")?.id;
  old.replaceWith(part);
  if (row !== undefined) {
    const same = document.getElementById(row);
    const target = focused.localName === "summary" ? same?.querySelector("summary") : same;
    target?.focus({ preventScroll: true });
  }
}

const events = new EventSource("/_sandbox/events");
events.addEventListener("open", () => {
  live.textContent = "Live.";
  // What happened before the stream was open, or while it was not.
  ask(all);
});
events.addEventListener("error", () => {
  live.textContent = "The sandbox does not answer. Trying again.";
});
events.addEventListener("lagged", () => ask(all));
for (const [kind, names] of Object.entries(parts)) {
  events.addEventListener(kind, () => ask(names));
}
