// Small helps on pages that work without them.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// A phone's storage may be full, or closed to us: then nothing is kept, and nothing breaks.
const kept = {
  get(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* full */ } },
  drop(key) { try { localStorage.removeItem(key); } catch { /* closed */ } },
};

// Two presses send a form once.
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-download")) return;
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => { delete form.dataset.sent; form.removeAttribute("aria-busy"); }));

// Show the password.
$$("[data-show]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    const input = document.getElementById(button.dataset.show);
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    button.setAttribute("aria-pressed", String(hidden));
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
  ["dragover", "drop"].forEach((name) => place.addEventListener(name, (event) => {
    event.preventDefault();
    if (name === "drop" && event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  }));
});

// A lesson opens where it was left.
const lesson = $("[data-lesson]");
if (lesson && !location.hash) {
  const key = "place:" + lesson.dataset.lesson;
  const left = kept.get(key);
  if (left > 0.02 && left < 0.98) scrollTo(0, left * (document.documentElement.scrollHeight - innerHeight));
  let waiting;
  addEventListener("scroll", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => kept.set(key, scrollY / Math.max(1, document.documentElement.scrollHeight - innerHeight)), 200);
  }, { passive: true });
}

// A quiz keeps every answer as it is given, and on a phone shows one question a screen.
const quiz = $("form[data-quiz]");
if (quiz) {
  const key = "quiz:" + quiz.dataset.quiz;
  const parts = () => $$("input[name^='q.'], select[name^='q.'], textarea[name^='q.']", quiz);
  const old = kept.get(key);
  if (old && old.answers && (old.draw || "0") === quiz.elements.draw.value) {
    // The attempt keeps its id through a reload: handed in twice, it counts once.
    quiz.elements.id.value = old.id;
    parts().forEach((part) => {
      const values = old.answers[part.name] || [];
      if (part.type === "radio" || part.type === "checkbox") part.checked = values.includes(part.value);
      else if (values.length) part.value = values[0];
    });
  }
  let at = (old && old.at) || 0; // the question on a phone's screen
  const save = () => {
    const answers = {};
    parts().forEach((part) => {
      if ((part.type === "radio" || part.type === "checkbox") && !part.checked) return;
      if (part.value) (answers[part.name] ||= []).push(part.value);
    });
    kept.set(key, { id: quiz.elements.id.value, draw: quiz.elements.draw.value, at, answers });
  };
  quiz.addEventListener("input", save);
  quiz.addEventListener("change", save);

  const questions = $$(".question", quiz);
  if (matchMedia("(max-width: 639px)").matches && questions.length > 1) {
    quiz.classList.add("one");
    const back = $("[data-back]", quiz), on = $("[data-on]", quiz), where = $("[data-where]", quiz), send = $("[data-send]", quiz);
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
    const go = (n) => { show(n, true); save(); };
    back.addEventListener("click", () => go(at - 1));
    on.addEventListener("click", () => go(at + 1));
    show(Math.min(at, questions.length - 1), false);
  }
}

// A receipt ends what was kept for the attempt.
const receipt = $("[data-received]");
if (receipt) kept.drop("quiz:" + receipt.dataset.received);
