// @ts-check
// What a page keeps on this phone while somebody types. The storage may be full, or closed to us: then nothing is
// kept, and nothing breaks.
export const kept = {
  /** @param {string} key @returns {any} */
  get(key) {
    try { return JSON.parse(localStorage.getItem(key) || "null"); } catch { return null; }
  },
  /** Says whether the value is kept. @param {string} key @param {any} value */
  set(key, value) {
    try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; }
  },
  /** @param {string} key */
  drop(key) {
    try { localStorage.removeItem(key); } catch { /* closed */ }
  },
  /** The keys that begin so. @param {string} start */
  keys(start) {
    try { return Object.keys(localStorage).filter((key) => key.startsWith(start)); } catch { return []; }
  },
};
