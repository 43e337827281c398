/* Fetches the live pieces every two seconds and puts in only what changed, so that the place one
   reads stays where it is. The writing form stands outside and keeps what was typed. */
"use strict";
(() => {
  const form = document.getElementById("tulis");
  const text = document.getElementById("teks");
  const wide = matchMedia("(min-width: 861px)").matches;
  if (form && form.tagName === "DETAILS" && wide) form.open = true;
  if (form && text && ("keep" in form.dataset || (wide && document.body.classList.contains("open")))) {
    // after the browser has gone to #tulis, which takes the focus away
    addEventListener("load", () => {
      setTimeout(() => {
        text.focus({ preventScroll: true });
        text.setSelectionRange(text.value.length, text.value.length);
      });
    });
  }

  const anchor = (piece) => {
    for (const each of piece.children) {
      const box = each.getBoundingClientRect();
      if (box.bottom > 80) return { id: each.id, top: box.top };
    }
    return null;
  };

  const same = (a, b) => a.dataset.version && a.dataset.version === b.dataset.version;

  // somebody is at work in it: the focus is there, or a menu stands open
  const busy = (each) => each.contains(document.activeElement) || each.querySelector("details[open]");

  const put = (piece, html) => {
    const next = new DOMParser().parseFromString(html, "text/html").body;
    const hold = scrollY > 40 ? anchor(piece) : null;
    const before = new Map([...piece.children].map((each) => [each.id, each]));
    let whole = true;
    const wanted = [...next.children].map((each) => {
      const old = before.get(each.id);
      if (old && same(old, each)) return old;
      if (old && busy(old)) {
        whole = false;
        return old;
      }
      each.classList.add("fresh");
      return document.adoptNode(each);
    });
    for (const each of before.values()) if (!wanted.includes(each)) each.remove();
    wanted.forEach((each, place) => {
      if (piece.children[place] !== each) piece.insertBefore(each, piece.children[place] || null);
    });
    const there = hold && document.getElementById(hold.id);
    if (there) scrollBy(0, there.getBoundingClientRect().top - hold.top);
    return whole;
  };

  const watch = (piece) => {
    let tag = "";
    const look = async () => {
      if (!document.hidden && piece.offsetParent !== null) {
        try {
          const answer = await fetch(piece.dataset.url, { headers: tag ? { "If-None-Match": tag } : {} });
          if (answer.status === 200) {
            const html = await answer.text();
            // what was left as it stood for somebody's sake is asked for again
            tag = put(piece, html) ? answer.headers.get("ETag") || "" : "";
          }
        } catch {
          /* the sandbox is being restarted: the next look finds it */
        }
      }
      setTimeout(look, 2000);
    };
    setTimeout(look, 2000);
  };
  document.querySelectorAll("[data-live]").forEach(watch);
})();
