// @ts-check
// The page of this phone, and without a network every page that was taken along, at its own address.
import { set, setting } from "./db.js";
import { $, $$ } from "./dom.js";
import { current, fill, go, ready } from "./here.js";
import { kept } from "./kept.js";
import { count, drawsOf, entries, factOf, lock, newID, own, people, setPIN, unlock } from "./log.js";
import { earned } from "./outbox.js";
import { free, packs, packWith } from "./packs.js";
import { keepPapers, paper, paperAt, papers } from "./papers.js";

const words = JSON.parse($("#words").textContent);
const main = $("main"), lang = document.documentElement.lang;
const locale = lang === "en" ? "en-GB" : "vi-VN";

/** @typedef {import("./log.js").Person} Person */
/** @typedef {import("./log.js").Entry} Entry */

/** @param {string} key @param {...any} values */
const say = (key, ...values) => fill(words[key] ?? key, ...values);

/** @param {string} tag @param {Record<string, any>} [set] @param {...(Node|string)} parts */
function el(tag, set = {}, ...parts) {
  const made = Object.assign(document.createElement(tag), set);
  made.append(...parts);
  return made;
}

/** @param {number} at */
const when = (at) => new Date(at).toLocaleString(locale, { day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit" });
/** @param {number} bytes */
const kb = (bytes) => Math.ceil(bytes / 1024).toLocaleString(locale);

/** Shows a page that was taken along. @param {string} path @param {Person|undefined} p */
async function show(path, p) {
  const pack = await packWith(path, lang);
  if (!pack) return false;
  const page = pack.pages[path];
  document.title = page.title + " · Lớp Bản";
  const notes = $$("[data-note]", main);
  main.hidden = true; // until everything in it has its place
  main.innerHTML = page.html;
  main.prepend(...notes);
  for (const link of $$('a[href*=".pdf"], a[href*=".html"]', main)) link.remove(); // made by the server alone
  main.lang = pack.lang;
  const [, , course, lesson, quiz] = path.split("/");
  const facts = p ? await factsOf(p, course) : [];
  if (!lesson) await mark(pack, p, facts);
  const n = Number(new URLSearchParams(location.search).get("kept")), brought = facts.find(({ entry }) => entry.n === n);
  if (p && brought && (quiz === "quiz" ? brought.fact.kind === "attempt" : lesson === "practice")) handedIn(pack, p, lesson, facts);
  for (const form of $$("form[method=post]", main)) await prepare(form, p, facts, course, lesson);
  main.hidden = false;
  await import("./site.js");
  if (lesson === "practice") await import("./practice.js");
  return true;
}

/** What the log has of a course. @param {Person} p @param {string} course @returns {Promise<{ entry: Entry, fact: any }[]>} */
async function factsOf(p, course) {
  if (!p.secret) return [];
  const all = [];
  for (const entry of await entries(p.id)) {
    const fact = await factOf(p, entry);
    if (fact.course === course) all.push({ entry, fact });
  }
  return all;
}

/** Makes a form this person's own. @param {HTMLFormElement} form @param {Person|undefined} p @param {{ entry: Entry, fact: any }[]} facts
 * @param {string} course @param {string} lesson */
async function prepare(form, p, facts, course, lesson) {
  if (!p) { form.replaceWith(el("p", { className: "soft" }, say("nobody"))); return; }
  const quiz = form.dataset.quiz !== undefined, practice = form.dataset.practice !== undefined, remark = form.dataset.remark !== undefined;
  if (!quiz && !practice && !remark && form.id !== "read") { form.remove(); return; } // what only the server can do
  for (const [name, value] of [["person", p.id], ["opener", p.name]]) {
    const field = $(`[name=${name}]`, form) || form.appendChild(el("input", { type: "hidden", name }));
    field.value = value;
  }
  if (quiz || practice || remark) $("[name=id]", form).value = newID();
  if (remark) $("[name=question]", form).value = new URLSearchParams(location.search).get("question") || "";
  if (practice) form.dataset.practice = `${p.id}/${course}`;
  if (quiz) await prepareQuiz(form, p, facts, course, lesson);
}

/** @param {HTMLFormElement} form @param {Person} p @param {{ entry: Entry, fact: any }[]} facts @param {string} course @param {string} lesson */
async function prepareQuiz(form, p, facts, course, lesson) {
  form.dataset.quiz = `${p.id}/${course}/${lesson}`;
  const tried = facts.filter(({ fact }) => fact.kind === "attempt" && fact.lesson === lesson);
  // A draw is answered once: whoever has answered all that were taken along waits for others.
  const draws = await drawsOf(p, course, lesson), drawn = draws.find(({ draw }) => !tried.some(({ entry, fact }) => fact.draw === draw && entry.state !== "refused"));
  if (draws.length && !drawn) { form.replaceWith(el("p", { className: "note wait", role: "status" }, say("draws.none"))); return; }
  if (drawn) {
    $("[name=draw]", form).value = drawn.draw;
    for (const question of $$("fieldset.question", form)) if (!drawn.asks.includes(question.id.slice(2))) question.remove();
    // numbered as they are asked, not as they stand in the pool
    $$("fieldset.question > legend", form).forEach((legend, i) => { const text = legend.firstChild; text.data = text.data.replace(/\d+/, String(i + 1)); });
  }
  const waiting = tried.filter(({ entry }) => entry.state === "here").length;
  if (waiting) form.before(el("div", { className: "note", role: "status" }, say("attempts.wait", waiting)));
  let sure = false;
  form.addEventListener("submit", (event) => {
    const blank = $$("fieldset.question", form).filter((question) => !$$("input, select, textarea", question).some((part) =>
      part.type === "radio" || part.type === "checkbox" ? part.checked : part.value.trim() !== "")).length;
    if (!blank || sure) return;
    event.preventDefault();
    sure = true;
    const note = el("div", { className: "note wait", role: "alert", tabIndex: -1 }, say("blank", blank));
    $("[data-send]", form).before(note);
    note.focus();
  });
}

/** Instead of the form: it is kept, and what comes next. @param {import("./packs.js").Pack} pack @param {Person} p @param {string} lesson
 * @param {{ entry: Entry, fact: any }[]} facts */
function handedIn(pack, p, lesson, facts) {
  const key = lesson === "practice" ? `practice:${p.id}/${pack.course}` : `quiz:${p.id}/${pack.course}/${lesson}`;
  if (facts.some(({ fact }) => fact.id === kept.get(key)?.id)) kept.drop(key);
  const next = lesson === "practice" ? undefined : pack.lessons[pack.lessons.findIndex((one) => one.id === lesson) + 1];
  const form = $("form[data-quiz], form[data-practice]", main);
  form.replaceWith(el("p", {}, say(lesson === "practice" ? "practice.kept" : "attempt.kept")),
    el("p", {}, el("a", { className: "button wide", href: next ? `/courses/${pack.course}/${next.id}` : `/courses/${pack.course}` }, say(next ? "next" : "to.course"))),
    el("p", {}, el("a", { href: "/phone" }, say("to.phone"))));
}

/** Says on a course's page what is done, also what only this phone knows yet. @param {import("./packs.js").Pack} pack @param {Person|undefined} p
 * @param {{ entry: Entry, fact: any }[]} facts */
async function mark(pack, p, facts) {
  const study = p ? await own(p, "study:" + pack.course) : null;
  let first = "";
  for (const { id, quiz } of pack.lessons) {
    const link = $(`.steps a[href="/courses/${pack.course}/${id}"]`, main), of = facts.filter(({ entry, fact }) => fact.lesson === id && entry.state !== "refused");
    if (!link) continue;
    const was = study?.lessons[id] || {};
    const attempt = of.filter(({ fact }) => fact.kind === "attempt").pop(), read = was.read || of.some(({ fact }) => fact.kind === "completion");
    const done = was.done || attempt?.entry.receipt?.passed || (read && !quiz);
    if (!done && !first && !(attempt && attempt.entry.state === "here")) first = id;
    const state = $(".what .small", link);
    if (attempt?.entry.state === "here") state.textContent = say("lesson.waits");
    else if (done) state.textContent = say("lesson.done");
    else if (read) state.textContent = say("lesson.read");
    link.parentElement.className = done ? "done" : read || attempt ? "now" : "todo";
  }
  const go = $("main > * .button.wide", document);
  if (go && first) go.href = `/courses/${pack.course}/${first}`;
}

/** The page of this phone. @param {Person|undefined} p @param {boolean} asked whether it was asked for, or stands for a page that cannot be had */
async function phone(p, asked) {
  const home = ["/", "/courses"].includes(location.pathname), title = say(asked ? "title" : home ? "home.title" : "away.title");
  const parts = [el("h1", {}, title)];
  if (!asked) parts.push(el("p", {}, say("away.how")), el("p", {}, button("again", () => location.reload())));
  if (p && asked) parts.push(...(await standing(p)));
  if (p) parts.push(...(await certificates(p)));
  parts.push(el("h2", {}, say("courses")), await shelf());
  if (asked) parts.push(...(await users(p)));
  if (p && asked) parts.push(el("h2", {}, say("log")), await list(p));
  const ask = await setting("ask");
  if (ask) parts.push(el("h2", {}, say("ask")), el("p", {}, ask.text + " ", ...(ask.phone ? [el("a", { href: "tel:" + ask.phone }, ask.phone)] : [])));
  if (!asked) parts.push(el("p", {}, el("a", { href: "/phone" }, say("to.phone"))));
  main.replaceChildren(...$$("[data-note]", main), el("div", { className: "text" }, ...parts));
  document.title = title + " · Lớp Bản";
}

/** @param {string} key @param {() => void} press */
function button(key, press) {
  const made = el("button", { type: "button", className: "button quiet" }, say(key));
  made.addEventListener("click", press);
  return made;
}

/** @param {Person} p */
async function standing(p) {
  const sum = await count(p.id), facts = el("dl", { className: "facts" });
  for (const state of /** @type {const} */ (["here", "received", "counted", "refused"])) {
    if (state !== "refused" || sum.refused) facts.append(el("dt", {}, say("state." + state)), el("dd", {}, String(sum[state])));
  }
  const parts = [el("p", {}, say("whose", p.name)), facts];
  if (sum.here) {
    if (p.trouble) parts.push(el("p", { className: "note wait", role: "status" }, say("trouble." + p.trouble)));
    parts.push(el("p", {}, button("send", async () => { await go(p.id); await phone(await current(), true); })));
  }
  if (p.agreed) {
    const { at, same, count: n } = p.agreed;
    parts.push(el("p", { className: same ? "soft small" : "note bad" }, say(same ? "agreed" : "differs", when(at), n)));
  }
  return parts;
}

/** A form with one secret field. @param {string} label @param {string} press @param {(pin: string) => Promise<string>} work gives what went wrong, "" for nothing
 * @param {string} [whose] name of the person, "" for who sets a new one */
function pinForm(label, press, work, whose = "") {
  const id = newID(), fault = el("p", { className: "fault", role: "alert" });
  const field = el("input", { type: "password", id, autocomplete: "off", minLength: 6, required: true });
  const form = el("form", { className: "field" }, el("label", { htmlFor: id }, label), field, fault, el("p", {}, el("button", { className: "button quiet" }, press)));
  form.dataset.pin = whose;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    fault.textContent = say("pin.working");
    fault.textContent = [...field.value].length < 6 ? say("pin.short") : await work(field.value);
    if (!fault.textContent) location.assign("/phone");
  });
  return form;
}

