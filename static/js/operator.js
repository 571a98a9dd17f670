// Keeps #now up to date: over a socket, by asking again where none can be had. What else the page shows is fetched
// when its version changes, but never under the fingers of someone who fills in a form.
const now = document.getElementById("now");
const panels = document.getElementById("panels");
const live = document.getElementById("live");
const POLL_MS = 3000, FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 15000, TRIES_BEFORE_POLLING = 2;
let failures = 0, polling = 0, said = "";

const version = (element) => element.querySelector("[data-version]")?.dataset.version;
const busy = () => panels.matches(":has(input:focus, select:focus, .htmx-request)") || panels.classList.contains("htmx-request");

function show(html) {
  now.innerHTML = html;
  const words = now.querySelector(".state h2")?.textContent ?? "";
  if (said && words !== said) live.textContent = words; // read aloud when it changes, not each time
  said = words;
  refresh();
}

function refresh() {
  if (version(now) && version(now) !== version(panels) && !busy()) document.getElementById("refresh").click();
}

function listen() {
  const socket = new WebSocket(new URL(now.dataset.live, location.href).href.replace(/^http/, "ws"));
  socket.addEventListener("message", ({ data }) => { failures = 0; poll(false); show(data); });
  socket.addEventListener("close", ({ code }) => {
    if (code === 4403) return location.reload(); // signed out meanwhile
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
  try {
    const response = await fetch(now.dataset.poll, { headers: { "HX-Request": "true", "HX-Target": "now" } });
    if (response.headers.has("HX-Redirect")) location.assign(response.headers.get("HX-Redirect"));
    else if (response.ok) show(await response.text());
  } catch {} // the next one may get through
}

document.addEventListener("focusout", () => setTimeout(refresh, 300));
document.addEventListener("htmx:afterRequest", () => setTimeout(refresh, 300)); // what was said meanwhile had to wait
listen();
