// The quiz editor: answers are added without a round trip, and what is written is saved by itself. Without this file every button still works.
const form = document.querySelector("form[data-quiz-edit]");
const state = form && form.querySelector("[data-state]");
if (form && state) {
  const rows = form.querySelector("[data-rows]");
  const add = form.querySelector("[data-row-add]");
  const say = (what) => { state.textContent = form.dataset[what]; };
  let waiting = 0, saving = Promise.resolve();

  // Saves go one after the other, so that each begins with the revision that the last one made.
  const save = () => (saving = saving.then(async () => {
    say("saving");
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "save");
    try {
      const answer = await fetch(location.pathname, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "error" });
      if (answer.status === 409) return say("conflict");
      if (!answer.ok) return say("failed");
      const kept = await answer.json();
      form.elements.vi.value = kept.vi;
      form.elements.en.value = kept.en;
      say(waiting ? "typing" : "saved");
    } catch {
      say("failed");
    }
  }));
  const later = () => {
    clearTimeout(waiting);
    say("typing");
    waiting = setTimeout(() => { waiting = 0; save(); }, 2000);
  };
  form.addEventListener("input", (event) => { if (event.target.name !== "kind") later(); });

  // A button sends the form once the save under way has told its revision.
  let ready = false;
  form.addEventListener("submit", (event) => {
    clearTimeout(waiting);
    waiting = 0;
    if (ready) return;
    event.preventDefault();
    event.stopPropagation(); // the site takes a form that was sent once for sent
    const button = event.submitter;
    saving.then(() => setTimeout(() => { ready = true; form.requestSubmit(button); })); // not within this event: there the browser ignores it
  });
  addEventListener("pageshow", () => { ready = false; });

  if (add && rows) add.addEventListener("click", (event) => {
    event.preventDefault();
    const last = rows.lastElementChild, n = rows.children.length, row = last.cloneNode(true);
    const at = (text) => text.replace(/^row\.\d+\./, `row.${n}.`).replace(/^row\.(up|drop)\.\d+$/, `row.$1.${n}`);
    row.querySelectorAll("[name], [for], [id]").forEach((part) => {
      for (const name of ["name", "id"]) if (part[name]) part[name] = at(part[name]);
      if (part.htmlFor) part.htmlFor = at(part.htmlFor);
      if (part.tagName === "BUTTON") part.value = at(part.value);
      else if (part.tagName === "TEXTAREA") part.value = part.defaultValue = "";
      else if (part.tagName === "INPUT") part.value = part.name.endsWith(".weight") || part.name.endsWith(".min") || part.name.endsWith(".max") ? "0" : "";
    });
    const legend = row.querySelector("legend");
    const old = legend.textContent;
    legend.textContent = old.replace(/\d+/, n + 1);
    row.querySelectorAll("[aria-label]").forEach((part) => part.setAttribute("aria-label", part.getAttribute("aria-label").replace(old, legend.textContent)));
    rows.append(row);
    form.elements.rows.value = n + 1;
    row.querySelector("input, textarea").focus();
    say("typing");
  });
}
