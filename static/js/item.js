// The item page while it stands open: countdowns, what is typed survives, a newer message is announced.
"use strict";

(() => {
  const SOON = 2 * 3600; // seconds, as in standing.py
  let typed = ""; // what stood in the answer form before a change replaced it
  let touched = false; // whether somebody typed it on this page: then it is newer than what the server keeps
  let way = ""; // and which way it was to go
  let again = ""; // the item whose answer form is put back after the whole of it was redrawn
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
    const newer = document.getElementById("newer");
    const seen = document.querySelector("#composer input[name=seen]");
    const at = document.querySelector("#composer input[name=seen_at]");
    if (!talk || !newer || !seen || !at) return;
    let reason = talk.dataset.changed === at.value ? "" : "changed";
    if (Number(talk.dataset.newest) > Number(seen.value)) {
      reason = Number(talk.dataset.newestIn) > Number(seen.value) ? "in" : "native";
    }
    newer.hidden = !reason;
    newer.querySelectorAll("[data-why]").forEach((words) => {
      words.hidden = words.dataset.why !== reason;
    });
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-seen]")) {
      const talk = document.getElementById("talk").dataset;
      document.querySelectorAll("#composer input[name=seen]").forEach((field) => {
        field.value = talk.newest;
      });
      document.querySelectorAll("#composer input[name=seen_at]").forEach((field) => {
        field.value = talk.changed;
      });
      announce();
      document.getElementById("text")?.focus();
    }
    const fill = event.target.closest("[data-fill][data-into]");
    if (fill) {
      const field = document.querySelector(fill.dataset.into);
      field.value = document.querySelector(fill.dataset.fill).textContent;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    }
  });

  function remember(place) {
    const field = place.querySelector("textarea#text");
    if (!field) return;
    typed = field.value;
    touched = field.value !== field.defaultValue;
    way = place.querySelector("input[name=way]:checked")?.value || "";
  }

  function restoreWay() {
    const same = way && document.getElementById(`way-${way}`);
    if (same && !same.disabled && !same.checked) {
      same.checked = true;
      same.dispatchEvent(new Event("change", { bubbles: true })); // the length depends on the way
    }
  }

  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    remember(event.detail.target);
    why = event.detail.target.querySelector("#why")?.value || why;
    if (event.detail.target.id === "talk") {
      const scroll = document.getElementById("scroll");
      scroll.atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
    }
  });

  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "composer") {
      restoreWay();
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
      // htmx:load, above, has it kept on the server
      if (touched || !field.value) field.value = typed;
    } else if (!composer.textContent.includes(typed.trim())) {
      const kept = document.createElement("p");
      kept.className = "notice held pre";
      kept.textContent = typed;
      composer.prepend(kept);
    }
    typed = "";
  }

  // Another form than the answer's redraws the whole item (a note, say): the answer under way stays as it
  // was. The answer's own comes back from the server with its words.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const place = document.getElementById("item");
    if (!place || event.detail.target !== place) return;
    typed = way = again = "";
    if (event.detail.requestConfig.elt.id === "answer") return;
    remember(place);
    again = typed || way ? place.dataset.item : "";
  });

  function restore() {
    const field = document.getElementById("text");
    if (field && again && again === document.getElementById("item").dataset.item) {
      restoreWay();
      if (touched) field.value = typed;
    }
    typed = again = "";
  }

  document.body.addEventListener("htmx:afterSwap", (event) => {
    const target = event.detail.target?.id; // none when history is restored
    if (target === "item") {
      restore();
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
