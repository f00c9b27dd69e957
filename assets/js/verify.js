// @ts-check
// Checks a certificate's signed facts, or its PDF, with nothing but the keys that this phone has seen. The server
// does the same in courses/credential; a test compares the two. It runs on WebViews of 2018.

/**
 * @typedef {{ kid: string, x: string, y: string, revoked?: boolean }} Key
 * @typedef {Record<string, any>} Facts what stands on a certificate, by name
 * @typedef {{ wrong?: string, facts?: Facts, file?: string }} Found
 * @typedef {{ wrong: string, code?: string, link?: string }} FoundInFile
 * @typedef {[number, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]} Element of ASN.1: its tag, content, and the whole
 */

const keep = {
  /** @param {string} key @returns {any} */
  get(key) { try { return JSON.parse(localStorage.getItem(key) || "null"); } catch (e) { return null; } },
  /** @param {string} key @param {any} value */
  set(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch (e) { /* full or closed */ } },
};

// Letters and phrases of version 1 of the facts: courses/credential/letters.go has the same, and neither ever changes.
const viet = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ" +
  "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴĐ";
const phrases = (
  "SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH TỈNH |Sở Văn hóa, Thể thao và Du lịch tỉnh |THƯ VIỆN TỈNH |Thư viện " +
  "tỉnh |GIÁM ĐỐC|Giám đốc|PHÓ |Phó |KT. |TỈNH |tỉnh | tỉnh |, tỉnh |xã |Xã |phường |, xã |, phường |Th" +
  "ư viện xã |Thư viện phường |Tủ sách pháp luật xã |Trung tâm học tập cộng đồng xã |Điểm bưu điện - vă" +
  "n hóa xã |Trung tâm Văn hóa, Thông tin và Thể thao xã |Trung tâm Văn hóa - Thể thao xã |Trung tâm |T" +
  "RUNG TÂM |VĂN HÓA |Văn hóa |văn hóa |Thư viện |thư viện |THƯ VIỆN |Thông tin |Thể thao |ỦY BAN NHÂN " +
  "DÂN |Ủy ban nhân dân |Cao Bằng|CAO BẰNG|Tuyên Quang|TUYÊN QUANG|Điện Biên|ĐIỆN BIÊN|Lai Châu|LAI CHÂ" +
  "U|Sơn La|SƠN LA|Lào Cai|LÀO CAI|Thái Nguyên|THÁI NGUYÊN|Lạng Sơn|LẠNG SƠN|Bắc Ninh|BẮC NINH|Phú Thọ|" +
  "PHÚ THỌ|cơ sở|khuyến đọc|người sử dụng|người đọc|phục vụ |Phục vụ |tổ chức |Tổ chức |hoạt động |luân" +
  " chuyển |lưu động|sách |báo |đọc sách|bạn đọc|thiếu nhi|trẻ em|cộng đồng|kĩ năng |kỹ năng |nghiệp vụ" +
  " |vùng cao|và |cho |trong |của |với |Nguyễn |Trần |Phạm |Hoàng |Thị |Văn |Nông |Giàng |Vàng |Triệu |" +
  "Đặng |Lò |Lý |Bùi |Lê |ng |nh|ch|th|Th|Tr|tr|ph|kh|bản |thôn |công nghệ |máy tính|tài liệu |tài nguy" +
  "ên |dịch vụ |quản lí |quản lý |bảo quản |tuần đầu tiên|Bắt đầu |thôn bản|mọi người|gia đình|trường h" +
  "ọc|nhà trường|chuyển đổi số|số hóa|internet"
).split("|");
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$*+-/";

/** @param {string} text */
const read41 = (text) => {
  const out = [];
  for (let i = 0; i < text.length; i += 3) {
    const group = text.slice(i, i + 3);
    let n = 0;
    for (const letter of [...group].reverse()) {
      const at = alphabet.indexOf(letter);
      if (at < 0) throw "form";
      n = n * 41 + at;
    }
    if (group.length === 3 && n < 65536) out.push(n >> 8, n & 255);
    else if (group.length === 2 && n < 256) out.push(n);
    else throw "form";
  }
  return new Uint8Array(out);
};

