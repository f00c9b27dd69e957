// @ts-check
// Practice tasks: what is written stays on the phone until it is received, and photos are made small before they are sent. Without this the form sends what was chosen, as it is.
import { $, $$ } from "./dom.js";
import { kept } from "./kept.js";

const side = 1280; // pixels of a photo: what the server keeps

// What was received needs no draft.
const known = $("[data-known]");
if (known) {
  const key = "practice:" + known.dataset.known, draft = kept.get(key);
  if (draft && known.dataset.ids.split(" ").includes(draft.id)) kept.drop(key);
}

const form = $("form[data-practice]");
if (form) {
  const key = "practice:" + form.dataset.practice, draft = kept.get(key);
  const { id, text } = form.elements;
  if (draft && draft.text && !text.value) {
    // The submission keeps its id through a reload: sent twice, it is one.
    id.value = draft.id;
    text.value = draft.text;
    $("[data-restored]").hidden = false;
    form.closest("details")?.setAttribute("open", "");
  }
  const save = () => kept.set(key, { id: id.value, text: text.value });
  if (text.value) save();
  text.addEventListener("input", save);
  photos(form);
}

/** A photo as it is sent. @typedef {{ canvas: HTMLCanvasElement, file: File }} Photo */

/** @param {File} file @returns {Promise<Photo>} */
async function shrink(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  /** @type {Blob | null} */
  const small = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.75));
  if (!small) throw new Error("no picture");
  return { canvas, file: new File([small], "photo.jpg", { type: "image/jpeg" }) };
}

/** @param {any} form */
function photos(form) {
  if (!window.createImageBitmap || !window.DataTransfer) return;
  const camera = $("[data-camera]", form), gallery = $("[data-gallery]", form), previews = $("[data-previews]", form), said = $("[data-working]", form), send = $("button:not([type])", form);
  const most = Number(form.dataset.most);
  /** @type {Photo[]} */
  let chosen = [];
  let working = 0;

  // The photos that will be sent are those of the second field; the first one is there to take the next.
  const show = () => {
    const all = new DataTransfer();
    chosen.forEach((one) => all.items.add(one.file));
    gallery.files = all.files;
    camera.value = "";
    previews.hidden = chosen.length === 0;
    previews.replaceChildren(...chosen.map((one, i) => {
      const row = document.createElement("li"), label = document.createElement("span"), away = document.createElement("button");
      const name = `${previews.dataset.label} ${i + 1}`;
      one.canvas.setAttribute("role", "img");
      one.canvas.setAttribute("aria-label", name);
      label.textContent = `${name}, ${Math.ceil(one.file.size / 1024)} KB`;
      away.type = "button";
      away.className = "linkbutton";
      away.textContent = `${previews.dataset.remove} ${i + 1}`;
      away.addEventListener("click", () => { chosen = chosen.filter((other) => other !== one); show(); gallery.focus(); });
      row.append(one.canvas, label, away);
      return row;
    }));
  };

  /** @param {File[]} files */
  const add = async (files) => {
    working++;
    send.disabled = true;
    said.textContent = said.dataset.busy;
    let fault = "";
    for (const file of files) {
      if (chosen.length >= most) { fault = said.dataset.many; break; }
      try { chosen.push(await shrink(file)); } catch { fault = said.dataset.bad; }
    }
    said.textContent = fault;
    working--;
    send.disabled = working > 0;
    show();
  };
  for (const field of [camera, gallery]) field.addEventListener("change", () => add([...field.files]));
}

// What the points come to.
const rubric = $("form[data-rubric]");
if (rubric) {
  const total = $("[data-total]", rubric);
  const count = () => {
    const points = $$("input[type=radio]:checked", rubric).map((one) => Number(one.value));
    total.hidden = points.length < $$("fieldset", rubric).length;
    const sum = points.reduce((a, b) => a + b, 0);
    total.textContent = `${sum} / ${total.dataset.of}: ${sum >= Number(rubric.dataset.rubric) ? total.dataset.passed : total.dataset.again}`;
  };
  rubric.addEventListener("change", count);
  count();
}
