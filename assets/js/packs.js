// @ts-check
// Courses that were taken along: their pages in the database, which hold nothing of anybody, and their pictures in a
// cache by addresses that never change.
import { all, ask, run } from "./db.js";

/**
 * @typedef {object} Pack
 * @property {string} key course and language
 * @property {string} course
 * @property {string} version
 * @property {string} lang
 * @property {string} title
 * @property {Record<string, { title: string, html: string }>} pages by path
 * @property {{ id: string, quiz: boolean, draws: boolean }[]} lessons in their order
 * @property {string[]} pictures addresses
 * @property {{ url: string, bytes: number }[]} media sounds and films
 * @property {number} size in bytes, pictures too
 * @property {boolean} withMedia
 */

const shelf = "lopban-taken";

/** @returns {Promise<Pack[]>} */
export const packs = () => all("packs");

/**
 * The pack with this page, the one in the language first.
 * @param {string} path @param {string} lang
 */
export async function packWith(path, lang) {
  const having = (await packs()).filter((pack) => pack.pages[path]);
  return having.find((pack) => pack.lang === lang) || having[0];
}

/**
 * Takes a course along. It is there once everything of it is.
 * @param {string} url of the pack @param {boolean} withMedia @param {(done: number, of: number) => void} tell bytes so far
 * @returns {Promise<Pack>}
 */
export async function take(url, withMedia, tell) {
  const answer = await fetch(url, { cache: "no-store" });
  if (!answer.ok) throw new Error("status " + answer.status);
  const text = await answer.text();
  const made = JSON.parse(text);
  const files = [...made.pictures, ...(withMedia ? made.media : [])];
  const bytes = new TextEncoder().encode(text).length;
  const whole = bytes + files.reduce((sum, file) => sum + file.bytes, 0);
  let done = bytes;
  tell(done, whole);
  const cache = await caches.open(shelf);
  for (const file of files) {
    if (!(await cache.match(file.url))) {
      const got = await fetch(file.url, { credentials: "omit" });
      if (!got.ok) throw new Error("status " + got.status);
      await cache.put(file.url, got);
    }
    done += file.bytes;
    tell(done, whole);
  }
  const pack = { ...made, key: made.course + "/" + made.lang, pictures: made.pictures.map((/** @type {any} */ f) => f.url), size: whole, withMedia };
  await run(["packs"], "readwrite", (of) => { of("packs").put(pack); });
  await sweep();
  return pack;
}

/** Frees what a pack takes. @param {string} key */
export async function free(key) {
  await run(["packs"], "readwrite", (of) => ask(of("packs").delete(key)));
  await sweep();
}

/** Frees the files that no pack names. */
async function sweep() {
  const named = new Set((await packs()).flatMap((pack) => [...pack.pictures, ...(pack.withMedia ? pack.media.map((file) => file.url) : [])]));
  const cache = await caches.open(shelf);
  for (const request of await cache.keys()) if (!named.has(new URL(request.url).pathname)) await cache.delete(request);
}

/** A file that was taken along. @param {string} path */
export const taken = async (path) => (await caches.open(shelf)).match(path, { ignoreVary: true });