/** @param {Uint8Array<ArrayBuffer>} bytes */
const base64 = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
/** @param {string} text */
const unbase64 = (text) => [...atob(text.replace(/-/g, "+").replace(/_/g, "/"))].map((c) => c.charCodeAt(0));
/** @param {ArrayLike<number> & Iterable<number>} bytes */
const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
/** @param {string} text */
const utf8 = (text) => new TextEncoder().encode(text);
/** @param {ArrayLike<number>[]} parts @returns {Uint8Array<ArrayBuffer>} */
const joined = (...parts) => {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  parts.reduce((at, part) => { out.set(part, at); return at + part.length; }, 0);
  return out;
};

// facts reads the bytes behind the header. Dates are days in Vietnam.
/** @param {string} code @param {Uint8Array} bytes @returns {Facts} */
const facts = (code, bytes) => {
  let at = 0;
  const byte = () => { if (at >= bytes.length) throw "form"; return bytes[at++]; };
  const number = () => {
    for (let n = 0, by = 1; by < 2 ** 35; by *= 128) {
      const b = byte();
      n += (b & 127) * by;
      if (b < 128) return n;
    }
    throw "form";
  };
  const text = () => {
    for (let out = ""; ;) {
      const c = byte();
      if (c === 0) return out;
      if (c === 31) out += phrases[byte()];
      else if (c === 30) out += String.fromCodePoint(number());
      else out += c >= 128 ? viet[c - 128] : c < 7 ? viet[127 + c] : String.fromCharCode(c);
    }
  };
  const [issued, since, took, life, periods, reissue, years, line] = Array.from({ length: 8 }, number);
  /** @param {number} n */
  const day = (n) => new Date(Date.UTC(2020, 0, 1 + n)).toISOString().slice(0, 10);
  /** @param {number} n @param {number} size */
  const pad = (n, size) => String(n).padStart(size, "0");
  const issuerID = text(), year = 2020 + years;
  /** @type {Facts} */
  const f = { code, periods, reissue, issued: day(issued), completed: day(issued - since),
    started: day(issued - since - took), until: life ? day(issued + life - 1) : "",
    serial: `${issuerID}.${year}.${pad(line, 5)}`,
      register: `${issuerID}/${year}/${pad(line, 6)}${reissue ? "/" + reissue : ""}` };
  "holder library place title parent issuer head capacity signer town".split(" ").forEach((field) => { f[field] = text(); });
  if (at !== bytes.length) throw "form";
  return f;
};

// able says whether this browser checks signatures: some do so only on pages that came by TLS.
const able = () => typeof crypto !== "undefined" && !!crypto.subtle;

// verify says whether a key of ours signed the data.
/** @param {Key} key @param {BufferSource} signature @param {BufferSource} data */
const verify = async (key, signature, data) => {
  const how = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const jwk = { kty: "EC", crv: "P-256", x: key.x, y: key.y };
  const open = await crypto.subtle.importKey("jwk", jwk, how, false, ["verify"]);
  return crypto.subtle.verify(how, open, signature, data);
};

// checkFacts reads the facts in a link and says what is wrong: "" for nothing, "form", "key" (not ours, or not known
// to this phone yet), "forged", "revoked", or "able" where this browser cannot check.
/** @param {string} code @param {string} fragment @param {Key[]} keys @returns {Promise<Found>} */
export const checkFacts = async (code, fragment, keys) => {
  try {
    const all = read41(fragment), body = all.slice(0, -64);
    if (fragment.length > 4096 || all.length < 71 || body[0] !== 1) return { wrong: "form" };
    const name = base64(body.slice(1, 7)), key = keys.find((k) => k.kid.startsWith(name));
    if (!key) return { wrong: "key" };
    if (!able()) return { wrong: "able" };
    if (!await verify(key, all.slice(-64), joined(utf8(`lopban facts\n${code}\n`), body))) return { wrong: "forged" };
    return { wrong: key.revoked ? "revoked" : "", facts: facts(code, body.slice(7)) };
  } catch (e) {
    return { wrong: "form" };
  }
};

