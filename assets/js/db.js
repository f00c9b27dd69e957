// @ts-check
// The phone's own database. Everything a learner does here is on the disk before anybody says that it is kept.

const layout = 1;
/** @type {Promise<IDBDatabase>|null} */
let opened = null;
let had = false; // this page has seen the database

function connect() {
  return new Promise((/** @type {(db: IDBDatabase) => void} */ done, fail) => {
    const request = indexedDB.open("lopban", layout); // throws where it is closed to us
    request.onupgradeneeded = () => {
      const db = request.result;
      if (had) { request.transaction?.abort(); return; } // it was wiped: a page that stayed open does not bring it back
      db.createObjectStore("people", { keyPath: "id" });
      db.createObjectStore("log", { keyPath: ["person", "n"] }).createIndex("state", ["person", "state", "n"]);
      db.createObjectStore("packs", { keyPath: "key" });
      db.createObjectStore("own", { keyPath: ["person", "key"] });
      db.createObjectStore("settings");
    };
    request.onsuccess = () => {
      const db = request.result;
      had = true;
      db.onversionchange = () => { db.close(); opened = null; };
      db.onclose = () => { opened = null; };
      done(db);
    };
    request.onerror = () => fail(request.error);
    request.onblocked = () => fail(new DOMException("an old page holds the database", "AbortError"));
  });
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  opened ||= connect().catch((error) => { opened = null; throw error; });
  return opened;
}

/**
 * Does work in one transaction and gives what it gave once everything is on the disk. The work may wait for answers of
 * the database alone.
 * @template T
 * @param {string[]} stores @param {IDBTransactionMode} mode
 * @param {(store: (name: string) => IDBObjectStore) => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function run(stores, mode, work) {
  const db = await open();
  return new Promise((done, fail) => {
    const tx = db.transaction(stores, mode, { durability: "strict" });
    /** @type {any} */
    let value;
    tx.oncomplete = () => done(value);
    tx.onabort = () => fail(tx.error || new DOMException("not kept", "AbortError"));
    Promise.resolve(work((name) => tx.objectStore(name))).then((made) => { value = made; }, (error) => {
      fail(error);
      try { tx.abort(); } catch { /* it has ended */ }
    });
  });
}

/** @param {IDBRequest} request @returns {Promise<any>} */
export const ask = (request) => new Promise((done, fail) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => fail(request.error);
});

/** @param {string} store @param {IDBValidKey} key @returns {Promise<any>} */
export const get = (store, key) => run([store], "readonly", (of) => ask(of(store).get(key)));

/** @param {string} store @returns {Promise<any[]>} */
export const all = (store) => run([store], "readonly", (of) => ask(of(store).getAll()));

/** @param {string} name @returns {Promise<any>} */
export const setting = (name) => get("settings", name);

/** @param {string} name @param {any} value */
export const set = (name, value) => run(["settings"], "readwrite", (of) => { of("settings").put(value, name); });
