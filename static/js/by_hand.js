// “Catat pesan”: what is in the clipboard or dragged along is taken anywhere on the page; Ctrl+Enter saves.
"use strict";

(() => {
  const form = document.getElementById("by-hand");
  if (!form) return;
  const field = (name) => form.elements[name];
  const isLink = (text) => /^https?:\/\/\S+$/.test(text.trim());
  let linkPasted = false;

  function takePicture(files) {
    const picture = [...files].find((file) => file.type.startsWith("image/"));
    if (!picture) return false;
    const one = new DataTransfer();
    one.items.add(picture);
    field("picture").files = one.files;
    const told = form.querySelector("[data-pasted]");
    told.textContent = told.dataset.text.replace("#", picture.name);
    told.hidden = false;
    return true;
  }

  function put(name, text) {
    field(name).value = text.trim();
    if (name === "link") linkPasted = true;
    field(name).dispatchEvent(new Event("filled", { bubbles: true }));
    if (name === "link") field("text").focus();
  }

  // A link goes to the link, words go to the words, wherever the cursor stands. Who pastes into another
  // field, or into words already begun, means exactly that place.
  document.addEventListener("paste", (event) => {
    if (takePicture(event.clipboardData.files)) return event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    const at = event.target.name || "";
    if (!text.trim() || (at && at !== "link" && at !== "text")) return;
    if (isLink(text) && !field("link").value && !(at === "text" && field("text").value)) {
      event.preventDefault();
      put("link", text);
    } else if (!isLink(text) && at !== "text" && !field("text").value) {
      event.preventDefault();
      put("text", text);
    } else if (at === "link") {
      linkPasted = isLink(text);
    }
  });

  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      document.body.classList.toggle("dropping", kind === "dragover");
      if (kind === "drop") takePicture(event.dataTransfer.files);
    });
  }

  // After a link was pasted only the words are missing: the cursor goes there.
  document.body.addEventListener("htmx:afterSettle", (event) => {
    quick();
    if (!linkPasted || event.detail.target?.id !== "known") return;
    linkPasted = false;
    const active = document.activeElement;
    if (!active || active === document.body || active.name === "link") field("text").focus();
  });

  function quick() {
    form.querySelectorAll(".quick").forEach((row) => (row.hidden = false));
  }
  quick();

  form.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-when]");
    if (choice) field("when").value = choice.dataset.when;
  });

  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "Enter") return;
    event.preventDefault();
    form.requestSubmit(form.querySelector('button[name="then"]'));
  });

  // Twice pressed is once sent.
  form.addEventListener("submit", () => {
    setTimeout(() => form.querySelectorAll(".row-actions .btn").forEach((b) => (b.disabled = true)));
  });
  window.addEventListener("pageshow", () => {
    form.querySelectorAll(".row-actions .btn").forEach((b) => (b.disabled = false));
  });
})();
