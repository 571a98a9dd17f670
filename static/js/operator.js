// Keeps #now up to date, and #panels when they are older.
import { freshener, listen } from "./live.js";

const now = document.getElementById("now");
const panels = document.getElementById("panels");
const live = document.getElementById("live");
const PANELS_MS = 1000;
let said = "";

const refresh = freshener({
  news: () => now,
  list: () => panels,
  busy: () => panels.matches(":has(input:focus, select:focus, .htmx-request)") || panels.classList.contains("htmx-request"),
  apartMs: PANELS_MS,
});

function show(html) {
  now.innerHTML = html;
  const words = now.querySelector(".state h2")?.textContent ?? "";
  if (said && words !== said) live.textContent = words; // read aloud when it changes, not each time
  said = words;
  refresh();
}

async function ask() {
  const response = await fetch(now.dataset.poll, { headers: { "HX-Request": "true", "HX-Target": "now" } });
  if (response.headers.has("HX-Redirect")) location.assign(response.headers.get("HX-Redirect"));
  else if (response.ok) show(await response.text());
}

listen({ path: now.dataset.live, show, ask, forbidden: () => location.reload() });