// der reads one element of ASN.1: [tag, content, whole].
/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Element} */
const der = (bytes) => {
  const long = bytes[1] > 127, from = long ? bytes[1] - 126 : 2;
  const n = long ? bytes.subarray(2, from).reduce((sum, b) => sum * 256 + b, 0) : bytes[1];
  if (!(from + n <= bytes.length)) throw "form";
  return [bytes[0], bytes.subarray(from, from + n), bytes.subarray(0, from + n)];
};
/** @param {Uint8Array<ArrayBuffer>} bytes */
const children = (bytes) => {
  /** @type {Element[]} */
  const all = [];
  for (let rest = bytes; rest.length; rest = rest.subarray(all[all.length - 1][2].length)) all.push(der(rest));
  return all;
};
/** @param {Element} element @param {number[]} path */
const inside = (element, ...path) => path.reduce((e, i) => children(e[1])[i], element);
const digestAttribute = "06092a864886f70d010904"; // message digest, of a signature's signed attributes
/** @param {BufferSource} bytes */
const sha256 = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

// checkPDF says what is wrong with a certificate's PDF, and what the link in it says: "" says that our key signed
// this very file, "changed" that it did not. What an issuer's own token added is left to the register.
/** @param {Uint8Array<ArrayBuffer>} bytes @param {Key[]} keys @returns {Promise<FoundInFile>} */
export const checkPDF = async (bytes, keys) => {
  const text = new TextDecoder("latin1").decode(bytes);
  const link = (text.match(/\/URI \(([^)]*\/v\/[^)]*)\)/) || [])[1];
  const [, code] = text.match(/\/Keywords \(lopban ([0-9A-Z]{12})\)/) || [];
  if (!text.startsWith("%PDF-") || !code) return { wrong: "form" };
  const found = { code, link, wrong: "changed" }, ranges = text.match(/\/ByteRange\s*\[0 \d+ \d+ \d+\]/g) || [];
  if (ranges.length !== 1) return { ...found, wrong: ranges.length ? "ask" : "unsigned" };
  const [, from, to, size] = (ranges[0].match(/\d+/g) || []).map(Number), hole = text.slice(from, to);
  if (to + size !== bytes.length || !/^<[0-9a-f]+>$/.test(hole)) return found;
  if (!able()) return { ...found, wrong: "able" };
  try {
    const all = new Uint8Array((hole.slice(1, -1).match(/../g) || []).map((pair) => parseInt(pair, 16))), cms = der(all);
    if (all.subarray(cms[2].length).some((b) => b)) return found; // behind the signature is nothing
    const signed = inside(cms, 1, 0), parts = children(signed[1]), last = parts[parts.length - 1];
    const signer = children(inside(last, 0)[1]);
    const attributes = joined([0x31], signer[3][2].subarray(1)), point = hex(parts[3][1]);
    const digest = children(signer[3][1]).find((a) => hex(a[1]).startsWith(digestAttribute));
    if (!digest) return found;
    const sum = await sha256(joined(bytes.subarray(0, from), bytes.subarray(to)));
    const raw = children(der(signer[5][1])[1]).map(([, n]) => joined(new Uint8Array(32), n).slice(-32));
    const key = keys.find((k) => point.includes("04" + hex(unbase64(k.x)) + hex(unbase64(k.y))));
    if (!key) return { ...found, wrong: "key" };
    const names = hex(attributes).includes(await sha256(parts[3][1])); // the certificate beside it
    if (!names || hex(inside(digest, 1, 0)[1]) !== sum || !await verify(key, joined(...raw), attributes)) return found;
    return { ...found, wrong: key.revoked ? "revoked" : "" };
  } catch (e) {
    return found;
  }
};

// readStates gives a list of states that a key of ours signed, unless a newer one is known: nobody can send what was
// true once.
/** @param {string} text @param {number} known @param {Key[]} keys */
export const readStates = async (text, known, keys) => {
  try {
    const [head, payload, signature] = text.split("."),
      read = (/** @type {string} */ part) => JSON.parse(new TextDecoder().decode(new Uint8Array(unbase64(part))));
    const { alg, typ, kid } = read(head), key = keys.find((k) => k.kid === kid && !k.revoked), list = read(payload);
    const ours = key && alg === "ES256" && typ === "lopban-states+jwt" && list.iat >= known;
    return ours && await verify(key, new Uint8Array(unbase64(signature)), utf8(`${head}.${payload}`)) ? list : null;
  } catch (e) {
    return null;
  }
};