/** Who uses this phone, and how each opens it. @param {Person|undefined} p */
async function users(p) {
  const parts = [];
  if (p?.secret && !p.locked) {
    parts.push(el("p", { className: "soft" }, say("pin.how")), pinForm(say("pin.new"), say("pin.set"), async (pin) => { await setPIN(p, pin); return ""; }));
  } else if (p?.secret) {
    parts.push(el("p", { className: "soft" }, say("pin.is")), el("p", {}, button("lock", async () => {
      await lock(p.id);
      await set("current", "");
      await set("opened", "nobody");
      location.assign("/phone");
    })));
  }
  for (const other of await people()) {
    if (other.id === p?.id && other.secret) continue;
    parts.push(other.locked ? pinForm(say("pin.label", other.name), say("unlock"), async (pin) => {
      if (!(await unlock(other.id, pin))) return say("pin.wrong");
      if (p && p.id !== other.id) await lock(p.id);
      await set("current", other.id);
      await set("opened", other.id);
      return "";
    }, other.name) : el("p", { className: "soft" }, say("unsealed", other.name)));
  }
  return parts.length ? [el("h2", {}, say("people")), ...parts] : [];
}

/** The courses that were taken along. */
async function shelf() {
  const all = await packs(), list = el("ul", { className: "steps" });
  if (!all.length) return el("p", { className: "soft" }, say("courses.none"));
  for (const pack of all) {
    const row = el("li", {}, el("a", { href: "/courses/" + pack.course }, el("span", { className: "what" }, el("strong", {}, pack.title), el("br"),
      el("span", { className: "soft small" }, say("size", kb(pack.size)) + (pack.lang === lang ? "" : " · " + pack.lang)))));
    const away = button("free", async () => { await free(pack.key); location.reload(); });
    away.className = "linkbutton aside";
    away.setAttribute("aria-label", say("free") + " " + pack.title);
    row.append(away);
    list.append(row);
  }
  return list;
}

