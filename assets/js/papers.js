// @ts-check
// A learner's certificates for where there is no network: the list, and of each that was seen its picture, with the QR
// code, and its PDF. They are sealed like the log, so on a shared phone each opens with its owner's key alone.
import { keepBytes, keepOwn, own, ownBytes, ownKeys, drop } from "./log.js";

/** @typedef {import("./log.js").Person} Person */

const name = /^\/certificates\/([0-9A-Z]+)(\.svg|\.pdf)?$/;

/** The code and kind of file that an address names, null where it names no certificate. @param {string} path */
export function paperAt(path) {
  const found = path.match(name);
  return found && { code: found[1], kind: found[2] || "" };
}

/** What is kept of a person's certificates. @param {Person} p @returns {Promise<{ at: number, list: any[] }|null>} */
export const papers = (p) => own(p, "papers");

/** A file of a certificate, null where it was not kept. @param {Person} p @param {string} file its code and kind */
export const paper = (p, file) => ownBytes(p, "paper:" + file);

/** Keeps the list, and the files of one that is being looked at. @param {Person} p @param {string} [code] */
export async function keepPapers(p, code) {
  const answer = await fetch("/api/v1/certificates", { cache: "no-store" });
  if (!answer.ok) return [];
  const { certificates } = await answer.json();
  await keepOwn(p, "papers", { at: Date.now(), list: certificates });
  const codes = certificates.map((/** @type {any} */ c) => c.code);
  for (const key of await ownKeys(p, "paper:")) if (!codes.includes(key.slice(6).split(".")[0])) await drop(p, key);
  if (!code || !codes.includes(code)) return certificates; // somebody else's, whom the visitor looks after
  const kinds = /** @type {any} */ (navigator).connection?.saveData ? [".svg"] : [".svg", ".pdf"];
  for (const kind of kinds) {
    const key = "paper:" + code + kind, tag = await own(p, key + ".tag");
    const file = await fetch(`/certificates/${code}${kind}`, { cache: "no-store", headers: tag ? { "If-None-Match": tag } : {} });
    if (!file.ok) continue; // 304: it is on the phone as it is
    await keepBytes(p, key, await file.arrayBuffer());
    await keepOwn(p, key + ".tag", file.headers.get("ETag"));
  }
  return certificates;
}
