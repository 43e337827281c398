// Small manners of every page: toasts that leave, menus that close, buttons that copy.
"use strict";

(() => {
  function leave(toast) {
    setTimeout(() => toast.remove(), toast.classList.contains("error") ? 12000 : 6000);
  }

  document.querySelectorAll("[data-toast]").forEach(leave);

  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-toast-close]");
    if (close) close.closest("[data-toast]").remove();
    document.querySelectorAll("details.menu[open], details.account[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const shut = event.target.closest("[data-close]");
    if (shut) shut.closest("details, dialog").removeAttribute("open");
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open], details.account[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // <button data-copy="#text" data-done="Tersalin">: what that field or element says, to the clipboard.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    const text = "value" in source ? source.value : source.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      if (source.select) {
        source.select();
        document.execCommand("copy");
      }
    }
    const was = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => (button.textContent = was), 2000);
  });
})();