// The page. Online the register has the word, and this says what the link is worth besides; without a network it is
// all there is.
/** @param {string} selector @param {ParentNode} [root] @returns {any} */
const $ = (selector, root = document) => root.querySelector(selector);
/** @param {string} iso */
const date = (iso) => iso.split("-").reverse().join("/");
/** @param {Date} t */
const clock = (t) => `${String(t.getHours()).padStart(2, "0")}:${String(t.getMinutes()).padStart(2, "0")} ${date(new Date(t.getTime() - t.getTimezoneOffset() * 6e4).toISOString().slice(0, 10))}`;
/** @returns {Key[]} */
const keysKnown = () => keep.get("check:keys") || [];
/** @returns {{ iat: number, revoked: string[], replaced: string[] }} */
const statesKnown = () => keep.get("check:states") || { iat: 0, revoked: [], replaced: [] };

// learn asks for keys and states, and keeps what is newer than what is known.
const learn = async () => {
  /** @param {string} path */
  const ask = (path) => fetch(path, { credentials: "omit" }).then((answer) => answer.ok ?
    answer.text() : Promise.reject(path));
  /** @type {Key[]} */
  const keys = JSON.parse(await ask("/v/keys")).keys;
  const gone = keysKnown().filter((old) => old.revoked && !keys.some((k) => k.kid === old.kid)); // for ever
  keep.set("check:keys", keys.map((k) => /** @type {Key} */ ({ kid: k.kid, x: k.x, y: k.y, revoked: k.revoked })).concat(gone));
  const list = await readStates(await ask("/v/states"), statesKnown().iat, keysKnown());
  if (list) keep.set("check:states", list);
};

// worth is what the paper is worth as far as this phone knows, and since when.
/** @param {Facts} f */
const worth = (f) => {
  const list = statesKnown(), today = new Date(Date.now() + 7 * 36e5).toISOString().slice(0, 10); // in Vietnam
  const state = list.revoked.includes(f.register) ? "revoked" : list.replaced.includes(f.register) ? "replaced" :
    f.until && f.until < today ? "expired" : "valid";
  const at = new Date(list.iat * 1000), knew = at.getTime() >= Date.parse(f.issued + "T00:00:00+07:00");
  return { state, known: knew ? at : null };
};

/** @param {ParentNode} root @param {Facts} f @param {string} state @param {Date | null} known */
const fill = (root, f, state, known) => {
  /** @param {string[]} parts */
  const lines = (...parts) => parts.filter((part) => part).join("\n"), shown = f.code.replace(/(.{4})(?=.)/g, "$1-");
  /** @type {Facts} */
  const text = { ...f, unit: lines(f.library, f.place).replace("\n", ", "), issuedBy: lines(f.parent, f.issuer),
    issuedAt: lines(date(f.issued), f.town).replace("\n", ", "),
    signedBy: lines(f.capacity, f.signer), shown, until: f.until && date(f.until) };
  root.querySelectorAll("[data-fact]").forEach((/** @type {any} */ slot) => {
    const name = slot.dataset.fact, filled = slot.textContent.replace("{periods}", f.periods)
      .replace("{started}", date(f.started)).replace("{completed}", date(f.completed));
    slot.textContent = (name !== "periods" && text[name]) || filled;
  });
  if (!known) return;
  const note = $("[data-known] p", root);
  const word = $(`[data-state=${state}]`, root).textContent;
  note.textContent = note.textContent.replace("{state}", word).replace("{at}", clock(known));
};