/** What was done here, the newest first. @param {Person} p */
async function list(p) {
  const rows = el("ul", { className: "steps" }), titles = new Map();
  for (const pack of await packs()) for (const [path, page] of Object.entries(pack.pages)) titles.set(path, page.title);
  if (!p.secret || !p.n) return el("p", { className: "soft" }, say(p.n ? "locked" : "log.none"));
  for (const entry of (await entries(p.id)).reverse().slice(0, 100)) {
    const fact = await factOf(p, entry), path = "/courses/" + fact.course + "/" + (fact.kind === "submission" ? "practice" : fact.lesson);
    rows.append(el("li", {}, el("span", { className: "plain" }, el("span", { className: "what" },
      el("strong", {}, say("kind." + fact.kind), ": ", titles.get(path) || fact.course + " " + (fact.lesson || "")), el("br"),
      el("span", { className: "soft small" }, when(entry.at) + " · " + stateOf(entry))))));
  }
  return rows;
}

/** @param {Entry} entry */
function stateOf(entry) {
  const r = entry.receipt;
  if (entry.state === "refused") return say("one.refused", r?.say || r?.reason || "");
  const score = r?.score === undefined ? "" : " · " + say(r.passed ? "one.passed" : "one.not-yet", r.score);
  return say(entry.state === "here" ? "one.here" : entry.counted ? "one.counted" : "one.received") + score;
}

