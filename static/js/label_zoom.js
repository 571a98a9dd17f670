// All pictures of one rank, large and beside each other; where one is looked at closely, the others follow.
const dialog = document.getElementById("zoom"), panes = document.getElementById("panes"), place = document.getElementById("zoom-place");
const CLOSE = 2.6;
let screen, rank, last;

export function openZoom(element, wanted = 1) {
  screen = element;
  last = Math.max(0, ...[...screen.querySelectorAll(".zoomable[data-rank]")].map((tile) => Number(tile.dataset.rank)));
  show(wanted);
  dialog.showModal();
}

function show(wanted) {
  rank = Math.min(Math.max(wanted, 1), Math.max(last, 1));
  const shown = screen.querySelectorAll(`.zoomable[data-pane=query], .zoomable[data-rank="${rank}"]`);
  panes.replaceChildren(...[...shown].filter((tile) => tile.querySelector("img")).map(pane));
  panes.style.setProperty("--panes", panes.childElementCount);
  place.textContent = last > 1 ? `${rank} of ${last}` : "";
  for (const step of dialog.querySelectorAll("[data-step]")) step.hidden = last < 2;
  look(false);
}

function pane(tile) {
  const box = document.createElement("div");
  box.className = `pane ${tile.dataset.pane}`;
  const inner = box.appendChild(tile.cloneNode(true));
  inner.classList.remove("zoomable");
  return box;
}

function look(closely, x = 50, y = 50) {
  panes.classList.toggle("close", closely);
  panes.style.setProperty("--zoom", closely ? CLOSE : 1);
  panes.style.setProperty("--x", `${x}%`);
  panes.style.setProperty("--y", `${y}%`);
}

function follow(event) {
  const box = event.target.closest(".pane")?.getBoundingClientRect();
  if (!box) return;
  const percent = (at, from, size) => Math.min(100, Math.max(0, (100 * (at - from)) / size));
  look(true, percent(event.clientX, box.left, box.width), percent(event.clientY, box.top, box.height));
}

panes.addEventListener("pointermove", (event) => (event.pointerType === "mouse" || event.buttons) && follow(event));
panes.addEventListener("pointerdown", follow);
panes.addEventListener("pointerleave", () => look(false));
dialog.addEventListener("click", ({ target }) => {
  const step = target.closest("[data-step]");
  if (step) show(rank + Number(step.dataset.step));
});
dialog.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { key } = event;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (step) show(rank + step);
  else if (key >= "1" && key <= "9") show(Number(key));
  else if (key === " ") dialog.close();
  else return;
  event.preventDefault();
});
