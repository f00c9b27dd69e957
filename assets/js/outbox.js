// @ts-check
// Brings a person's log to the server: looks at what waits, sends it, and takes it off the list only on its receipt.
// Whatever goes wrong on the way, it may be sent again.
import { amend, entries, factOf, keepDraws, pending, person, settle, textOf } from "./log.js";
import { unseal } from "./vault.js";

const batch = 50; // facts at once: 10 KB, a few seconds on 2G

/** @typedef {import("./log.js").Entry} Entry */
/** @typedef {import("./log.js").Person} Person */

/**
 * Sends what waits. The word it ends with is "" when nothing waits any more, or else what kept it: "offline", "busy",
 * "sign-in", "other" (somebody else is signed in), "locked", "refused" (the server does not take the request).
 * @param {string} id of the person @param {typeof fetch} [ask] @returns {Promise<string>}
 */
export async function send(id, ask = (...what) => fetch(...what)) {
  const work = () => sendAll(id, ask);
  const trouble = navigator.locks ? await navigator.locks.request("lopban-send-" + id, work) : await work();
  await amend(id, (p) => { p.trouble = trouble; });
  return trouble;
}

/** @param {string} id @param {typeof fetch} ask */
async function sendAll(id, ask) {
  for (let last = -1; ;) {
    const p = await person(id);
    if (!p) return "";
    const waiting = await pending(id, batch);
    if (!waiting.length) return "";
    if (!p.secret) return "locked";
    const trouble = await sendSome(p, waiting, ask);
    if (trouble) return trouble;
    const again = await resend(p.id, last);
    if (again < 0) return "";
    last = again;
  }
}

/** @param {Person} p @param {Entry[]} waiting @param {typeof fetch} ask @returns {Promise<string>} */
async function sendSome(p, waiting, ask) {
  /** @type {Record<string, string[]>} */
  const photos = {};
  const facts = [], texts = [], sending = [];
  for (const one of waiting) {
    const text = await textOf(p, one), fact = JSON.parse(text);
    let entry = one;
    if (one.photos) {
      const [trouble, now] = await bringPhotos(p, one, ask);
      if (trouble) return trouble;
      entry = now;
      photos[fact.id] = entry.sent || [];
    }
    facts.push(fact);
    texts.push(text);
    sending.push(entry);
  }
  const sentAt = Date.now();
  const head = JSON.stringify({ person: p.id, phone: p.phone, sentAt: new Date(sentAt).toISOString(), photos }).slice(0, -1);
  const answer = await post(ask, "/api/v1/facts", `${head},"facts":[${texts.join(",")}]}`, "application/json");
  if (typeof answer === "string") return answer;
  const { receipts, log, now } = answer;
  if (!Array.isArray(receipts) || receipts.length !== sending.length) return "refused";
  if (receipts.some((r) => r.reason === "not-yours")) return "other";
  if (receipts.some((r) => r.reason === "photo-gone")) { // the server kept them for a day
    await settle(sending.map((entry) => (entry.photos ? { ...entry, sent: [] } : entry)));
    return "busy";
  }
  await settle(sending.map((entry, i) => received(entry, receipts[i])));
  for (const [i, { course, lesson }] of facts.entries()) if (receipts[i].draws) await keepDraws(p, course, lesson, receipts[i].draws);
  await earned(p, new Set(facts.filter((_, i) => receipts[i].certificate).map((fact) => fact.course)));
  if (log) await compare(p.id, log, sentAt, Date.parse(now));
  return "";
}

/** @param {Entry} entry @param {any} r @returns {Entry} */
function received(entry, r) {
  // Photos that are nowhere else stay: those of a refused entry, and one that the server could not read.
  if (r.state === "refused" || entry.sent?.includes("")) return { ...entry, state: r.state === "refused" ? "refused" : "received", receipt: r };
  const { photos, sent, ...rest } = entry;
  return { ...rest, state: "received", receipt: r };
}

/** A certificate counts in the province's figure: so does what was done for it. @param {Person} p @param {Set<string>} courses */
export async function earned(p, courses) {
  if (!courses.size) return;
  const counted = [];
  for (const entry of await entries(p.id)) {
    if (entry.state === "received" && !entry.counted && courses.has((await factOf(p, entry)).course)) counted.push({ ...entry, counted: true });
  }
  await settle(counted);
}

/**
 * Keeps what the server says of this log beside what the phone has: how many entries, and the hash of the last of them.
 * @param {string} id @param {{ count: number, hash: string }} log @param {number} sentAt @param {number} now the server's time
 */
async function compare(id, log, sentAt, now) {
  const mine = (await entries(id))[log.count - 1];
  const same = log.count === 0 ? log.hash === "" : Boolean(mine && mine.hash === log.hash);
  await amend(id, (p) => {
    p.agreed = { at: Date.now(), count: log.count, same };
    if (!now) return;
    p.clock = Math.round(now - (sentAt + Date.now()) / 2);
    p.seen = Math.max(p.seen, now);
  });
}

/**
 * A server that came from a backup lacks what it had a receipt for: that waits again. Gives how far the server is when
 * there is something to send, -1 for nothing.
 * @param {string} id @param {number} last how far it was before
 */
async function resend(id, last) {
  const p = await person(id);
  if (!p?.agreed) return p ? p.n : -1;
  const { count, same } = p.agreed;
  const lacking = (await entries(id)).filter((entry) => entry.n > count && entry.state === "received");
  if (!lacking.length || !same || count <= last) return (await pending(id, 1)).length ? count : -1;
  await settle(lacking.map((entry) => ({ ...entry, state: "here" })));
  return count;
}

/**
 * Brings the photos of an entry one by one, and goes on where it was broken off.
 * @param {Person} p @param {Entry} entry @param {typeof fetch} ask @returns {Promise<[string, Entry]>}
 */
async function bringPhotos(p, entry, ask) {
  const photos = entry.photos || [];
  let now = entry;
  for (let i = (entry.sent || []).length; i < photos.length; i++) {
    const answer = await post(ask, "/api/v1/photos", await unseal(/** @type {CryptoKey} */ (p.secret), photos[i]), "image/jpeg");
    if (typeof answer === "string" && answer !== "refused") return [answer, now];
    now = { ...now, sent: [...(now.sent || []), typeof answer === "string" ? "" : answer.name] }; // "": it could not be taken, and stays on the phone
    await settle([now]);
  }
  return ["", now];
}

/**
 * What the server answers, or a word for what kept it from answering.
 * @param {typeof fetch} ask @param {string} path @param {BodyInit} body @param {string} type @returns {Promise<any>}
 */
async function post(ask, path, body, type) {
  let answer;
  try {
    answer = await ask(path, { method: "POST", body, headers: { "Content-Type": type }, redirect: "error", cache: "no-store" });
    if (answer.ok) return await answer.json(); // torn off in the middle it is no answer
  } catch {
    return "offline";
  }
  if (answer.status === 401) return "sign-in";
  if (answer.status === 429 || answer.status >= 500) return "busy";
  return "refused";
}
