// What is chosen stays in sight where a row of tabs, or of pages, is wider than the window.
const ROWS = ".op-nav, .tabs";

function showChosen(part) {
  for (const row of part.querySelectorAll(ROWS)) {
    const chosen = row.querySelector("[aria-current]");
    if (chosen) row.scrollLeft = chosen.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;
  }
}

showChosen(document);
document.addEventListener("htmx:afterSettle", ({ target }) => showChosen(target));
