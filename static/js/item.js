// The item page while it stands open: countdowns, what is typed survives, a newer message is announced.
"use strict";

(() => {
  const SOON = 2 * 3600; // seconds, as in queries_item.py
  let typed = ""; // what stood in the answer form before a live change replaced it
  let way = ""; // and which way it was to go
  let why = ""; // what a second reader was writing to the author

  // Countdowns run from the moment the fragment came, so the browser's clock does not matter.
  function tick() {
    document.querySelectorAll("[data-count]").forEach((place) => {
      place.due ??= performance.now() + Number(place.dataset.count) * 1000;
      const left = Math.ceil((place.due - performance.now()) / 1000);
      const text = left > 0 ? place.dataset.text.replace("#", left) : place.dataset.zero;
      if (place.textContent !== text) place.textContent = text;
      // Past its time: the worker will tell; ask once by ourselves should that word be lost.
      if (left < -2 && !place.asked) {
        place.asked = true;
        refresh();
      }
    });
    document.querySelectorAll("[data-lease]").forEach((place) => {
      place.due ??= performance.now() + Number(place.dataset.lease) * 1000;
      const minutes = Math.max(0, Math.ceil((place.due - performance.now()) / 60000));
      const text = place.dataset.text.replace("#", minutes);
      if (place.textContent !== text) place.textContent = text;
    });
  }

  // How long a way to answer stays open. At its end the page asks what is possible now.
  function closing() {
    document.querySelectorAll("[data-closes]").forEach((place) => {
      place.due ??= performance.now() + Number(place.dataset.closes) * 1000;
      const left = (place.due - performance.now()) / 1000;
      const minutes = Math.max(0, Math.ceil(left / 60));
      const { before, over, days, hours, minutes: short } = place.dataset;
      const words = minutes < 60 ? short : minutes < 2880 ? hours : days;
      const span = words
        .replace("{d}", Math.floor(minutes / 1440))
        .replace("{h}", minutes < 2880 ? Math.floor(minutes / 60) : Math.floor((minutes % 1440) / 60))
        .replace("{m}", minutes < 60 ? minutes : minutes % 60);
      const text = left > 0 ? `${before} ${span}` : over;
      if (place.textContent !== text) place.textContent = text;
      place.closest(".until")?.classList.toggle("soon", left <= SOON);
      if (left < -1 && !place.asked) {
        place.asked = true;
        refresh();
      }
    });
  }

  function refresh() {
    const item = document.getElementById("item").dataset.item;
    document.body.dispatchEvent(new CustomEvent(`live:item-${item}`, { detail: {} }));
  }

  function renewed(seconds) {
    const place = document.querySelector("[data-lease]");
    if (place) place.due = performance.now() + seconds * 1000;
    tick();
  }

  // The end of the conversation is what one wants to read.
  function toEnd() {
    const scroll = document.getElementById("scroll");
    if (scroll) scroll.scrollTop = scroll.scrollHeight;
  }

  function announce() {
    const talk = document.getElementById("talk");
    const seen = document.getElementById("seen");
    const newer = document.getElementById("newer");
    if (talk && seen && newer) newer.hidden = Number(talk.dataset.newest) <= Number(seen.value);
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-seen]")) {
      document.getElementById("seen").value = document.getElementById("talk").dataset.newest;
      announce();
      document.getElementById("text").focus();
    }
    const fill = event.target.closest("[data-fill][data-into]");
    if (fill) {
      const field = document.querySelector(fill.dataset.into);
      field.value = document.querySelector(fill.dataset.fill).textContent;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    }
  });

  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const field = event.detail.target.querySelector("textarea#text");
    if (field) {
      typed = field.value;
      way = event.detail.target.querySelector("input[name=way]:checked")?.value || "";
    }
    why = event.detail.target.querySelector("#why")?.value || why;
    if (event.detail.target.id === "talk") {
      const scroll = document.getElementById("scroll");
      scroll.atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
    }
  });

  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "composer") {
      const same = way && document.getElementById(`way-${way}`);
      if (same && !same.disabled) same.checked = true;
      if (typed) keep();
      const reason = why && document.getElementById("why");
      if (reason) {
        reason.value = why;
        reason.closest("details").open = true;
      }
      why = "";
    }
    if (document.getElementById("scroll")?.atEnd) toEnd();
    announce();
  });

  // A new field holds words the server has not seen: put back after a live change (the old field's timer
  // went away with it), or typed in the moment before htmx listened to the field.
  document.body.addEventListener("htmx:load", (event) => {
    const field = event.target.querySelector("textarea#text");
    if (field && field.value !== field.defaultValue) field.dispatchEvent(new Event("restored"));
  });

  // The answer form is gone (taken over, expired and taken): what was typed stays in sight.
  function keep() {
    const composer = document.getElementById("composer");
    const field = document.getElementById("text");
    if (field) {
      if (!field.value) field.value = typed; // htmx:load, below, has it kept on the server
    } else if (!composer.textContent.includes(typed.trim())) {
      const kept = document.createElement("p");
      kept.className = "notice held pre";
      kept.textContent = typed;
      composer.prepend(kept);
    }
    typed = "";
  }

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target?.id; // none when history is restored
    if (target === "item") {
      typed = "";
      toEnd();
      if (window.matchMedia("(max-width: 899px)").matches) window.scrollTo(0, 0);
    }
    if (target === "kept" && event.detail.xhr.status === 200) {
      const seconds = event.detail.xhr.getResponseHeader("X-Lease");
      if (seconds) renewed(Number(seconds));
    }
    tick();
  });
  for (const [where, name] of [[document, "DOMContentLoaded"], [document.body, "htmx:historyRestore"]]) {
    where.addEventListener(name, () => {
      toEnd();
      tick();
    });
  }
  setInterval(() => {
    tick();
    closing();
  }, 500);
})();
