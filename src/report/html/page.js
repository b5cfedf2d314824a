"use strict";
// Filters, and boxes that stay ticked. A page is whole without either.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  const boxes = all("input[data-key]");
  const progress = document.querySelector(".progress");
  let store = null;
  try {
    store = window.localStorage;
    store.getItem("sfsetup");
  } catch {
    store = null;
  }
  const tell = () => {
    const done = boxes.filter((box) => box.checked).length;
    const kept = store ? "" : " This browser does not keep them: they are gone on a reload.";
    progress.textContent = `${done} of ${boxes.length} things to do are ticked.${kept}`;
  };
  for (const box of boxes) {
    const name = `sfsetup:${box.dataset.key}`;
    const show = () => box.closest(".item").classList.toggle("done", box.checked);
    box.checked = store !== null && store.getItem(name) !== null;
    show();
    box.addEventListener("change", () => {
      try {
        if (box.checked) store?.setItem(name, "1");
        else store?.removeItem(name);
      } catch {
        store = null;
      }
      show();
      tell();
    });
  }
  if (boxes.length > 0) {
    progress.hidden = false;
    tell();
  }

  const filters = document.querySelector(".filters");
  if (filters) {
    const items = all(".item").map((item) => ({
      item,
      states: item.dataset.states.split(" "),
      org: item.closest(".org").dataset.org,
      text: item.textContent.toLowerCase(),
    }));
    const choose = () => {
      const states = all("input[name=state]:checked", filters).map((box) => box.value);
      const org = filters.elements.org?.value ?? "";
      const words = filters.elements.step.value.trim().toLowerCase();
      let shown = 0;
      for (const { item, states: own, org: of, text } of items) {
        item.hidden = !(
          own.some((state) => states.includes(state)) &&
          (org === "" || org === of) &&
          text.includes(words)
        );
        if (!item.hidden) shown += 1;
      }
      for (const part of all(".part")) {
        part.hidden = all(".item", part).every((item) => item.hidden);
        // What is looked for is not to be looked for once more.
        const folded = part.querySelector("details.well");
        if (folded && words !== "") folded.open = true;
      }
      for (const one of all(".org")) one.hidden = org !== "" && org !== one.dataset.org;
      filters.querySelector(".shown").textContent = `${shown} of ${items.length} are shown.`;
    };
    filters.addEventListener("input", choose);
    filters.addEventListener("submit", (event) => event.preventDefault());
    filters.hidden = false;
    // A reload keeps what was chosen in some browsers.
    choose();
  }

  // On paper nothing can be unfolded.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = all("details:not([open]):not(.file)");
    for (const one of opened) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
})();
