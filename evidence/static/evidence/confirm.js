// Nothing is ticked beforehand. One click ticks all that is shown, and the count says how many it would be.
"use strict";
(() => {
  const form = document.querySelector("[data-confirm]");
  if (!form) return;
  const all = form.querySelector("[data-every]");
  const said = form.querySelector("[data-ticked]");
  const boxes = [...form.querySelectorAll("input[name=links]")];
  const count = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    said.textContent = said.dataset.said.replace("{n}", ticked);
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all.closest("[hidden]").hidden = false;
  form.addEventListener("change", (event) => {
    if (event.target === all) for (const box of boxes) box.checked = all.checked;
    if (event.target === all || boxes.includes(event.target)) count();
  });
  // The browser may bring back what was ticked before the page was left.
  window.addEventListener("pageshow", count);
  count();
})();
