// @ts-check
// What a person's own things are sealed with. Anybody may put something in: that takes the public key alone, so that a
// page which its owner left open can still keep what it brings. Taking something out takes the secret key, which lies
// open while its owner uses the phone, and otherwise only under their PIN.

const curve = { name: "ECDH", namedCurve: "P-256" };
const rounds = 600_000; // of PBKDF2 with SHA-256: a second or two on a cheap phone

/** @typedef {{ with: ArrayBuffer, iv: Uint8Array<ArrayBuffer>, data: ArrayBuffer }} Sealed */
/** @typedef {{ salt: Uint8Array<ArrayBuffer>, iv: Uint8Array<ArrayBuffer>, rounds: number, data: ArrayBuffer }} Locked */

/** The keys of a new person: to seal, to open, and to sign what others carry. */
export async function makeKeys() {
  const pair = await crypto.subtle.generateKey(curve, true, ["deriveKey"]);
  const signing = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  return {
    lock: await crypto.subtle.exportKey("raw", pair.publicKey), secret: pair.privateKey,
    sign: signing.privateKey, proof: await crypto.subtle.exportKey("raw", signing.publicKey),
  };
}

/** @param {CryptoKey} secret @param {ArrayBuffer} other @param {KeyUsage} use */
async function shared(secret, other, use) {
  const key = await crypto.subtle.importKey("raw", other, curve, false, []);
  return crypto.subtle.deriveKey({ name: "ECDH", public: key }, secret, { name: "AES-GCM", length: 256 }, false, [use]);
}

/** @param {ArrayBuffer} lock @param {BufferSource} plain @returns {Promise<Sealed>} */
export async function seal(lock, plain) {
  const once = await crypto.subtle.generateKey(curve, false, ["deriveKey"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await shared(once.privateKey, lock, "encrypt"), plain);
  return { with: await crypto.subtle.exportKey("raw", once.publicKey), iv, data };
}

/** @param {CryptoKey} secret @param {Sealed} sealed */
export async function unseal(secret, sealed) {
  const key = await shared(secret, sealed.with, "decrypt");
  return crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, key, sealed.data);
}

/** @param {ArrayBuffer} lock @param {any} value */
export const sealValue = (lock, value) => seal(lock, new TextEncoder().encode(JSON.stringify(value)));

/** @param {CryptoKey} secret @param {Sealed} sealed @returns {Promise<any>} */
export const unsealValue = async (secret, sealed) => JSON.parse(new TextDecoder().decode(await unseal(secret, sealed)));

/** @param {string} pin @param {Uint8Array<ArrayBuffer>} salt @param {number} rounds @param {KeyUsage} use */
async function pinKey(pin, salt, rounds, use) {
  const raw = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, raw, { name: "AES-GCM", length: 256 }, false, [use]);
}

/** Writes the secret key under a PIN. @param {CryptoKey} secret @param {string} pin @returns {Promise<Locked>} */
export async function lockKey(secret, pin) {
  const salt = crypto.getRandomValues(new Uint8Array(16)), iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = await crypto.subtle.exportKey("pkcs8", secret);
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await pinKey(pin, salt, rounds, "encrypt"), plain);
  return { salt, iv, rounds, data };
}

/** Gives the secret key back, or null for another PIN. @param {Locked} locked @param {string} pin */
export async function unlockKey(locked, pin) {
  const key = await pinKey(pin, locked.salt, locked.rounds, "decrypt");
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: locked.iv }, key, locked.data);
    return await crypto.subtle.importKey("pkcs8", plain, curve, true, ["deriveKey"]);
  } catch {
    return null;
  }
}
