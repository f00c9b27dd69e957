// @ts-check
// The button on a course's page that takes it along: its size first, then how far it is.
import { $, $$ } from "./dom.js";
import { current } from "./here.js";
import { keepDraws, keepOwn } from "./log.js";
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

/** Keeps which questions of a drawn quiz the next attempts ask. @param {import("./log.js").Person} p @param {import("./packs.js").Pack} pack */
async function keepAllDraws(p, pack) {
  for (const lesson of pack.lessons) {
    if (!lesson.draws) continue;
    const answer = await fetch(`/api/v1/courses/${pack.course}/lessons/${lesson.id}`, { cache: "no-store" });
    if (!answer.ok) continue;
    const { quiz } = await answer.json();
    await keepDraws(p, pack.course, lesson.id, quiz.draws);
  }
}

/** Of several sentences shows one. @param {string} what */
const say = (what) => $$(".either[role=status] > *", box).forEach((one) => { one.hidden = one.dataset.is !== what; });

async function offer() {
  const pack = (await packs()).find((one) => one.course === words.course && one.lang === document.documentElement.lang);
  const same = Boolean(pack && pack.version === words.version);
  const button = $("button", box), media = $("[data-media]", box);
  say(same ? "here" : pack ? "newer" : "what");
  button.hidden = same;
  $$(".either > *", button).forEach((one) => { one.hidden = one.dataset.is !== (pack ? "again" : "take"); });
  if (media) media.hidden = same;
  box.hidden = false;
}

$("button", box).addEventListener("click", async () => {
  const button = $("button", box), bar = $("progress", box), withMedia = Boolean($("[data-media] input", box)?.checked);
  button.disabled = true;
  bar.hidden = false;
  say("taking");
  try {
    const pack = await take(words.url, withMedia, (done, of) => { bar.max = of; bar.value = done; });
    navigator.storage?.persist?.().catch(() => {});
    const p = await current();
    if (p) await keepStudy(p, pack.course).then(() => keepAllDraws(p, pack));
    await offer();
  } catch (error) {
    say(error instanceof DOMException && error.name === "QuotaExceededError" ? "full" : "failed");
  }
  bar.hidden = true;
  button.disabled = false;
});

offer().catch(() => { /* nothing can be kept here: the page says so below */ });
