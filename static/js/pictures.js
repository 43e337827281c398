// Pictures: those that came, opened large; those that go out, chosen, pasted or dropped, with a preview.
"use strict";

(() => {
  // --- opened large. Without this script the link opens the picture in a window of its own. ---
  let dialog = null;
  let row = [];
  let at = 0;

  function build() {
    const words = document.getElementById("talk").dataset;
    const make = (tag, className, text = "") =>
      Object.assign(document.createElement(tag), { className, textContent: text });
    dialog = make("dialog", "large");
    dialog.picture = make("img", "");
    const bar = make("div", "bar");
    const foot = make("div", "foot");
    const button = (text, act) => {
      const made = make("button", "", text);
      made.type = "button";
      made.addEventListener("click", act);
      return made;
    };
    dialog.back = button(words.wordBack, () => step(-1));
    dialog.next = button(words.wordNext, () => step(1));
    dialog.said = make("span", "small");
    bar.append(dialog.said, button(words.wordClose, () => dialog.close()));
    foot.append(dialog.back, dialog.next);
    dialog.append(bar, dialog.picture, foot);
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") step(-1);
      if (event.key === "ArrowRight") step(1);
    });
    dialog.picture.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => row[at]?.isConnected && row[at].focus());
    document.body.append(dialog);
  }

  function step(by) {
    const to = at + by;
    if (to < 0 || to >= row.length) return;
    at = to;
    const alt = row[at].querySelector("img").alt;
    dialog.picture.src = row[at].href;
    dialog.picture.alt = alt;
    dialog.setAttribute("aria-label", alt);
    dialog.said.textContent = row.length > 1 ? `${alt} · ${at + 1} / ${row.length}` : alt;
    dialog.back.hidden = at === 0;
    dialog.next.hidden = at === row.length - 1;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-large]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !window.HTMLDialogElement) return;
    event.preventDefault();
    if (!dialog) build();
    row = [...document.querySelectorAll("#item a[data-large]")];
    at = row.indexOf(link);
    step(0);
    dialog.showModal();
  });

  // --- going out ---
  const KINDS = ["image/png", "image/jpeg", "image/webp"];
  const SIDE = 2048; // pixels; larger ones are made smaller before a slow line has to carry them
  const SMALL = 1_000_000; // bytes
  let chosen = []; // File objects, kept while the form is drawn anew
  let itemOf = "";

  const field = () => document.getElementById("pictures");

  function most() {
    const way =
      document.querySelector("#answer input[name=way]:checked") ||
      document.querySelector("#answer input[type=hidden][name=way]");
    return way ? Number(way.dataset.pictures) : 0;
  }

  function say(text) {
    const place = document.getElementById("picture-problem");
    if (!place) return;
    place.textContent = text;
    place.hidden = !text;
  }

  // The list of chosen pictures becomes what the form will send, and what the eye sees.
  function show() {
    const input = field();
    const list = document.getElementById("picked");
    if (!input || !list) return;
    const going = new DataTransfer();
    chosen.forEach((file) => going.items.add(file));
    input.files = going.files;
    list.hidden = !chosen.length;
    const limit = most();
    list.replaceChildren(...chosen.map((file, index) => preview(file, index, list, index >= limit)));
    const over = chosen.length > limit;
    say(over ? (limit ? list.dataset.many.replace("#", limit) : list.dataset.none) : "");
    if (chosen.length) document.getElementById("choose-again")?.remove();
  }

  function preview(file, index, list, tooMany) {
    const line = document.createElement("li");
    const canvas = document.createElement("canvas");
    const remove = document.createElement("button");
    line.classList.toggle("too-many", tooMany);
    canvas.width = canvas.height = 144;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", file.name);
    draw(file, canvas);
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `${list.dataset.remove}: ${file.name}`);
    remove.addEventListener("click", () => {
      chosen.splice(index, 1);
      show();
      document.querySelector(`label[for=pictures]`)?.focus();
    });
    line.append(canvas, remove);
    return line;
  }

  async function draw(file, canvas) {
    try {
      const picture = await createImageBitmap(file);
      const side = Math.min(picture.width, picture.height);
      const [x, y] = [(picture.width - side) / 2, (picture.height - side) / 2];
      canvas.getContext("2d").drawImage(picture, x, y, side, side, 0, 0, 144, 144);
      picture.close();
    } catch {
      say(document.getElementById("picked").dataset.odd);
    }
  }

  async function smaller(file) {
    if (file.size <= SMALL) return file;
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
      picture.close();
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
      const name = file.name.replace(/\.\w+$/, "") + ".jpg";
      return blob && blob.size < file.size ? new File([blob], name, { type: "image/jpeg" }) : file;
    } catch {
      return file; // the server says what is wrong with it
    }
  }

  async function add(files) {
    const list = document.getElementById("picked");
    const good = [...files].filter((file) => KINDS.includes(file.type));
    if (!list || !files.length) return;
    const ready = await Promise.all(good.map(smaller));
    chosen.push(...ready);
    show();
    if (good.length < files.length) say(list.dataset.odd);
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "pictures") {
      const fresh = [...event.target.files];
      show(); // the field goes back to what was chosen so far, then the fresh ones join
      add(fresh);
    }
    if (event.target.name === "way") show();
  });

  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (event.target.id !== "text" || !files?.length || !field()) return;
    event.preventDefault();
    add(files);
  });

  const over = (event) => field() && event.target.closest?.("#composer");
  const carries = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const composer = over(event);
      if (!composer || !carries(event)) return;
      event.preventDefault();
      composer.classList.toggle("dropping", kind === "dragenter" || kind === "dragover");
      if (kind === "drop") add(event.dataTransfer.files);
    });
  }

  // A refused or refreshed form keeps its pictures; a sent one, or another item, begins without.
  function settle(event) {
    const target = event.detail?.target?.id;
    if (target && target !== "item" && target !== "composer") return;
    const item = document.getElementById("item")?.dataset.item || "";
    if (item !== itemOf || !field()) chosen = [];
    itemOf = item;
    if (chosen.length) show();
  }
  document.body?.addEventListener("htmx:afterSwap", settle);
  document.body?.addEventListener("htmx:oobAfterSwap", settle);
  document.addEventListener("DOMContentLoaded", settle);
})();
