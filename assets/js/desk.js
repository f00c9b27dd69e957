// @ts-check
// The desk: a text is kept on this machine with every key, sent a second after the last, and called saved only when the server has it on disk.
import { $, $$ } from "./dom.js";
import { kept } from "./kept.js";

const desk = $("[data-desk]");
const words = desk ? desk.dataset : {};
const pause = 1000; // ms without a key before a text is sent
const again = 3000; // ms before it is sent again

/**
 * What the server says of a text that was sent.
 * @typedef {{ state: string, message: string, rev: number, text?: string, at: string, weight?: string }} Answer
 */

class Sheet {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  sending = false;
  stopped = false;
  stepping = false;
  /** the newest revision and the one shown, while going back and forward @type {number | undefined} */
  top;
  /** @type {number | undefined} */
  at;

  /** @param {HTMLElement} box */
  constructor(box) {
    this.area = $("textarea", box);
    this.path = this.area.dataset.path;
    this.key = "desk:" + words.desk + "/" + this.path;
    this.rev = Number(this.area.dataset.rev);
    this.saved = this.area.value;
    this.state = $(".state", box);
    this.base = $("input[type=hidden]", box);
    this.box = box;
    if (words.settled === this.path) kept.drop(this.key);
    this.area.addEventListener("input", () => this.typed());
    this.area.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.keys(event));
    $$("[data-md]", box).forEach((button) => button.addEventListener("click", () => this.mark(button.dataset.md)));
    $$("[role=toolbar]", box).forEach((bar) => { bar.hidden = false; $$("button", bar).forEach((button) => { button.title = [button.getAttribute("aria-label"), button.title].filter(Boolean).join(" · "); }); });
    $("[data-undo]", box)?.addEventListener("click", () => this.step(-1));
    $("[data-redo]", box)?.addEventListener("click", () => this.step(1));
    this.find();
  }

  // What was typed here and never arrived, because the browser or the server stopped.
  find() {
    const old = kept.get(this.key);
    if (!old || old.text === this.area.value) { kept.drop(this.key); return; }
    if (old.base === this.rev) {
      this.area.value = old.text;
      this.say(words.restored);
      this.typed();
      return;
    }
    const offer = $("[data-kept]", this.box);
    $("pre", offer).textContent = old.text;
    offer.hidden = false;
    const end = () => { kept.drop(this.key); offer.hidden = true; this.area.focus(); };
    $("[data-kept-use]", offer).addEventListener("click", () => { end(); this.put(old.text); });
    $("[data-kept-drop]", offer).addEventListener("click", end);
  }

  /** @param {string} text @param {boolean} [bad] */
  say(text, bad) {
    this.state.textContent = text;
    this.state.classList.toggle("fault", Boolean(bad));
  }

  typed() {
    if (kept.get(this.key)?.base > this.rev) return;
    kept.set(this.key, { base: this.rev, text: this.area.value });
    if (!this.stopped && !this.sending) this.say(words.typing);
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => this.send(), pause);
    preview(this);
  }

  async send() {
    clearTimeout(this.timer);
    if (this.sending || this.stopped) return;
    const text = this.area.value;
    if (text === this.saved) { kept.drop(this.key); return; }
    this.sending = true;
    this.say(words.saving);
    /** @type {Answer | null} */
    let answer = null;
    try {
      const body = new URLSearchParams({ path: this.path, base: String(this.rev), text, lesson: words.lessonName });
      const reply = await fetch(words.desk + "/save", { method: "POST", body });
      answer = await reply.json();
    } catch { /* the network or the server is away */ }
    this.sending = false;
    if (answer?.state === "saved") this.arrived(text, answer);
    else if (answer?.state === "conflict") this.conflict(answer);
    else if (answer?.state === "refused") this.say(answer.message, true);
    else {
      this.say(words.unsent, true);
      this.timer = setTimeout(() => this.send(), again);
    }
  }

  /** @param {string} text @param {Answer} answer */
  arrived(text, answer) {
    this.rev = answer.rev;
    this.base.value = this.rev;
    this.saved = answer.text ?? text;
    if (answer.weight) { const weight = $("[data-weight]"); if (weight) weight.textContent = answer.weight; }
    if (this.area.value !== text) { // more was typed meanwhile
      kept.set(this.key, { base: this.rev, text: this.area.value });
      this.timer = setTimeout(() => this.send(), pause);
      return;
    }
    if (answer.text !== undefined) {
      const at = this.area.selectionStart;
      this.area.value = answer.text;
      this.area.setSelectionRange(at, at);
    }
    kept.drop(this.key);
    this.say(words.saved.replace("%s", answer.at));
    $("[data-fresh]")?.remove();
  }

  // Somebody else saved: the form itself shows both texts.
  /** @param {Answer} answer */
  conflict(answer) {
    this.stopped = true;
    this.say(answer.message + " ", true);
    const button = document.createElement("button");
    button.className = "linkbutton";
    button.textContent = words.conflict;
    this.state.append(button);
  }

  /** @param {string} text */
  put(text) {
    this.area.value = text;
    this.area.dispatchEvent(new Event("input"));
  }

  // Back and forward through what was saved, beyond what the browser remembers.
  /** @param {number} by */
  async step(by) {
    if (this.sending || this.area.value !== this.saved) await this.send();
    const newest = this.top ??= this.rev, to = (this.at ??= this.rev) + by;
    if (to < 1 || to > newest) return;
    const reply = await fetch(`${words.desk}/history?path=${encodeURIComponent(this.path)}&rev=${to}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!reply?.ok) return;
    this.at = to;
    this.stepping = true;
    this.put((await reply.json()).text);
    this.stepping = false;
  }

  /** @param {KeyboardEvent} event */
  keys(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "s") { event.preventDefault(); this.send(); }
    if (key === "b") { event.preventDefault(); this.mark("bold"); }
    if (key === "i") { event.preventDefault(); this.mark("italic"); }
  }

  /** @param {string} how */
  mark(how) {
    const area = this.area;
    let from = area.selectionStart, to = area.selectionEnd;
    if (["h2", "ul", "ol", "quote"].includes(how)) { // these mark whole lines
      from = area.value.lastIndexOf("\n", from - 1) + 1;
      to = (area.value + "\n").indexOf("\n", to);
      area.setSelectionRange(from, to);
    }
    const chosen = area.value.slice(from, to);
    /** @param {string | ((i: number) => string)} before */
    const lines = (before) => chosen.split("\n").map((/** @type {string} */ line, /** @type {number} */ i) => (typeof before === "function" ? before(i) : before) + line).join("\n");
    /** @type {Record<string, string>} */
    const marks = {
      bold: `**${chosen}**`, italic: `*${chosen}*`, h2: lines("## "), ul: lines("- "), ol: lines((i) => `${i + 1}. `), quote: lines("> "),
      link: `[${chosen}](https://)`, table: "\n| A | B |\n|---|---|\n| 1 | 2 |\n",
    };
    const made = marks[how];
    area.focus();
    // The browser's own undo knows of it this way.
    if (!document.execCommand("insertText", false, made)) { area.setRangeText(made, from, to, "end"); area.dispatchEvent(new Event("input")); }
    if (how === "bold" || how === "italic") { const n = how === "bold" ? 2 : 1; area.setSelectionRange(from + n, from + n + chosen.length); }
  }
}

