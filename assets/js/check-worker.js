// @ts-check
// Keeps the check page for when there is no network. The list "keep" stands before this text; its first entry is the
// page, as it is for who is not signed in.
const worker = /** @type {any} */ (globalThis);
const shelf = "check:" + keep.join();

addEventListener("install", (/** @type {any} */ event) => {
  worker.skipWaiting();
  event.waitUntil(caches.open(shelf).then((cache) => Promise.all(keep.map((url) =>
    fetch(url, { credentials: "omit", cache: "reload" }).then((answer) => answer.ok ? cache.put(url,
      answer) : Promise.reject(url))))));
});

addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith("check:") &&
    name !== shelf)
    .map((name) => caches.delete(name)))).then(() => worker.clients.claim()));
});

// A thin network that answers nothing is none.
/** @param {number} ms @returns {Promise<undefined>} */
const late = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

addEventListener("fetch", (/** @type {any} */ event) => {
  /** @type {Request} */
  const request = event.request;
  /** @param {string} url */
  const kept = (url) => caches.match(url, { ignoreVary: true });
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  if (request.mode === "navigate") {
    const asked = fetch(request).catch(() => undefined);
    event.respondWith(Promise.race([asked, late(8000)])
      .then((answer) => answer && answer.status < 500 ? answer : kept(keep[0]).then((page) => page || asked))
      .then((answer) => answer || Response.error()));
  } else if (keep.includes(new URL(request.url).pathname)) {
    event.respondWith(kept(request.url).then((answer) => answer || fetch(request)));
  }
});
