// @ts-check
// Small helps on pages that work without them.
import { $, $$ } from "./dom.js";
import { kept } from "./kept.js";

// What a page says about keeping is true: it begins with "no".
/** @param {boolean} yes */
const keeps = (yes) => $$("[data-keeps]").forEach((part) => { part.hidden = (part.dataset.keeps === "yes") !== yes; });
if ($("[data-keeps]") && kept.set("keeps", 1)) { kept.drop("keeps"); keeps(true); }

// Two presses send a form once. A send that was stopped can be pressed again: the browser says when one was, or else we
// wait until a thin network would have taken what is small. While it lasts, words say so.
const again = 20_000; // milliseconds, for browsers that do not say
const sending = $("[data-sending]");
/** @type {ReturnType<typeof setInterval> | undefined} */
let telling;
/** @param {number} from */
const tell = (from) => {
  const seconds = Math.round((Date.now() - from) / 1000);
  sending.textContent = seconds < 5 ? sending.dataset.sending : sending.dataset.still.replace("%s", 5 * Math.floor(seconds / 5));
  sending.hidden = false;
};
const sent = () => {
  clearInterval(telling);
  if (sending) sending.hidden = true;
  $$("form[data-sent]").forEach((form) => { delete form.dataset.sent; form.removeAttribute("aria-busy"); });
};
addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target), from = Date.now();
  if (form.dataset.sent && from - Number(form.dataset.sent) < again) { event.preventDefault(); return; }
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-download")) return;
  form.dataset.sent = String(from);
  form.setAttribute("aria-busy", "true");
  clearInterval(telling);
  if (sending) telling = setInterval(tell, 500, from);
});
addEventListener("pageshow", sent);
/** @type {any} */ (window).navigation?.addEventListener("navigateerror", sent);

// The code of a printed link stands after the #, where no server sees it; or, on old slips, in the address, which then need
// not keep it.
const claim = $("form[data-claim]");
if (claim && location.hash.length > 1) {
  claim.elements.code.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", "/claim");
  claim.requestSubmit();
} else if ((claim || $("form[data-claimed]")) && location.search) {
  history.replaceState(null, "", "/claim");
}

// Show the password.
$$("[data-show]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    const input = /** @type {HTMLInputElement} */ (document.getElementById(button.dataset.show));
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    [button.textContent, button.dataset.other] = [button.dataset.other, button.textContent];
  });
});

// Print, share.
$$("[data-print]").forEach((button) => { button.hidden = false; button.addEventListener("click", () => print()); });
$$("[data-share]").forEach((button) => {
  if (!navigator.share) return;
  button.hidden = false;
  button.addEventListener("click", () => navigator.share({ title: document.title, url: button.dataset.share }).catch(() => {}));
});

// Filters apply at once.
$$("select[data-go]").forEach((select) => select.addEventListener("change", () => select.form.requestSubmit()));

// A file can be dropped.
$$("input[type=file]").forEach((input) => {
  const place = input.closest(".field");
  ["dragover", "drop"].forEach((name) => place.addEventListener(name, (/** @type {any} */ event) => {
    event.preventDefault();
    if (name === "drop" && event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  }));
});

// A lesson opens where its reader left it, on this phone or, by the address, on another.
const lesson = $("[data-lesson]");
if (lesson) {
  const key = `place:${$("[name=person]")?.value || "-"}/${lesson.dataset.lesson}`;
  const whole = () => Math.max(1, document.documentElement.scrollHeight - innerHeight);
  const old = kept.get(key), [, there] = location.hash.match(/^#o-(\d+)$/) || [];
  let left = old ? old.at : 0;
  if (there && !(old && old.unsent)) left = Number(there) / 100;
  if (there) history.replaceState(history.state, "", location.pathname);
  if (!location.hash && left > 0.02 && left < 0.98) scrollTo(0, left * whole());
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let moved = Boolean(old && old.unsent);
  addEventListener("scroll", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { moved = true; kept.set(key, { at: scrollY / whole(), unsent: true }); }, 200);
  }, { passive: true });
  // The place goes along when the page is left.
  addEventListener("visibilitychange", () => {
    const form = $("#read"), now = kept.get(key);
    if (document.visibilityState !== "hidden" || !moved || !form?.elements.person) return;
    moved = false;
    const body = new URLSearchParams({ person: form.elements.person.value, at: String(Math.round(100 * (now ? now.at : scrollY / whole()))) });
    fetch(location.pathname + "/place", { method: "POST", body, keepalive: true })
      .then((answer) => { if (answer.ok) kept.set(key, { at: kept.get(key).at }); }).catch(() => { moved = true; });
  });
}

// A quiz keeps every answer as it is given, and on a phone shows one question a screen.
const quiz = $("form[data-quiz]");
if (quiz) takeQuiz();

