// @ts-check
// What a learner's form says, as an entry of the log.

/**
 * The fact that a form of a course's page brings, null for a form of another kind.
 * @param {string} path @param {FormData} form @param {string} lang of the page
 * @returns {{ person: string, fact: Record<string, any>, photos: File[] } | null}
 */
export function factOfForm(path, form, lang) {
  const [, at, course, lesson, page, ...more] = path.split("/");
  const person = text(form, "person");
  if (at !== "courses" || !lesson || more.length || !person) return null;
  if (lesson === "practice" && !page) {
    const photos = form.getAll("photo").filter((file) => file instanceof File && file.size > 0);
    return { person, fact: { id: text(form, "id"), kind: "submission", course, text: text(form, "text") }, photos: /** @type {File[]} */ (photos) };
  }
  if (page === "quiz") return { person, fact: { id: text(form, "id"), kind: "attempt", course, lesson, ...draw(form), lang, form: answers(form) }, photos: [] };
  if (page === "remark") {
    const question = text(form, "question");
    return { person, fact: { id: text(form, "id"), kind: "remark", course, lesson, ...(question ? { question } : {}), text: text(form, "text") }, photos: [] };
  }
  if (page || lesson === "advance" || lesson === "renew") return null;
  return { person, fact: { kind: "completion", course, lesson }, photos: [] };
}

/** @param {FormData} form @param {string} name */
const text = (form, name) => String(form.get(name) ?? "");

/** @param {FormData} form */
const draw = (form) => (text(form, "draw") ? { draw: Number(text(form, "draw")) } : {});

/** @param {FormData} form what was typed and chosen, by question and part */
function answers(form) {
  /** @type {Record<string, string[]>} */
  const given = {};
  for (const [name, value] of form) if (name.startsWith("q.") && value !== "") (given[name.slice(2)] ||= []).push(String(value));
  return given;
}
