// All pages work without this: it shows times in the reader's zone, keeps a preview up
// to date, chooses all rows at once, and lets keys lead to fields.
(() => {
  "use strict";

  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const localTimes = (root) => {
    for (const el of root.querySelectorAll("time[datetime*=T]")) {
      const t = new Date(el.dateTime);
      if (!isNaN(t)) el.textContent = format.format(t);
    }
  };
  localTimes(document);

  // A form with data-preview="address" shows, in the element that data-into names, what
  // the address answers to its fields.
  for (const form of document.querySelectorAll("form[data-preview]")) {
    const into = document.getElementById(form.dataset.into);
    let timer = 0, asked = 0;
    const ask = async () => {
      const mine = ++asked;
      into.classList.add("busy");
      try {
        const answer = await fetch(form.dataset.preview, {
          method: "POST",
          headers: { "X-Part": "1" },
          body: new URLSearchParams(new FormData(form)),
        });
        if (mine !== asked) return; // a later one is under way
        if (answer.ok || answer.status === 422) {
          into.innerHTML = await answer.text();
          localTimes(into);
        }
      } catch {
        // The button still works.
      } finally {
        if (mine === asked) into.classList.remove("busy");
      }
    };
    const later = () => { clearTimeout(timer); timer = setTimeout(ask, 300); };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
  }

  // A checkbox with data-all="name" chooses all of that name in its form.
  for (const all of document.querySelectorAll("input[data-all]")) {
    all.hidden = false;
    const boxes = () => document.querySelectorAll(`input[type=checkbox][name="${all.dataset.all}"]`);
    all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; });
  }

  // "/" leads to the search field, as on many sites.
  document.addEventListener("keydown", (e) => {
    if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.target.closest("input, select, textarea, [contenteditable]")) return;
    const search = document.querySelector("input[type=search]");
    if (search) { e.preventDefault(); search.focus(); search.select(); }
  });

  // What went wrong is read first.
  document.querySelector("main [aria-invalid]")?.focus();
})();