function takeQuiz() {
  const key = "quiz:" + quiz.dataset.quiz;
  const { id, draw } = quiz.elements;
  const parts = () => $$("input[name^='q.'], select[name^='q.'], textarea[name^='q.']", quiz);
  const old = "given" in quiz.dataset ? null : kept.get(key);
  if (old && quiz.dataset.known.split(" ").includes(old.id)) {
    // It arrived, and the answer to it was lost: its result says that it was received.
    kept.drop(key);
    location.replace(`${location.pathname}?attempt=${encodeURIComponent(old.id)}`);
    return;
  }
  const answers = (old && old.answers) || {};
  if (old && "draws" in quiz.dataset && old.draw && old.draw !== draw.value && !location.search) {
    location.replace(`${location.pathname}?draw=${encodeURIComponent(old.draw)}`); // the questions that were answered
    return;
  }
  if (parts().some((part) => answers[part.name])) {
    // The attempt keeps its id through a reload: handed in twice, it counts once.
    id.value = old.id;
    parts().forEach((part) => {
      const values = answers[part.name] || [];
      if (part.type === "radio" || part.type === "checkbox") part.checked = values.includes(part.value);
      else if (values.length) part.value = values[0];
    });
    $("[data-restored]").hidden = false;
    $("[data-anew]").addEventListener("click", () => { kept.drop(key); location.replace(location.pathname); });
  }
  const questions = $$(".question", quiz);
  // the question on a phone's screen: whoever scrolled on before this came stays where they are
  let at = (old && old.at) || (scrollY ? Math.max(0, questions.findIndex((question) => question.getBoundingClientRect().bottom > 0)) : 0);
  const save = () => {
    /** @type {Record<string, string[]>} */
    const answers = {};
    parts().forEach((part) => {
      if ((part.type === "radio" || part.type === "checkbox") && !part.checked) return;
      if (part.value) (answers[part.name] ||= []).push(part.value);
    });
    keeps(kept.set(key, { id: id.value, draw: draw.value, at, answers }));
  };
  if ("given" in quiz.dataset) {
    at = Math.max(0, questions.findIndex((question) => question.matches(".bad")));
    save();
  }
  quiz.addEventListener("input", save);
  quiz.addEventListener("change", save);

  const one = matchMedia("(max-width: 639px)").matches && questions.length > 1;
  /** @param {number} n */
  let go = (n) => $("input, select, textarea", questions[n])?.focus();
  if (one) {
    quiz.classList.add("one");
    const back = $("[data-back]", quiz), on = $("[data-on]", quiz), where = $("[data-where]", quiz), send = $("[data-send]", quiz);
    /** @param {number} n @param {boolean} focus */
    const show = (n, focus) => {
      at = n;
      questions.forEach((question, i) => question.classList.toggle("current", i === n));
      back.hidden = n === 0;
      on.hidden = n === questions.length - 1;
      send.hidden = n !== questions.length - 1;
      where.textContent = `${n + 1} / ${questions.length}`;
      if (focus) { questions[n].tabIndex = -1; questions[n].focus({ preventScroll: true }); scrollTo(0, 0); }
    };
    $(".step-nav", quiz).hidden = false;
    go = (n) => { show(n, true); save(); };
    back.addEventListener("click", () => go(at - 1));
    on.addEventListener("click", () => go(at + 1));
    show(Math.min(at, questions.length - 1), false);
    $$("[data-jump]").forEach((link) => link.addEventListener("click", (/** @type {MouseEvent} */ event) => { // to a question that is not on the screen
      event.preventDefault();
      go(questions.findIndex((question) => "#" + question.id === link.hash));
    }));
  }
  // Enter in a field, a phone keyboard's "go": the next question, and after the last one the button, which waits for a press.
  quiz.addEventListener("keydown", (/** @type {any} */ event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
    event.preventDefault();
    const n = questions.indexOf(event.target.closest(".question")) + 1;
    if (n < questions.length) go(n); else $("[data-send] button", quiz).focus();
  });
  quiz.addEventListener("keypress", (/** @type {any} */ event) => { if (event.key === "Enter" && event.target.matches("input")) event.preventDefault(); });
}

// A receipt ends what was kept for the attempt.
const receipt = $("[data-received]");
if (receipt) {
  const key = "quiz:" + receipt.dataset.received, draft = kept.get(key);
  if (draft && draft.id === receipt.dataset.attempt) kept.drop(key);
}

// What waits for its owner to sign in is kept on the phone too.
if ($("[data-held]")) {
  /** @param {string} name */
  const value = (name) => $(`[name="held.${name}"]`)?.value || "";
  const [, , course, lesson, page] = $("[name=next]").value.split("/");
  const practice = lesson === "practice", key = practice ? `practice:${value("person")}/${course}` : `quiz:${value("person")}/${course}/${lesson}`;
  if (!kept.get(key) && value("id") && practice) kept.set(key, { id: value("id"), text: value("text") });
  if (!kept.get(key) && value("id") && page === "quiz") {
    /** @type {Record<string, string[]>} */
    const answers = {};
    $$("[name^='held.q.']").forEach((part) => { if (part.value) (answers[part.name.slice(5)] ||= []).push(part.value); });
    kept.set(key, { id: value("id"), draw: value("draw"), at: 0, answers });
  }
  $("[data-held-kept]").hidden = !kept.get(key);
}

// What went wrong comes into view, and what reads aloud reads it first: at once, or the focus would be taken from who
// has begun to type.
const alarm = $("main [role=alert]");
if (alarm) {
  const field = $(".field.bad :is(input, select, textarea):not([type=hidden])") || alarm;
  if (field === alarm) alarm.tabIndex = -1;
  field.focus({ preventScroll: true });
  field.scrollIntoView({ block: "center" });
}

// Whoever learns here has a log on this phone, and may take courses along.
if ($("[data-person]") || navigator.serviceWorker?.controller) import("./here.js").catch(() => {});
if ($("[data-along]")) import("./along.js").catch(() => {});
