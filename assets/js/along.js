// @ts-check
// The button on a course's page that takes it along: its size first, then how far it is.
import { $ } from "./dom.js";
import { current, fill } from "./here.js";
import { keepOwn } from "./log.js";
import { packs, take } from "./packs.js";

const box = $("[data-along]"), words = box.dataset;

/** Keeps how far a person is with a course, to show it without a network. @param {import("./log.js").Person} p @param {string} course */
export async function keepStudy(p, course) {
  const answer = await fetch("/api/v1/courses/" + course, { cache: "no-store" });
  if (!answer.ok) return;
  const { modules, certificate } = await answer.json();
  /** @type {Record<string, any>} */
  const lessons = {};
  for (const lesson of modules.flatMap((/** @type {any} */ m) => m.lessons)) lessons[lesson.id] = { read: lesson.read, done: lesson.done, best: lesson.best, attempts: lesson.attempts };
  await keepOwn(p, "study:" + course, { lessons, certificate });
}

/** Keeps which questions of a drawn quiz the next attempt asks. @param {import("./log.js").Person} p @param {import("./packs.js").Pack} pack */
async function keepDraws(p, pack) {
  for (const lesson of pack.lessons) {
    if (!lesson.draws) continue;
    const answer = await fetch(`/api/v1/courses/${pack.course}/lessons/${lesson.id}`, { cache: "no-store" });
    if (!answer.ok) continue;
    const { quiz } = await answer.json();
    await keepOwn(p, `draw:${pack.course}/${lesson.id}`, { draw: quiz.draw, asks: quiz.questions.map((/** @type {any} */ q) => q.id) });
  }
}

async function offer() {
  const pack = (await packs()).find((one) => one.course === words.course && one.lang === document.documentElement.lang);
  const same = pack && pack.version === words.version;
  const said = $("[data-said]", box), button = $("button", box), media = $("[data-media]", box);
  said.textContent = same ? words.here : pack ? words.newer : words.what;
  button.hidden = Boolean(same);
  button.textContent = fill(pack ? words.again : words.take, words.kb);
  media.hidden = same || !words.mediaKb;
  box.hidden = false;
}

$("button", box).addEventListener("click", async () => {
  const button = $("button", box), bar = $("progress", box), said = $("[data-said]", box), withMedia = Boolean($("[data-media] input", box)?.checked);
  button.disabled = true;
  bar.hidden = false;
  said.textContent = words.taking;
  try {
    const pack = await take(words.url, withMedia, (done, of) => { bar.max = of; bar.value = done; });
    navigator.storage?.persist?.().catch(() => {});
    const p = await current();
    if (p) await keepStudy(p, pack.course).then(() => keepDraws(p, pack));
    await offer();
  } catch (error) {
    said.textContent = error instanceof DOMException && error.name === "QuotaExceededError" ? words.full : words.failed;
  }
  bar.hidden = true;
  button.disabled = false;
});

offer().catch(() => { /* nothing can be kept here: the page says so below */ });
