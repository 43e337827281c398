// Small manners of every page: toasts that leave, what failed is said, menus that close, buttons that copy.
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

  // What somebody asked for by a press and did not get is said, in words the server gave us (base.html). Not what
  // the page asks for by itself: the next event asks again, and live.js tells when nothing comes any more.
  const ASKS = "form, a, button, input, select, textarea";
  const BY_ITSELF = /^(live:|load$|revealed$|intersect|hx:poll)/;
  const SAID = { 403: "refused", 404: "missing", 410: "missing" };

  function failed({ detail }) {
    const { elt, triggeringEvent, verb } = detail.requestConfig;
    if (!elt.matches(ASKS) || BY_ITSELF.test(triggeringEvent?.type || "")) return;
    const toasts = document.getElementById("toasts");
    const status = detail.xhr.status;
    const away = verb === "get" ? "unread" : "away"; // nothing was to be saved by reading
    const text = toasts.dataset[status ? SAID[status] || (status < 500 ? "refused" : "failed") : away];
    toasts.querySelectorAll("[data-failed]").forEach((toast) => toast.remove()); // said once, not heaped up
    const toast = toasts.querySelector("template").content.firstElementChild.cloneNode(true);
    toast.dataset.failed = status;
    toast.querySelector(".grow").textContent = text;
    toasts.append(toast);
    leave(toast);
  }
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(name, failed);
  }

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
