// @ts-check
// The log of what a person did on this phone: written at the end, never changed, each entry with a hash of the one
// before. An entry is *here* until the server has given its receipt; then it is *received* or *refused*, and *counted*
// once the course's certificate is part of the province's figure.
import { all, ask, get, run } from "./db.js";
import { kept } from "./kept.js";
import { lockKey, makeKeys, seal, sealValue, unlockKey, unseal, unsealValue } from "./vault.js";

/**
 * @typedef {object} Person what the phone knows of somebody who uses it
 * @property {string} id of the account
 * @property {string} name
 * @property {string} phone names this person's log here
 * @property {number} n how many entries the log has
 * @property {string} hash of the last one
 * @property {number} clock what the phone's clock lacks, in milliseconds, when the server was last heard
 * @property {number} seen the server's time then: what is done later is not earlier
 * @property {ArrayBuffer} lock public key
 * @property {CryptoKey} [secret] while the person uses the phone
 * @property {import("./vault.js").Locked} [locked] the same under the PIN
 * @property {CryptoKey} sign
 * @property {ArrayBuffer} proof public key of sign
 * @property {boolean} [registered] the server knows proof
 * @property {{ at: number, count: number, same: boolean }} [agreed] what the last comparison with the server found
 * @property {string} [trouble] what kept the last sending from ending
 */

/**
 * @typedef {object} Entry
 * @property {string} person
 * @property {number} n from 1
 * @property {string} hash of the entry before it and of its text
 * @property {"here"|"received"|"refused"} state
 * @property {number} at
 * @property {import("./vault.js").Sealed} text the fact as it is sent, letter by letter
 * @property {import("./vault.js").Sealed[]} [photos] until they are received
 * @property {string[]} [sent] the server's names of photos that it has
 * @property {{ state: string, reason?: string, say?: string, score?: number, passed?: boolean, certificate?: string }} [receipt]
 * @property {boolean} [counted]
 */

/** Tells every page of this phone that something changed. */
export const news = new BroadcastChannel("lopban");

/** How long something may wait before every page speaks of it: three days. */
export const waitTime = 3 * 24 * 60 * 60 * 1000;

/** @param {ArrayBuffer} bytes */
const text64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The hash of an entry. @param {string} before @param {string} text */
export async function chain(before, text) {
  return text64(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(before + "\n" + text)));
}

/** A UUIDv7: who sorts by it sorts by time. @param {number} [now] */
export function newID(now = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 5, left = now; i >= 0; i--, left = Math.floor(left / 256)) bytes[i] = left % 256;
  bytes[6] = (bytes[6] & 15) | 112;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** @param {string} id @returns {Promise<Person|undefined>} */
export const person = (id) => get("people", id);

/** Makes a person known here at their first sign-in. @param {string} id @param {string} name @returns {Promise<Person>} */
export async function welcome(id, name) {
  const old = await person(id);
  if (old) return old;
  const keys = await makeKeys();
  return run(["people"], "readwrite", async (of) => {
    const other = await ask(of("people").get(id)); // of another tab
    const made = other || { id, name, phone: newID(), n: 0, hash: "", clock: 0, seen: 0, ...keys };
    if (!other) of("people").put(made);
    return made;
  });
}

/** Changes what is known of a person. @param {string} id @param {(p: Person) => void} change */
export async function amend(id, change) {
  await run(["people"], "readwrite", async (of) => {
    const p = await ask(of("people").get(id));
    if (!p) return;
    change(p);
    of("people").put(p);
  });
  news.postMessage(id);
}

/**
 * Writes an entry at the end of a person's log, and is done when it is on the disk.
 * @param {string} id of the person @param {Record<string, any>} fact without number and time
 * @param {Blob[]} [photos] @returns {Promise<Entry>}
 */
export async function append(id, fact, photos = []) {
  const sealed = [];
  for (;;) {
    const p = await person(id);
    if (!p) throw new Error("nobody known here is " + id);
    if (sealed.length < photos.length) for (const photo of photos) sealed.push(await seal(p.lock, await photo.arrayBuffer()));
    // A clock that was set back, or lost its battery, is earlier than what the server said.
    const at = Math.max(Date.now(), p.seen - p.clock);
    const text = JSON.stringify({ n: p.n + 1, id: newID(at), ...fact, at: new Date(at).toISOString(), ...(p.seen ? { clock: p.clock } : {}) });
    /** @type {Entry} */
    const entry = { person: id, n: p.n + 1, hash: await chain(p.hash, text), state: "here", at, text: await seal(p.lock, new TextEncoder().encode(text)) };
    if (photos.length) entry.photos = sealed;
    const written = await run(["people", "log"], "readwrite", async (of) => {
      const now = await ask(of("people").get(id));
      if (now.n !== p.n || now.hash !== p.hash) return false; // another tab was first
      of("people").put({ ...now, n: entry.n, hash: entry.hash });
      of("log").add(entry);
      return true;
    });
    if (!written) continue;
    news.postMessage(id);
    return entry;
  }
}

/** The entries of a person in their order. @param {string} id @returns {Promise<Entry[]>} */
export const entries = (id) => run(["log"], "readonly", (of) => ask(of("log").getAll(IDBKeyRange.bound([id, 0], [id, Infinity]))));

/** The entries that have no receipt. @param {string} id @param {number} [most] @returns {Promise<Entry[]>} */
export const pending = (id, most) => run(["log"], "readonly", (of) => ask(of("log").index("state").getAll(IDBKeyRange.bound([id, "here", 0], [id, "here", Infinity]), most)));

/** @param {Person} p @param {Entry} entry @returns {Promise<string>} the fact as it is sent */
export async function textOf(p, entry) {
  if (!p.secret) throw new Error("locked");
  return new TextDecoder().decode(await unseal(p.secret, entry.text));
}