// alone shows a verdict that this phone came to by itself.
/** @param {Found} found */
const alone = ({ wrong, facts: f, file }) => {
  const old = $("[data-own]"), root = document.createElement("div"), page = $("[data-check]");
  root.dataset.own = "";
  root.append($("template[data-alone]").content.cloneNode(true));
  const { state, known } = f ? worth(f) : { state: "", known: null };
  const verdict = wrong === "forged" || wrong === "changed" ? "changed" : wrong || !f ? "unknown" : state;
  const word = $(`[data-is=${verdict}]`, root), head = $("[data-verdict]", root);
  word.hidden = false;
  head.textContent = word.dataset.word;
  head.classList.add("verdict", verdict === "valid" ? "good" : verdict === "unknown" ? "wait" : "bad");
  const said = $(`[data-say=${wrong || (f ? "signed" : "none")}]`, root);
  const about = file && $(`[data-file=${file}]`, root);
  [said, about].forEach((note) => { if (note) note.hidden = false; });
  $("[data-known]", root).hidden = !known;
  $("[data-not-known]", root).hidden = !!known || !f;
  $("[data-facts]", root).hidden = !f;
  if (f) fill(root, f, state, known);
  root.querySelectorAll("p").forEach((p) => {
    if (p.textContent.includes("{now}")) p.textContent = p.textContent.replace("{now}", clock(new Date())); });
  if (old) old.remove();
  page.prepend(root);
  root.scrollIntoView();
};

/** @param {string | undefined} link */
const inLink = (link) => (link || "").match(/\/v\/([0-9A-Za-z-]+)[^#]*#?(.*)$/);
const online = () => fetch("/v/states", { method: "HEAD", cache: "no-store" }).then((a) => a.ok, () => false);

// look checks the link that the page was opened with.
const look = async () => {
  const [, code, fragment] = inLink(location.pathname + location.hash) || [], page = $("[data-check]");
  const plain = (code || "").toUpperCase().replace(/-/g, "");
  if (!plain || page.dataset.state === undefined) return;
  const told = page.dataset.state !== "" || $(".verdict", page); // by the register
  if (fragment.length < 100) return told || alone({ file: "typed" });
  const found = await checkFacts(plain, fragment, keysKnown());
  if (!told) return alone(found);
  const note = $(`[data-say=${found.wrong === "form" ? "forged" : found.wrong || "signed"}]`, page);
  if (note) note.hidden = false;
};

/** @param {{ files: FileList | null }} input */
const takeFile = async (input) => {
  const pdf = input.files && input.files[0];
  if (!pdf) return;
  if (pdf.size > 2 << 20) return alone({ file: "large" });
  const bytes = new Uint8Array(await new Response(pdf).arrayBuffer()), found = await checkPDF(bytes, keysKnown());
  if (found.wrong === "form" || !found.code) return alone({ file: "form" });
  const [, , fragment = ""] = inLink(found.link) || [];
  if (able() && await online()) return location.assign(`/v/${found.code}?sha256=${await sha256(bytes)}${fragment && "#" + fragment}`);
  const link = await checkFacts(found.code, fragment, keysKnown());
  const half = found.wrong === "unsigned" || found.wrong === "ask";
  alone(half ? { ...link, file: found.wrong } : found.wrong ? { wrong: found.wrong } : link);
};

const start = () => {
  const form = $("form[action='/v']"), pdf = $("form[data-pdf]"), input = $("#pdf");
  pdf.hidden = false;
  input.addEventListener("change", () => takeFile(input));
  ["dragover", "drop"].forEach((name) => addEventListener(name, (/** @type {any} */ event) => { // anywhere on the page
    if (!event.dataTransfer || ![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    if (name === "drop") takeFile(event.dataTransfer);
  }));
  form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
    const typed = form.elements.code.value.trim(), [, code, fragment] = inLink(typed) || [];
    event.preventDefault();
    const to = fragment ? `/v/${code}#${fragment}` : `/v?code=${encodeURIComponent(typed)}`;
    if (await online()) return location.assign(to);
    alone(fragment ? await checkFacts(code.toUpperCase().replace(/-/g, ""), fragment, keysKnown()) : { file: "typed" });
  });
  addEventListener("hashchange", () => location.reload());
  learn().catch(() => {}).then(look);
  if (navigator.serviceWorker) {
    const shows = () => { $("[data-ready]").hidden = !keysKnown().length; };
    const worker = navigator.serviceWorker;
    worker.register("/v/sw.js", { scope: "/v" }).then(() => worker.ready).then(shows, () => {});
  }
};
if (typeof document !== "undefined" && $("[data-check]")) start();
