// Keeps index status up to date on any page that shows it: figures, single pictures, whole products, the banner that no
// worker runs; and on the page of all pictures their list, when it is older.
import { freshener, listen } from "./live.js";

const SOCKET = "/manage/status/live", POLL = "/manage/pictures/status/";
const LIST_MS = 3000;
const places = { picture: "data-picture-status", product: "data-product-status" };
let told = "";

const idsOf = (kind) => [...document.querySelectorAll(`[${places[kind]}]`)].map((element) => Number(element.getAttribute(places[kind])));
const figures = () => document.querySelector("[data-figures]");
const banner = () => document.querySelector("[data-worker-banner]");
const list = () => document.getElementById("pictures");
const watched = () => ({ figures: Boolean(figures()), banner: Boolean(banner()), pictures: idsOf("picture"), products: idsOf("product") });

const refresh = freshener({ news: figures, list, busy: () => list().contains(document.activeElement), apartMs: LIST_MS });

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

async function ask() {
  const asked = watched(), query = new URLSearchParams({ pictures: asked.pictures, products: asked.products });
  if (asked.figures) query.set("figures", 1);
  if (asked.banner) query.set("banner", 1);
  const response = await fetch(`${POLL}?${query}`, { redirect: "error" });
  if (response.ok) show(await response.json());
}

const send = listen({ path: SOCKET, show: (text) => show(JSON.parse(text)), ask, opened: tell });

function tell() {
  told = JSON.stringify(watched());
  send(told);
}

document.addEventListener("htmx:afterSettle", () => { if (JSON.stringify(watched()) !== told) tell(); });
