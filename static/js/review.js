// One key for each button that shows one. A decision is sent once: while one is under way, keys do nothing.
const live = document.getElementById("live");
const typing = (element) => element.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
const busy = () => document.querySelector("#review.htmx-request, #review .htmx-request");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target) || busy()) return;
  const key = event.key.toLowerCase();
  const target = [...document.querySelectorAll("#review [data-key]")].find((each) => each.dataset.key === key);
  if (!target) return;
  event.preventDefault();
  target.click();
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== "review") return;
  const title = document.getElementById("case-title");
  title?.focus({ preventScroll: true });
  live.textContent = [document.querySelector("#review .said")?.textContent.trim(), title?.textContent].filter(Boolean).join(" ");
  if (detail.target.getBoundingClientRect().top < 0) detail.target.scrollIntoView();
});