/** @param {string|number} at */
const day = (at) => new Date(at).toLocaleDateString(locale, { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "Asia/Ho_Chi_Minh" });
/** @param {any} text in both languages */
const inLang = (text) => text[lang] || text.vi;

/** The certificates of a person that this phone knows of. @param {Person} p */
async function certificates(p) {
  const known = await papers(p), rows = el("ul", { className: "steps" });
  for (const c of known?.list || []) {
    rows.append(el("li", {}, el("a", { href: "/certificates/" + c.code }, el("span", { className: "what" }, el("strong", {}, inLang(c.title)), el("br"),
      el("span", { className: "soft small" }, [say("cert.on", day(c.issuedAt)), c.serial, say("state." + c.state)].join(" · "))))));
  }
  return rows.childElementCount ? [el("h2", {}, say("certs")), rows, el("p", { className: "soft small" }, say("cert.as-of", when(known?.at || 0)))] : [];
}

/** Shows the certificates without a network, or the one of the address. Says whether it could. @param {string} path @param {Person|undefined} p */
async function showPapers(path, p) {
  const at = paperAt(path), known = p && (await papers(p));
  if (!p || !known || !(at || path === "/certificates")) return false;
  if (!at) {
    document.title = say("certs") + " · Lớp Bản";
    main.replaceChildren(...$$("[data-note]", main), el("h1", {}, say("certs")), el("div", { className: "text" }, ...(await certificates(p)).slice(1)));
    return true;
  }
  const c = known.list.find((one) => one.code === at.code);
  if (!c) return false;
  document.title = inLang(c.title) + " · Lớp Bản";
  const facts = el("dl", { className: "facts" });
  const rows = { state: say("state." + c.state) + (c.reason ? ". " + c.reason : ""), holder: c.holder, unit: c.unit, issued: day(c.issuedAt), until: c.validUntil ? day(c.validUntil) : say("cert.endless"),
    serial: c.serial, register: c.register, issuer: c.issuer, check: c.url, code: c.code.replace(/(.{4})(?=.)/g, "$1-") };
  for (const [key, value] of Object.entries(rows)) if (value) facts.append(el("dt", {}, say("cert." + key)), el("dd", {}, value));
  const picture = await paper(p, c.code + ".svg"), pdf = await paper(p, c.code + ".pdf");
  const parts = [el("h1", {}, inLang(c.title))];
  if (picture) parts.push(el("p", { className: "paper" }, el("img", { src: `/certificates/${c.code}.svg`, width: 1188, height: 840, alt: say("cert.picture", c.holder, inLang(c.title)) })));
  const below = el("div", { className: "text" });
  if (pdf) below.append(el("p", {}, el("a", { className: "button", href: `/certificates/${c.code}.pdf`, download: `giay-chung-nhan-${c.code}.pdf` }, say("cert.pdf", kb(pdf.byteLength)))));
  if (!picture || !pdf) below.append(el("p", { className: "soft" }, say("cert.unseen")));
  below.append(facts, el("p", { className: "soft small" }, say("cert.as-of", when(known.at))), el("p", {}, el("a", { href: "/certificates" }, say("certs"))));
  main.replaceChildren(...$$("[data-note]", main), ...parts, below);
  return true;
}

/** Asks for which courses this person holds a certificate: what was done for them counts. @param {Person} p */
async function askCounted(p) {
  if ($("[data-person]")?.dataset.person !== p.id) return;
  const certificates = await keepPapers(p);
  if (!p.secret || !(await count(p.id)).received) return;
  await earned(p, new Set(certificates.filter((/** @type {any} */ c) => c.state === "valid").map((/** @type {any} */ c) => c.course)));
}

async function begin() {
  await ready;
  const p = await current(), path = location.pathname;
  if (p && path === "/phone") askCounted(p).catch(() => {}); // the page is drawn again when it is known
  if (path === "/phone") await phone(p, true);
  else if (!(await showPapers(path, p)) && !(await show(path, p))) await phone(p, false);
  new BroadcastChannel("lopban").onmessage = async () => { if (path === "/phone") await phone(await current(), true); };
}

begin().catch(async () => {
  main.hidden = false;
  main.replaceChildren(el("div", { className: "text" }, el("h1", {}, say("title")), el("p", { className: "note wait" }, say("off"))));
});
