// Keeps index status up to date on any page that shows it: figures, single pictures, whole products, the banner that no
// worker runs. Over a socket; by asking again where none can be had.
const SOCKET = "/manage/status/live", POLL = "/manage/pictures/status/";
const POLL_MS = 3000, LIST_MS = 3000, FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 15000, TRIES_BEFORE_POLLING = 2, FORBIDDEN = 4403;
const places = { picture: "data-picture-status", product: "data-product-status" };
let socket, failures = 0, polling = 0, told = "", refreshed = Date.now();

const idsOf = (kind) => [...document.querySelectorAll(`[${places[kind]}]`)].map((element) => Number(element.getAttribute(places[kind])));
const figures = () => document.querySelector("[data-figures]");
const banner = () => document.querySelector("[data-worker-banner]");
const watched = () => ({ figures: Boolean(figures()), banner: Boolean(banner()), pictures: idsOf("picture"), products: idsOf("product") });

function tell() {
  told = JSON.stringify(watched());
  if (socket?.readyState === WebSocket.OPEN) socket.send(told);
}

function put(element, html) {
  if (element && !element.contains(document.activeElement)) element.innerHTML = html; // never under somebody's fingers
}

function show(news) {
  if (news.figures) put(figures(), news.figures[0]);
  if (news.banner) put(banner(), news.banner[0]);
  for (const [kind, attribute] of Object.entries(places))
    for (const [id, html] of Object.entries(news[kind] ?? {}))
      for (const element of document.querySelectorAll(`[${attribute}="${id}"]`)) put(element, html);
  refresh();
}

const version = (element) => element?.querySelector("[data-version]")?.dataset.version;

// The list itself: new pictures, and those that moved to another tab.
function refresh() {
  const list = document.getElementById("pictures"), link = document.getElementById("refresh");
  if (!link || !figures() || version(figures()) === version(list)) return;
  if (list.contains(document.activeElement) || Date.now() - refreshed < LIST_MS) return;
  refreshed = Date.now();
  link.click();
}

function listen() {
  socket = new WebSocket(new URL(SOCKET, location.href).href.replace(/^http/, "ws"));
  socket.addEventListener("open", tell);
  socket.addEventListener("message", ({ data }) => { failures = 0; poll(false); show(JSON.parse(data)); });
  socket.addEventListener("close", ({ code }) => {
    if (code === FORBIDDEN) return; // no catalog admin, or signed out meanwhile
    failures += 1;
    if (failures >= TRIES_BEFORE_POLLING) poll(true);
    setTimeout(listen, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2));
  });
}

function poll(on) {
  if (on && !polling) polling = setInterval(ask, POLL_MS);
  if (!on && polling) polling = clearInterval(polling) ?? 0;
}

async function ask() {
  const asked = watched(), query = new URLSearchParams({ pictures: asked.pictures, products: asked.products });
  if (asked.figures) query.set("figures", 1);
  if (asked.banner) query.set("banner", 1);
  try {
    const response = await fetch(`${POLL}?${query}`, { redirect: "error" });
    if (response.ok) show(await response.json());
  } catch {} // the next one may get through
}

document.addEventListener("htmx:afterSettle", () => { if (JSON.stringify(watched()) !== told) tell(); });
document.addEventListener("focusout", () => setTimeout(refresh, 300));
listen();
