// @ts-check
// The quiz editor: answers are added without a round trip. What is typed is kept on this machine with every key, sent by
// itself and sent again until the server has it. Without this file every button still works.
import { $, $$ } from "./dom.js";
import { kept } from "./kept.js";

const form = $("form[data-quiz-edit]");
const state = form && $("[data-state]", form);
const pause = 2000; // ms without a key before it is sent
const again = 3000; // ms before it is sent again

class Writing {
  constructor() {
    this.key = "quiz:" + form.dataset.quizEdit;
    this.auto = form.dataset.auto !== undefined;
    /** whether what was sent is there */
    this.sending = Promise.resolve(true);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.changed = this.leaving = this.stopped = false;
    if (form.dataset.both !== undefined) kept.drop("quiz:" + form.dataset.both); // it stands in this page now
    if (form.dataset.unsaved !== undefined) this.keep();
    else this.find();
    form.addEventListener("input", (/** @type {any} */ event) => { if (event.target.name !== "kind") this.typed(); });
    form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => this.submit(event));
    document.addEventListener("click", (event) => this.follow(event));
    addEventListener("online", () => { if (this.auto && this.changed) this.send(); });
    addEventListener("visibilitychange", () => { if (document.hidden && this.auto && this.changed) this.send(); });
    addEventListener("pageshow", () => { this.leaving = false; });
    addEventListener("beforeunload", (event) => { if (this.changed && !this.leaving) event.preventDefault(); });
  }

  /** @param {string} what */
  say(what) {
    state.textContent = form.dataset[what];
    state.classList.toggle("fault", ["unsent", "refused", "conflict"].includes(what));
  }

  // fields are what was written: not the revisions, which change with every save, nor which buttons there are.
  /** @returns {[string, any][]} */
  fields() {
    return [...new FormData(form)].filter(([name]) => !["vi", "en", "q", "kind", "do"].includes(name));
  }

  // What was typed here and never arrived, because the browser, the network or the server stopped. It goes on from the
  // revision that it was written on: the server puts together what does not touch.
  find() {
    /** @type {{ vi: string, en: string, fields: [string, any][] } | null} */
    const old = kept.get(this.key);
    if (!old || JSON.stringify(old.fields) === JSON.stringify(this.fields())) { kept.drop(this.key); return; }
    const rows = (old.fields.find(([name]) => name === "rows") || ["", 0])[1];
    while ($$("[data-row]", form).length < rows && addRow()) { /* one more */ }
    for (const [name, value] of old.fields) {
      const all = $$(`[name="${CSS.escape(name)}"]`, form);
      if (all[0]?.type === "radio") all.forEach((one) => { one.checked = one.value === value; });
      else if (all[0]) all[0].value = value;
    }
    form.elements.vi.value = old.vi;
    form.elements.en.value = old.en;
    this.typed();
    this.say("restored");
  }

  keep() {
    this.changed = true;
    return kept.set(this.key, { vi: form.elements.vi.value, en: form.elements.en.value, fields: this.fields() });
  }

  typed() {
    clearTimeout(this.timer);
    this.say(this.keep() ? "kept" : "typing");
    if (this.auto && !this.stopped) this.timer = setTimeout(() => this.send(), pause);
  }

  // Saves go one after the other, so that each begins with the revision that the last one made.
  send() {
    clearTimeout(this.timer);
    this.sending = this.sending.then(() => this.sendNow());
    return this.sending;
  }

  /** @returns {Promise<boolean>} */
  async sendNow() {
    if (!this.changed) return true;
    const before = JSON.stringify(this.fields());
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    body.set("do", form.dataset.do);
    this.say("saving");
    let reply = null, now = null;
    try {
      reply = await fetch(location.pathname, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "error" });
      if (reply.ok) now = await reply.json();
    } catch { /* the network or the server is away */ }
    if (now) return this.arrived(before, now);
    const refused = reply !== null && reply.status >= 400 && reply.status < 500 && reply.status !== 429;
    const conflict = refused && reply?.status === 409;
    this.say(!refused ? "unsent" : conflict ? "conflict" : "refused");
    if (refused) this.stopped = conflict;
    else if (this.auto) this.timer = setTimeout(() => this.send(), again);
    return refused; // the page itself shows what is wrong
  }

  /** @param {string} before @param {{ vi: string, en: string }} now */
  arrived(before, now) {
    form.elements.vi.value = now.vi;
    form.elements.en.value = now.en;
    if (JSON.stringify(this.fields()) !== before) { // more was typed meanwhile
      this.typed();
      return true;
    }
    this.changed = false;
    kept.drop(this.key);
    this.say("saved");
    return true;
  }

  // A button sends the form once what was typed is on the server, so that no error page of the browser takes it away.
  /** @param {SubmitEvent} event */
  submit(event) {
    if (this.leaving) return;
    event.preventDefault();
    event.stopPropagation(); // the site takes a form that was sent once for sent
    const button = event.submitter;
    this.send().then((there) => {
      if (!there) return;
      this.leaving = true;
      setTimeout(() => form.requestSubmit(button)); // not within this event: there the browser ignores it
    });
  }

  // A link is followed once what was typed is on the server, if it can be.
  /** @param {MouseEvent} event */
  follow(event) {
    const link = /** @type {any} */ (event.target).closest?.("a[href]");
    if (!link || !this.auto || !this.changed || event.ctrlKey || event.metaKey || event.shiftKey || link.target) return;
    event.preventDefault();
    this.send().then(() => { location.href = link.href; });
  }
}

// addRow adds a row of an answer behind the last, as the server would.
function addRow() {
  const rows = $("[data-rows]", form);
  if (!rows?.lastElementChild) return null;
  const last = rows.lastElementChild, n = rows.children.length, row = last.cloneNode(true);
  /** @param {string} text */
  const at = (text) => text.replace(/^row\.\d+\./, `row.${n}.`).replace(/^row\.(up|drop)\.\d+$/, `row.$1.${n}`);
  row.querySelectorAll("[name], [for], [id]").forEach((/** @type {any} */ part) => {
    for (const name of ["name", "id"]) if (part[name]) part[name] = at(part[name]);
    if (part.htmlFor) part.htmlFor = at(part.htmlFor);
    if (part.tagName === "BUTTON") part.value = at(part.value);
    else if (part.tagName === "TEXTAREA") part.value = part.defaultValue = "";
    else if (part.tagName === "INPUT") part.value = /\.(weight|min|max)$/.test(part.name) ? "0" : "";
  });
  const legend = row.querySelector("legend");
  const old = legend.textContent;
  legend.textContent = old.replace(/\d+/, n + 1);
  row.querySelectorAll("[aria-label]").forEach((/** @type {any} */ part) => part.setAttribute("aria-label", part.getAttribute("aria-label").replace(old, legend.textContent)));
  rows.append(row);
  form.elements.rows.value = n + 1;
  return row;
}

if (form && state) {
  const writing = new Writing();
  $("[data-row-add]", form)?.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    event.preventDefault();
    addRow().querySelector("input, textarea").focus();
    writing.typed();
  });
}
