/* Fetches the threads every two seconds and puts in only what changed, so that the place one
   reads stays where it is. The writing form stands outside and keeps what was typed. */
"use strict";
(() => {
  const main = document.getElementById("utas");
  const form = document.getElementById("tulis");
  if (matchMedia("(min-width: 861px)").matches) form.open = true;
  if ("keep" in form.dataset) {
    // after the browser has gone to #tulis, which takes the focus away
    addEventListener("load", () => {
      setTimeout(() => document.getElementById("teks").focus({ preventScroll: true }));
    });
  }
  let tag = "";

  const anchor = () => {
    for (const each of main.children) {
      const box = each.getBoundingClientRect();
      if (box.bottom > 80) return { id: each.id, top: box.top };
    }
    return null;
  };

  const same = (a, b) => a.dataset.version && a.dataset.version === b.dataset.version;

  const put = (html) => {
    const next = new DOMParser().parseFromString(html, "text/html").body;
    const hold = scrollY > 40 ? anchor() : null;
    const before = new Map([...main.children].map((each) => [each.id, each]));
    const busy = document.activeElement && document.activeElement.closest(".thread");
    const wanted = [...next.children].map((each) => {
      const old = before.get(each.id);
      if (old && (same(old, each) || old === busy)) return old;
      each.classList.add("fresh");
      return document.adoptNode(each);
    });
    for (const each of before.values()) if (!wanted.includes(each)) each.remove();
    wanted.forEach((each, place) => {
      if (main.children[place] !== each) main.insertBefore(each, main.children[place] || null);
    });
    const there = hold && document.getElementById(hold.id);
    if (there) scrollBy(0, there.getBoundingClientRect().top - hold.top);
  };

  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(main.dataset.url, { headers: tag ? { "If-None-Match": tag } : {} });
        if (answer.status === 200) {
          tag = answer.headers.get("ETag") || "";
          put(await answer.text());
        }
      } catch {
        /* the sandbox is being restarted: the next look finds it */
      }
    }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
})();
