// The frame on the photo: drag it, drag its corners, or nudge it with the arrow keys. Then search inside of it.
const photo = document.getElementById("photo");
const crop = document.getElementById("crop");
const handle = crop.querySelector(".crop-move");
const size = { width: Number(photo.dataset.width), height: Number(photo.dataset.height) };
const MIN_SIDE_PX = 0.04 * Math.min(size.width, size.height);
const SETTLE_MS = 450; // a row of key presses is one search
const STEP = 0.02;

let frame = null; // [x1, y1, x2, y2] in pixels of the photo
let timer = null;

function draw(next) {
  frame = next;
  crop.hidden = !next;
  if (!next) return;
  const [x1, y1, x2, y2] = next;
  Object.assign(crop.style, {
    left: `${(100 * x1) / size.width}%`,
    top: `${(100 * y1) / size.height}%`,
    width: `${(100 * (x2 - x1)) / size.width}%`,
    height: `${(100 * (y2 - y1)) / size.height}%`,
  });
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

function moved([x1, y1, x2, y2], dx, dy) {
  const left = clamp(x1 + dx, 0, size.width - (x2 - x1));
  const top = clamp(y1 + dy, 0, size.height - (y2 - y1));
  return [left, top, left + x2 - x1, top + y2 - y1];
}

function resized([x1, y1, x2, y2], corner, dx, dy) {
  const west = corner.includes("w"), north = corner.includes("n");
  return [
    west ? clamp(x1 + dx, 0, x2 - MIN_SIDE_PX) : x1,
    north ? clamp(y1 + dy, 0, y2 - MIN_SIDE_PX) : y1,
    west ? x2 : clamp(x2 + dx, x1 + MIN_SIDE_PX, size.width),
    north ? y2 : clamp(y2 + dy, y1 + MIN_SIDE_PX, size.height),
  ];
}

// The refine form carries words and filters along; the frame replaces the box that was tapped.
function search() {
  const form = document.getElementById("refine");
  if (!form || !frame) return;
  form.querySelector('[name="box"]')?.remove();
  let field = form.querySelector('[name="bbox"]');
  if (!field) {
    field = Object.assign(document.createElement("input"), { type: "hidden", name: "bbox" });
    form.prepend(field);
  }
  field.value = frame.map(Math.round).join(",");
  form.requestSubmit();
}

function drag(event) {
  if (!frame || event.button > 0) return;
  event.preventDefault();
  const grip = event.currentTarget;
  const { corner } = grip.dataset;
  const scale = size.width / photo.getBoundingClientRect().width;
  const start = { x: event.clientX, y: event.clientY, frame };
  grip.setPointerCapture(event.pointerId);
  const move = (now) => {
    const dx = (now.clientX - start.x) * scale, dy = (now.clientY - start.y) * scale;
    draw(corner ? resized(start.frame, corner, dx, dy) : moved(start.frame, dx, dy));
  };
  const end = () => {
    grip.removeEventListener("pointermove", move);
    if (frame.some((side, i) => Math.abs(side - start.frame[i]) > 1)) search();
  };
  grip.addEventListener("pointermove", move);
  grip.addEventListener("lostpointercapture", end, { once: true });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function nudge(event) {
  const way = ARROWS[event.key];
  if (!way || !frame || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const dx = way[0] * STEP * size.width, dy = way[1] * STEP * size.height;
  draw(event.shiftKey ? resized(frame, "se", dx, dy) : moved(frame, dx, dy));
  clearTimeout(timer);
  timer = setTimeout(search, SETTLE_MS);
}

handle.hidden = false;
handle.addEventListener("pointerdown", drag);
handle.addEventListener("keydown", nudge);
for (const corner of crop.querySelectorAll("[data-corner]")) corner.addEventListener("pointerdown", drag);
document.addEventListener("frame", (event) => draw(event.detail ? event.detail.split(",").map(Number) : null));
