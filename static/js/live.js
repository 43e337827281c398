// What changed on the desk, as events on document.body:
//   live:ready           the stream stands (also right after the page came up: make good what was missed)
//   live:again           the stream stands after it was lost
//   live:change          any change; detail is the event, e.g. {item: 12, kind: "claim"}
//   live:item-12, live:ticket-3, live:letter, live:mail, live:referral   the same, for who waits for just that
// An event carries no content: whoever listens asks the server for its fragment.
"use strict";

(() => {
  const body = document.body;
  const sign = document.getElementById("stream");
  let wasDown = false;
  let timer = null;
  let renewed = 0;
  let worker = null;

  // What changes while a part is being fetched may be missing from it, and the part that would have asked again
  // is replaced by the answer: the new one is told once more.
  const told = new Map(); // event name → when it was told last
  const begun = new WeakMap(); // request → when it began
  body.addEventListener("htmx:beforeRequest", (event) => begun.set(event.detail.xhr, performance.now()));
  body.addEventListener("htmx:afterSettle", (event) => {
    const since = begun.get(event.detail.xhr);
    const waitsFor = event.target.getAttribute && event.target.getAttribute("hx-trigger");
    if (since === undefined || !waitsFor) return;
    for (const name of waitsFor.match(/live:[\w-]+/g) || []) {
      if ((told.get(name) || 0) > since) {
        body.dispatchEvent(new CustomEvent(name, { detail: {} }));
        return;
      }
    }
  });

  // A part is not replaced under a finger that presses on it: the tap would go nowhere. What came meanwhile is
  // asked for again as soon as the finger is up.
  let pressed = false;
  let longest = null; // the end of a press can pass the page by: a list that opened took it
  const late = new Set(); // events whose answer was put off
  body.addEventListener("htmx:beforeSwap", (event) => {
    const name = event.detail.requestConfig.triggeringEvent?.type || "";
    if (!pressed || !name.startsWith("live:")) return;
    event.detail.shouldSwap = false;
    late.add(name);
  });
  function lifted() {
    pressed = false;
    clearTimeout(longest);
    // After the click itself, which comes behind this event.
    setTimeout(() => {
      if (pressed) return;
      for (const name of [...late]) {
        late.delete(name);
        dispatch(name);
      }
    });
  }
  function press() {
    pressed = true;
    clearTimeout(longest);
    longest = setTimeout(lifted, 10000);
  }
  addEventListener("pointerdown", press, true);
  for (const end of ["pointerup", "pointercancel", "dragend", "change"]) addEventListener(end, lifted, true);
  addEventListener("blur", lifted); // the window's own: the finger may be lifted elsewhere

  function dispatch(name, detail) {
    told.set(name, performance.now());
    body.dispatchEvent(new CustomEvent(name, { detail: detail || {} }));
  }

  function show(text) {
    if (!sign) return;
    sign.textContent = text;
    sign.hidden = !text;
  }

  function ready() {
    clearTimeout(timer);
    timer = null;
    if (wasDown && sign && !sign.hidden) {
      show(sign.dataset.back);
      setTimeout(() => show(""), 3000);
    }
    dispatch("live:ready");
    if (wasDown) dispatch("live:again");
    wasDown = false;
  }

  function down() {
    wasDown = true;
    if (timer === null) timer = setTimeout(() => show(sign ? sign.dataset.lost : ""), 5000);
  }

  // The cookie of the stream lasts some hours and every page renews it; a page that stays open asks.
  async function refused(again) {
    down();
    if (Date.now() - renewed < 30000) return;
    renewed = Date.now();
    try {
      const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" });
      if (answer.ok) again();
    } catch {
      // no network: the stream tries again by itself
    }
  }

  function change(text) {
    const event = JSON.parse(text);
    dispatch("live:change", event);
    if (event.item) dispatch(`live:item-${event.item}`, event);
    if (event.ticket) dispatch(`live:ticket-${event.ticket}`, event);
    if (event.letter) dispatch("live:letter", event);
    if (event.mail || event.incoming) dispatch("live:mail", event);
    if (event.kind === "referral" || event.letter) dispatch("live:referral", event);
  }

  function shared() {
    worker = new SharedWorker(body.dataset.liveWorker, { name: `sahut-${body.dataset.liveFor}` });
    const port = worker.port;
    port.onmessage = ({ data }) => {
      if (data.type === "ready") ready();
      else if (data.type === "change") change(data.data);
      else if (data.type === "down") down();
      else refused(() => port.postMessage("again"));
    };
    window.addEventListener("pagehide", () => port.postMessage("bye"), { once: true });
    window.addEventListener("pageshow", (event) => event.persisted && shared(), { once: true });
  }

  function alone() {
    const stream = new EventSource(body.dataset.live);
    stream.addEventListener("ready", ready);
    stream.addEventListener("change", (event) => change(event.data));
    stream.onerror = () => {
      if (stream.readyState !== EventSource.CLOSED) return down();
      stream.close();
      refused(() => {});
      setTimeout(alone, 15000);
    };
    window.addEventListener("pagehide", () => stream.close(), { once: true });
  }

  if (!body.dataset.live) return;
  if (window.SharedWorker) shared();
  else alone();
})();