/** @param {Person} p @param {Entry} entry @returns {Promise<any>} */
export const factOf = async (p, entry) => JSON.parse(await textOf(p, entry));

/** @param {Entry[]} changed entries with what the server said of them */
export async function settle(changed) {
  if (!changed.length) return;
  await run(["log"], "readwrite", (of) => { changed.forEach((entry) => of("log").put(entry)); });
  news.postMessage(changed[0].person);
}

/** How much is where. @param {string} id @returns {Promise<{ here: number, received: number, counted: number, refused: number, since: number }>} */
export async function count(id) {
  const sum = { here: 0, received: 0, counted: 0, refused: 0, since: 0 };
  for (const entry of await entries(id)) {
    if (entry.state === "here") sum.since = sum.here++ ? Math.min(sum.since, entry.at) : entry.at;
    else if (entry.state === "refused") sum.refused++;
    else if (entry.counted) sum.counted++;
    else sum.received++;
  }
  return sum;
}

/** Everybody who uses this phone. @returns {Promise<Person[]>} */
export const people = () => all("people");

/** Puts a person's key under their PIN, for good. It stays open until it is locked. @param {Person} p @param {string} pin */
export async function setPIN(p, pin) {
  if (!p.secret) throw new Error("locked");
  const locked = await lockKey(p.secret, pin);
  await amend(p.id, (now) => { now.locked = locked; });
}

/** Locks a person's things away. Whoever has no PIN stays open. @param {string} id */
export async function lock(id) {
  await stow(id);
  await amend(id, (p) => { if (p.locked) delete p.secret; });
}

/** Opens a person's things. Says whether the PIN was theirs. @param {string} id @param {string} pin */
export async function unlock(id, pin) {
  const p = await person(id), secret = p?.locked && (await unlockKey(p.locked, pin));
  if (!secret) return false;
  await amend(id, (now) => { now.secret = secret; });
  await unstow(id);
  return true;
}

/** What pages keep in the open while somebody types, by the beginning of its name. @param {string} id */
const typed = (id) => ["quiz:", "practice:", "place:"].flatMap((kind) => kept.keys(kind + id + "/"));

/** Seals what a person has typed and not handed in. @param {string} id */
async function stow(id) {
  const p = await person(id), keys = typed(id);
  if (!p?.locked || !keys.length) return;
  await keepOwn(p, "typed", keys.map((key) => [key, kept.get(key)]));
  keys.forEach(kept.drop);
}

/** Brings it back. @param {string} id */
async function unstow(id) {
  const p = await person(id), was = p && (await own(p, "typed"));
  for (const [key, value] of was || []) if (!kept.get(key)) kept.set(key, value);
  if (was) await run(["own"], "readwrite", (of) => { of("own").delete([id, "typed"]); });
}

/** Forgets a person of whom nothing waits, and who has no PIN to lock things with. @param {string} id */
export async function forget(id) {
  await run(["people", "log", "own"], "readwrite", (of) => {
    of("people").delete(id);
    of("log").delete(IDBKeyRange.bound([id, 0], [id, Infinity]));
    of("own").delete(IDBKeyRange.bound([id, ""], [id, "\uffff"]));
  });
  typed(id).forEach(kept.drop);
}

/** Keeps something of a person's own beside the log, sealed. @param {Person} p @param {string} key @param {any} value */
export async function keepOwn(p, key, value) {
  const sealed = await sealValue(p.lock, value);
  await run(["own"], "readwrite", (of) => { of("own").put({ person: p.id, key, sealed }); });
}

/** @param {Person} p @param {string} key @returns {Promise<any>} null for nothing */
export async function own(p, key) {
  const found = await get("own", [p.id, key]);
  return found && p.secret ? unsealValue(p.secret, found.sealed) : null;
}

/** @typedef {{ draw: number, asks: string[] }} Draw which questions an attempt asks */

/** Keeps which questions of a lesson's quiz the next attempts ask. @param {Person} p @param {string} course @param {string} lesson @param {Draw[]} draws */
export const keepDraws = (p, course, lesson, draws) => keepOwn(p, `draw:${course}/${lesson}`, { draws });

/** What is kept of them, or was by an earlier release: of the next attempt alone. @param {Person} p @param {string} course @param {string} lesson @returns {Promise<Draw[]>} */
export async function drawsOf(p, course, lesson) {
  const found = await own(p, `draw:${course}/${lesson}`);
  return found ? found.draws || [found] : [];
}

/** Keeps bytes of a person's own, sealed. @param {Person} p @param {string} key @param {ArrayBuffer} bytes */
export async function keepBytes(p, key, bytes) {
  const sealed = await seal(p.lock, bytes);
  await run(["own"], "readwrite", (of) => { of("own").put({ person: p.id, key, sealed }); });
}

/** @param {Person} p @param {string} key @returns {Promise<ArrayBuffer|null>} null for nothing */
export async function ownBytes(p, key) {
  const found = await get("own", [p.id, key]);
  return found && p.secret ? unseal(p.secret, found.sealed) : null;
}

/** The keys of a person's own that begin so. @param {Person} p @param {string} start @returns {Promise<string[]>} */
export async function ownKeys(p, start) {
  const keys = await run(["own"], "readonly", (of) => ask(of("own").getAllKeys(IDBKeyRange.bound([p.id, start], [p.id, start + "\uffff"]))));
  return keys.map((/** @type {any} */ key) => key[1]);
}

/** @param {Person} p @param {string} key */
export const drop = (p, key) => run(["own"], "readwrite", (of) => { of("own").delete([p.id, key]); });
