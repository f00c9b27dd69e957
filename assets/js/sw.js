// @ts-check
// The worker: pages come from the network, and where there is none from what was taken along. What it caches is the
// same for everybody. Its imports have their hash in their names, so no browser starts it with an old half.
import { set, setting } from "/assets/db.js";
import { factOfForm } from "/assets/form.js";
import { append, person } from "/assets/log.js";
import { send } from "/assets/outbox.js";
import { packWith, taken } from "/assets/packs.js";
import { paper, paperAt } from "/assets/papers.js";

const self = /** @type {any} */ (globalThis);
const shell = [
  "/assets/site.css", "/assets/site.js", "/assets/dom.js", "/assets/kept.js", "/assets/db.js", "/assets/vault.js", "/assets/log.js", "/assets/outbox.js",
  "/assets/packs.js", "/assets/papers.js", "/assets/form.js", "/assets/here.js", "/assets/phone.js", "/assets/along.js", "/assets/practice.js", "/assets/icon.svg", "/assets/thread.svg",
];
const pages = { vi: "/offline?lang=vi", en: "/offline?lang=en" };
const store = "lopban-shell-" + shell.join(); // another one for other files

self.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(store);
    const get = (/** @type {string} */ url) => new Request(url, { credentials: "omit", cache: url.startsWith("/offline") ? "reload" : "default" });
    await cache.addAll([...shell, ...Object.values(pages)].map(get));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("lopban-shell-") && name !== store) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("sync", (/** @type {any} */ event) => {
  if (event.tag.startsWith("send:")) event.waitUntil(later(event.tag.slice(5)));
});

/** Rejects while something still waits: then the browser tries again. @param {string} id */
async function later(id) {
  const trouble = await send(id);
  if (trouble === "offline" || trouble === "busy") throw new Error(trouble);
}

self.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/assets/")) event.respondWith(kept(request));
  else if (url.pathname.startsWith("/media/") && request.method === "GET") event.respondWith(picture(request, url.pathname));
  else if (request.method === "GET" && paperAt(url.pathname)?.kind) event.respondWith(certificate(request, url.pathname));
  else if (request.mode === "navigate" && request.method === "GET") event.respondWith(page(request));
  else if (request.mode === "navigate" && url.pathname === "/language") event.respondWith(speak(request));
  else if (request.mode === "navigate" && url.pathname.startsWith("/courses/")) event.respondWith(handIn(request, url.pathname));
});

/** @param {Request} request */
async function kept(request) {
  return (await caches.match(request.url, { ignoreVary: true })) || fetch(request);
}

/** @param {Request} request @param {string} path */
async function picture(request, path) {
  return (await taken(path)) || fetch(request);
}

/** A file of a certificate, where there is no network the one that is kept. @param {Request} request @param {string} path */
async function certificate(request, path) {
  let answer;
  try {
    answer = await fetch(request);
    if (!away.includes(answer.status)) return answer;
  } catch { /* no network */ }
  try {
    const id = await setting("current"), p = id && (await person(id));
    const bytes = p && (await paper(p, path.slice("/certificates/".length)));
    const type = path.endsWith(".pdf") ? "application/pdf" : "image/svg+xml";
    if (bytes) return new Response(bytes, { headers: { "Content-Type": type, "Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store" } });
  } catch { /* nothing is kept */ }
  return answer || (request.mode === "navigate" ? offline() : Response.error());
}

const away = [502, 503, 504]; // what stands before the server answers in its place, or it has no room just now

/** @param {Request} request */
async function page(request) {
  try {
    const answer = await fetch(request);
    return away.includes(answer.status) && (await has(new URL(request.url).pathname)) ? offline() : answer;
  } catch {
    return offline();
  }
}

/** Says whether a page was taken along. @param {string} path */
async function has(path) {
  try { return Boolean(await packWith(path, "vi")); } catch { return false; }
}

/** The page that shows what is on this phone, whatever its address. */
async function offline() {
  const cache = await caches.open(store);
  const lang = await language();
  return (await cache.match(pages[lang], { ignoreVary: true })) || Response.error();
}

/** @returns {Promise<"vi"|"en">} */
async function language() {
  try { return (await setting("lang")) === "en" ? "en" : "vi"; } catch { return "vi"; }
}

/** The language is this phone's too. @param {Request} request */
async function speak(request) {
  const copy = request.clone();
  try {
    return await fetch(request);
  } catch {
    const form = await copy.formData(), back = new URL(String(form.get("back")), self.location.origin);
    await set("lang", form.get("lang") === "en" ? "en" : "vi");
    return Response.redirect(back.origin === self.location.origin ? back.href : "/phone", 303);
  }
}

/** A learner's form goes to the server, or else into the log. @param {Request} request @param {string} path */
async function handIn(request, path) {
  const copy = request.clone();
  let answer;
  try {
    answer = await fetch(request);
    if (!away.includes(answer.status)) return answer;
  } catch { /* no network */ }
  try {
    const entry = await keep(path, await copy.formData());
    if (entry) return Response.redirect(await after(path, entry.n), 303);
  } catch (error) { // the phone takes no more: what was typed is still on the page before
    return answer || Response.redirect(path + "?unkept=1", 303);
  }
  return answer || offline();
}

/** @param {string} path @param {FormData} form */
async function keep(path, form) {
  const brought = factOfForm(path, form, await language());
  if (!brought) return null;
  const entry = await append(brought.person, brought.fact, brought.photos);
  await self.registration.sync?.register("send:" + brought.person).catch(() => {}); // a bonus: pages send too
  return entry;
}

/** Where a learner goes on after an entry: to the lesson's quiz, or to the next lesson. @param {string} path @param {number} n */
async function after(path, n) {
  const [, , course, lesson, page] = path.split("/");
  const pack = await packWith(path, await language());
  const i = pack ? pack.lessons.findIndex((one) => one.id === lesson) : -1;
  const next = pack && i >= 0 && !page ? (pack.lessons[i].quiz ? lesson + "/quiz" : pack.lessons[i + 1]?.id) : "";
  if (page === "quiz" || page === "remark" || lesson === "practice") return `${path}?kept=${n}`;
  return `/courses/${course}${next ? "/" + next : ""}?kept=${n}`;
}
