"use strict";
(() => {
  document.documentElement.classList.add("js");
  const text = document.getElementById("text");
  const count = document.getElementById("count");
  const boxes = [...document.querySelectorAll("input[name=severity]")];
  const rules = [...document.querySelectorAll(".rule")];
  if (!text || !count) return;
  const filter = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    for (const rule of rules) {
      const content = rule.textContent.toLowerCase();
      rule.hidden = !wanted.has(rule.dataset.severity) || !words.every((word) => content.includes(word));
      shown += rule.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${rules.length} rules`;
  };
  text.addEventListener("input", filter);
  for (const box of boxes) box.addEventListener("change", filter);
  filter();
})();