// The preview follows the text that is being written.
const paper = $("[data-preview]");
/** @type {ReturnType<typeof setTimeout> | undefined} */
let painting;
/** @param {Sheet} sheet */
function preview(sheet) {
  if (!paper || !sheet.area.lang) return;
  clearTimeout(painting);
  painting = setTimeout(async () => {
    const text = sheet.area.value;
    const reply = await fetch(words.desk + "/preview", { method: "POST", body: new URLSearchParams({ text }) }).catch(() => null);
    if (!reply?.ok || sheet.area.value !== text) return;
    paper.innerHTML = await reply.text(); // the server has cleaned it
    paper.lang = sheet.area.lang;
  }, 400);
}

const sheets = $$("[data-sheet]").map((box) => new Sheet(box));
sheets.forEach((sheet) => {
  sheet.area.addEventListener("focus", () => { if (paper && sheet.area.lang && paper.lang !== sheet.area.lang) preview(sheet); });
  sheet.area.addEventListener("input", () => { if (!sheet.stepping) { sheet.at = undefined; sheet.top = undefined; } });
});
addEventListener("online", () => sheets.forEach((sheet) => sheet.send()));
addEventListener("visibilitychange", () => { if (document.hidden) sheets.forEach((sheet) => sheet.send()); });
addEventListener("beforeunload", (event) => {
  if (sheets.some((sheet) => sheet.area.value !== sheet.saved && !sheet.stopped) && !leaving) event.preventDefault();
});
let leaving = false;
addEventListener("submit", () => { leaving = true; });

