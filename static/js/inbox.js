// The list: kept fresh without moving the reader, and the keyboard. Listens to live.js; asks the
// server for fragments and nothing else, so a lost event costs a moment and never a wrong row.
"use strict";

(() => {
  const GAP = 1000; // least time between two refreshes of the list, milliseconds
  const GRACE = 12000; // how long a row that left this view (just taken, just answered) stays in sight
  const SCROLLED = 80; // further down than this, somebody is reading: do not move the rows
  let timer = null;
  let last = 0;
  let leaving = ["", ""]; // id and mark of a row that is about to be replaced by its own refresh
  let waiting = null; // a fetched list that was not put in, since the reader is further down

  const list = () => document.getElementById("list");
  const links = () => [...document.querySelectorAll("#list .row-link")];

  function scroller() {
    const pane = list();
    return pane && pane.scrollHeight > pane.clientHeight + 1 ? pane : document.scrollingElement;
  }

  function mark() {
    const item = document.getElementById("item");
    const open = item && item.dataset.item;
    links().forEach((link) => {
      if (link.parentElement.dataset.item === open) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }

  function schedule() {
    if (timer !== null) return;
    timer = setTimeout(refresh, Math.max(120, last + GAP - Date.now()));
  }

  async function refresh() {
    timer = null;
    last = Date.now();
    const pane = list();
    if (!pane) return;
    try {
      const answer = await fetch(pane.dataset.url, { headers: { "HX-Request": "true" } });
      if (!answer.ok || answer.redirected) return;
      place(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // no network: the stream says so, and “ready” asks again
    }
  }

  function place(fresh) {
    document.querySelectorAll("[data-tablinks]").forEach((place) => {
      place.innerHTML = fresh.getElementById("fresh-tabs").innerHTML;
    });
    const known = new Set(links().map((link) => link.parentElement.id));
    const added = [...fresh.querySelectorAll("#rows > .row")].filter((row) => !known.has(row.id));
    const onTop = !("oldestFirst" in list().dataset);
    if (added.length && onTop && scroller().scrollTop > SCROLLED) {
      waiting = fresh;
      const news = document.getElementById("news");
      news.textContent =
        added.length === 1 ? news.dataset.one : news.dataset.many.replace("#", added.length);
      news.hidden = false;
      return;
    }
    swap(fresh);
  }

  function swap(fresh) {
    waiting = null;
    document.getElementById("news").hidden = true;
    const rows = document.getElementById("rows");
    const focused = document.activeElement && document.activeElement.closest("#rows .row");
    const older = document.querySelectorAll(".rows.older").length;
    const next = fresh.getElementById("rows");
    // Rows that did not change stay the very same elements, so nothing flickers and focus stays.
    const wanted = [...next.children].map((row) => {
      document.querySelectorAll(`.rows.older #${row.id}`).forEach((copy) => copy.remove());
      const old = document.getElementById(row.id);
      return old && same(old, row) ? old : row;
    });
    stay([...rows.children], wanted, Boolean(fresh.querySelector("#more a")));
    rows.replaceChildren(...wanted);
    wanted.forEach((row) => htmx.process(row));
    const nothing = document.getElementById("nothing");
    nothing.replaceChildren(...fresh.getElementById("nothing").childNodes);
    nothing.hidden = wanted.length > 0;
    if (!older) {
      const more = fresh.getElementById("more");
      document.getElementById("more").replaceWith(more);
      htmx.process(more);
    }
    mark();
    if (focused && document.getElementById(focused.id)) {
      document.getElementById(focused.id).querySelector("a").focus({ preventScroll: true });
    }
  }

  // A row does not vanish under somebody's hand: it stays in its place, saying who took it, for a while;
  // the one that is open stays as long as it is open.
  // Rows that new ones pushed off the end belong to the next piece of the list.
  function stay(before, wanted, paged) {
    const open = document.getElementById("item")?.dataset.item;
    const ids = new Set(wanted.map((row) => row.id));
    const end = before.findLastIndex((row) => ids.has(row.id));
    const older = document.querySelector(".rows.older");
    const pushed = paged ? before.slice(end + 1) : [];
    if (older) older.prepend(...pushed.filter((row) => !older.querySelector(`#${row.id}`)));
    before.slice(0, before.length - pushed.length).forEach((row, index) => {
      if (ids.has(row.id)) return delete row.dataset.leaving;
      row.dataset.leaving ||= Date.now();
      if (row.dataset.item !== open && Date.now() - row.dataset.leaving > GRACE) return;
      wanted.splice(Math.min(index, wanted.length), 0, row);
      setTimeout(schedule, GRACE + 500);
    });
  }

  const same = (a, b) => a.className === b.className && plain(a) === plain(b);
  const plain = (row) => row.textContent.replace(/\s+/g, " ");

  document.addEventListener("click", (event) => {
    if (event.target.closest("#news") && waiting) {
      swap(waiting);
      scroller().scrollTo({ top: 0, behavior: "smooth" });
    }
  });

  // A row refreshes itself (hx-trigger on it); the list and the counts follow at most once a second.
  document.body.addEventListener("live:change", (event) => event.detail.item && schedule());
  document.body.addEventListener("live:ready", schedule);
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const row = event.detail.target?.closest?.("#rows > .row");
    if (row) leaving = [row.id, row.dataset.leaving];
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    const row = document.getElementById(leaving[0]);
    if (row && leaving[1]) row.dataset.leaving = leaving[1];
    leaving = ["", ""];
    mark();
  });
  document.addEventListener("DOMContentLoaded", () => {
    mark();
    const strip = document.querySelector(".tabstrip");
    const on = strip && strip.querySelector(".on");
    if (on) strip.scrollLeft = on.offsetLeft - strip.clientWidth / 3;
  });
  setInterval(schedule, 60000); // ages grow even when nothing happens

  // “Pesan berikutnya” opens the next row that nobody else holds, without leaving the page.
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-next]")) return;
    const open = document.getElementById("item").dataset.item;
    const next = links().find(
      ({ parentElement: row }) =>
        row.dataset.item !== open && !row.dataset.leaving && !row.classList.contains("taken"),
    );
    if (!next) return;
    event.preventDefault();
    next.click();
  });

  // The keyboard. Never while somebody types.
  const typing = (target) => target.closest("input, textarea, select, [contenteditable], dialog[open]");

  function move(step) {
    const all = links();
    if (!all.length) return;
    const here = all.indexOf(document.activeElement.closest(".row-link"));
    const from = here >= 0 ? here : all.findIndex((link) => link.hasAttribute("aria-current"));
    const to = all[Math.min(all.length - 1, Math.max(0, from + step))];
    to.focus();
    to.scrollIntoView({ block: "nearest" });
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    a: () => press("a"),
    n: () => press("n"),
    t: () => press("t"),
    r: () => document.getElementById("text")?.focus(),
    "/": () => document.querySelector(".search input")?.focus(),
    "?": () => document.getElementById("keys")?.showModal(),
  };

  function press(key) {
    const target = document.querySelector(`#item [data-key="${key}"]`);
    if (!target) return;
    target.click();
    if (key === "n") document.getElementById("note")?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.id === "text") {
      event.preventDefault();
      const send = event.target.form.querySelector(".send.primary");
      if (send && !send.disabled) send.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
