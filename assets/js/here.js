// @ts-check
// On every page: whose phone this is now, what of theirs waits, and the sending of it on any network.
import { set, setting } from "./db.js";
import { $ } from "./dom.js";
import { count, forget, keepDraws, lock, waitTime, people, person, welcome } from "./log.js";
import { send } from "./outbox.js";

const bar = $("[data-log]"), owner = $("[data-person]");
const later = 60_000; // until what could not be sent is tried again while a page is open

/** Says a sentence with numbers in it. @param {string} text @param {...any} values */
export const fill = (text, ...values) => values.reduce((said, value) => said.replace("%s", String(value)), text);

/** The person who uses this phone now, undefined for nobody. */
export async function current() {
  if (owner) return welcome(owner.dataset.person, owner.dataset.name);
  const id = await setting("current");
  return id ? person(id) : undefined;
}

/** Says whether somebody else opened this phone with their PIN since: this page's session is not theirs. */
async function takenOver() {
  const opened = await setting("opened");
  if (!opened || opened === owner.dataset.person) return false;
  await fetch("/sign-out", { method: "POST" });
  location.replace("/sign-in?next=" + encodeURIComponent(location.pathname));
  return true;
}

/** Whoever signs in is the one who uses the phone now: the others are locked. @param {string} id */
async function takeOver(id) {
  await set("current", id);
  await set("opened", "");
  for (const other of await people()) if (other.id !== id && other.secret) await lock(other.id);
}

/** Nobody signs out and leaves work behind unsent. @param {string} id */
function guardSignOut(id) {
  const form = $('form[action="/sign-out"]');
  let ready = false;
  form?.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    if (ready) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await go(id);
    const { here } = await count(id), p = await person(id);
    if (here) { tell("leave", fill(bar.dataset.leave, here), "bad"); return; }
    if (p?.locked) await lock(id); else await forget(id);
    await set("current", "");
    ready = true;
    form.requestSubmit();
  });
}

/**
 * Says something: at the head of a page that a script draws, and else at its foot, where nothing moves for it.
 * @param {string} what @param {string} text @param {string} kind
 */
function tell(what, text, kind) {
  let note = $(`[data-note="${what}"]`);
  if (!note) {
    note = document.createElement("div");
    note.setAttribute("role", kind === "bad" ? "alert" : "status");
    note.dataset.note = what;
    if ($("#words")) $("main").prepend(note); else $(".foot").append(note);
  }
  note.className = "note " + kind;
  note.textContent = text;
  if (kind === "bad") note.scrollIntoView({ block: "center" });
}

/** Waits until the page has everything it shows. */
async function loaded() {
  if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done, { once: true }));
}

/** Gives what is done once it is said what waits. @returns {Promise<(() => Promise<void>)|undefined>} */
async function start() {
  if (owner && (await takenOver())) return undefined;
  if (!owner && !$("#words")) await set("opened", ""); // the server knows of nobody: whoever signs in now is meant
  const p = await current();
  if (!p) return undefined;
  if (owner) {
    guardSignOut(p.id);
    await takeOver(p.id);
    await set("lang", document.documentElement.lang);
  }
  new BroadcastChannel("lopban").onmessage = () => show(p.id);
  for (const sign of ["online", "focus"]) addEventListener(sign, () => go(p.id));
  await show(p.id);
  return async () => {
    if (owner) {
      await loaded(); // on a thin network the page comes first
      await navigator.serviceWorker.register("/sw.js", { type: "module", updateViaCache: "none" });
    }
    await go(p.id);
    await keepAsk();
    await keepNext(p);
    if (owner && location.pathname.startsWith("/certificates")) {
      const { keepPapers, paperAt } = await import("./papers.js");
      await keepPapers(p, paperAt(location.pathname)?.code).catch(() => {}); // a bonus: the page itself is there
    }
  };
}

/** Keeps which questions the next attempts at the quiz of this page ask. @param {import("./log.js").Person} p */
async function keepNext(p) {
  const next = owner && $("[data-draws]")?.dataset.draws, [, , course, lesson] = location.pathname.split("/");
  if (next) await keepDraws(p, course, lesson, JSON.parse(next));
}

/** Keeps whom to ask for help: it is a public number, and needed most by who cannot get in. */
async function keepAsk() {
  const ask = $("[data-ask]");
  if (!ask) return;
  const now = { text: $("[data-ask-text]", ask).textContent, phone: $("a", ask)?.textContent || "" }, old = await setting("ask");
  if (now.text !== old?.text || now.phone !== old?.phone) await set("ask", now);
}

let waiting = 0;

/** Sends what waits, now and while it waits. @param {string} id */
export async function go(id) {
  clearTimeout(waiting);
  const { here } = await count(id);
  if (!here) return;
  const trouble = await send(id);
  await show(id);
  if (trouble === "offline" || trouble === "busy") waiting = setTimeout(() => go(id), later);
}

/** Says at the foot of the page what is where. @param {string} id */
async function show(id) {
  if (!bar) return;
  const { here, received, counted, refused, since } = await count(id), words = bar.dataset;
  const parts = [];
  if (here) parts.push(fill(words.here, here));
  if (received) parts.push(fill(words.received, received));
  if (counted) parts.push(fill(words.counted, counted));
  if (refused) parts.push(fill(words.refused, refused));
  bar.hidden = !parts.length;
  $("a", bar).textContent = parts.join(" · ");
  const date = new Date(since).toLocaleDateString(document.documentElement.lang === "en" ? "en-GB" : "vi-VN", { day: "2-digit", month: "2-digit", year: "numeric" });
  if (here && Date.now() - since > waitTime) tell("late", fill(words.late, here, date), "wait");
  else $('[data-note="late"]')?.remove();
}

/** A phone that keeps nothing (private mode, an old browser, no room) says so, and everything works with a network. */
function sayOff() {
  if (!bar || !owner) return;
  bar.hidden = false;
  bar.textContent = bar.dataset.off;
}

// What a form left on this phone is said on the page that it led to.
const led = new URLSearchParams(location.search);
if (bar && led.has("kept") && $("#words")) tell("kept", bar.dataset.kept, "good");
if (bar && led.has("unkept")) tell("kept", bar.dataset.unkept, "bad");

/** When it is known what waits: a page that a script draws is drawn after that. */
export const ready = begin();

async function begin() {
  if (!("serviceWorker" in navigator) || !window.indexedDB || !crypto.subtle) { sayOff(); return; }
  try {
    const on = await start();
    on?.().catch(sayOff);
  } catch {
    sayOff();
  }
}