// A mistake's line is shown.
if (desk && Number(words.line) > 0) {
  const sheet = sheets.find((one) => one.area.lang === words.lang) || sheets[0];
  const lines = sheet.area.value.split("\n"), n = Math.min(Number(words.line), lines.length);
  const from = lines.slice(0, n - 1).join("\n").length + (n > 1 ? 1 : 0);
  sheet.area.focus();
  sheet.area.setSelectionRange(from, from + lines[n - 1].length);
  sheet.area.scrollTop = (n - 4) * 28;
}

// On a small screen one panel is shown at a time.
const tabs = $("[data-panels]");
if (tabs) {
  const panels = $$("[data-panel]"), small = matchMedia("(max-width: 1099px)");
  /** @param {string} id */
  const show = (id) => {
    panels.forEach((panel) => { panel.hidden = small.matches && panel.id !== id; });
    $$("a", tabs).forEach((a) => (a.hash === "#" + id ? a.setAttribute("aria-current", "true") : a.removeAttribute("aria-current")));
  };
  const now = () => show(panels.some((panel) => "#" + panel.id === location.hash) ? location.hash.slice(1) : "text");
  addEventListener("hashchange", now);
  small.addEventListener("change", now);
  now();
}

// Lessons can be dragged; the buttons beside them do the same.
const form = $("[data-move]");
if (form) {
  /** @type {HTMLElement | null} */
  let dragged = null;
  $$("[data-lesson-id]").forEach((item) => {
    item.draggable = true;
    item.addEventListener("dragstart", (/** @type {any} */ event) => { dragged = item; event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", item.dataset.lessonId); });
    item.addEventListener("dragend", () => { dragged = null; $$(".over").forEach((one) => one.classList.remove("over")); });
  });
  $$("[data-module]").forEach((module) => {
    module.addEventListener("dragover", (/** @type {any} */ event) => { if (dragged) { event.preventDefault(); $$(".over").forEach((one) => one.classList.remove("over")); (event.target.closest("[data-lesson-id]") || module).classList.add("over"); } });
    module.addEventListener("drop", (/** @type {any} */ event) => {
      if (!dragged) return;
      event.preventDefault();
      const others = $$("[data-lesson-id]", module).filter((item) => item !== dragged);
      const target = event.target.closest("[data-lesson-id]");
      let to = target && target !== dragged ? others.indexOf(target) : others.length;
      if (target && event.clientY > target.getBoundingClientRect().top + target.offsetHeight / 2) to++;
      form.elements.lesson.value = dragged.dataset.lessonId;
      form.elements.module.value = module.dataset.module;
      form.elements.to.value = to;
      form.requestSubmit();
    });
  });
}

// What is pasted from Word or the web becomes clean Markdown.
$$("textarea[data-path$='.md']").forEach((area) => area.addEventListener("paste", async (/** @type {ClipboardEvent} */ event) => {
  const html = event.clipboardData?.getData("text/html"), plain = event.clipboardData?.getData("text/plain");
  if (!html) return;
  event.preventDefault();
  const reply = await fetch("/author/paste", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ html }) }).catch(() => null);
  const answer = reply?.ok ? await reply.json() : { markdown: plain };
  area.focus();
  if (!document.execCommand("insertText", false, answer.markdown)) {
    area.setRangeText(answer.markdown, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  }
  if (!answer.leftOut?.length) return;
  const left = $("[data-left]", area.closest("[data-sheet]")); // it stays until it is closed
  $("p", left).textContent = answer.leftOut.join(" · ");
  left.hidden = false;
  $("[data-left-close]", left).onclick = () => { left.hidden = true; area.focus(); };
}));
