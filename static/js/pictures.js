// One product's pictures: drag one to its place, or move it by arrow keys; the order is sent as one form.

let dragged = null, pressed = false;

const cards = () => [...document.querySelectorAll("#pictures .sl-picture")];

function send() {
  const form = document.getElementById("picture-order");
  const order = cards().map((card) => card.dataset.image).join(",");
  if (form.elements.order.value === order) return;
  form.elements.order.value = order;
  form.requestSubmit();
}

function step(card, by) {
  const all = cards();
  const place = all.indexOf(card) + by;
  if (place < 0 || place >= all.length) return;
  if (by > 0) all[place].after(card);
  else all[place].before(card);
  sessionStorage.setItem("moved-picture", card.dataset.image);
  send();
}

document.addEventListener("keydown", (event) => {
  const handle = event.target.closest?.("[data-handle]");
  const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
  if (!handle || !by) return;
  event.preventDefault();
  step(handle.closest(".sl-picture"), by);
});

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest?.("[data-handle]");
  for (const card of cards()) card.draggable = card.contains(handle) || event.target.matches?.(".sl-picture img");
});

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("#pictures .sl-picture");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.image);
  dragged.classList.add("dragged");
});

document.addEventListener("dragover", (event) => {
  const card = event.target.closest?.("#pictures .sl-picture");
  if (!dragged || !card) return;
  event.preventDefault();
  if (card === dragged) return;
  const box = card.getBoundingClientRect();
  if (event.clientX > box.left + box.width / 2) card.after(dragged);
  else card.before(dragged);
});

document.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("dragged");
  dragged = null;
  send();
});

document.addEventListener("drop", (event) => dragged && event.preventDefault());

// While somebody types, drags or presses, nothing is put under their hands: neither asked for, nor what comes just then.
for (const kind of ["pointerdown", "pointerup", "pointercancel"]) {
  document.addEventListener(kind, ({ button, target }) => {
    pressed = kind === "pointerdown" && button === 0 && Boolean(target.closest?.("#pictures"));
  });
}

const busy = () => dragged || pressed || document.activeElement?.closest("#pictures .sl-alt, #pictures [data-handle]");
const looks = ({ requestConfig }) => requestConfig.verb === "get" && requestConfig.elt.id === "pictures";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (looks(event.detail) && busy()) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (looks(detail) && busy()) detail.shouldSwap = false;
});

document.addEventListener("htmx:afterSwap", () => {
  const moved = sessionStorage.getItem("moved-picture");
  sessionStorage.removeItem("moved-picture");
  if (moved) document.querySelector(`#pictures [data-image="${CSS.escape(moved)}"] [data-handle]`)?.focus();
});
