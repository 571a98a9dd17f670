// News from the server, for pages that keep themselves up to date: over a socket, and by asking again until it says
// something, for it may be refused, or swallowed on the way. What a page lists beside is fetched when its version
// changes, but never under the fingers of someone at it.
const POLL_MS = 3000, FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 15000, FORBIDDEN = 4403;
const SETTLED_MS = 300;

// What a pointer is down on. What is taken away between the press of a button or link and its release is never clicked.
let pressed = null;
const releases = [];
document.addEventListener("pointerdown", ({ button, target }) => { pressed = button === 0 ? target : null; });
for (const kind of ["pointerup", "pointercancel", "contextmenu"]) document.addEventListener(kind, released);

function released() {
  pressed = null;
  setTimeout(() => releases.forEach((release) => release())); // after the click
}

// path: the socket's. show(text): what it said. ask(): fetches the same by itself. opened(), forbidden(): of the socket.
// Returns a function that tells the server something, if it listens.
export function listen({ path, show, ask, opened = () => {}, forbidden = () => {} }) {
  const heard = [];
  let socket, failures = 0, polling = 0;

  function connect() {
    socket = new WebSocket(new URL(path, location.href).href.replace(/^http/, "ws"));
    socket.addEventListener("open", () => opened());
    socket.addEventListener("message", ({ data }) => { failures = 0; poll(false); heard.push(data); tell(); });
    socket.addEventListener("close", ({ code }) => {
      if (code === FORBIDDEN) return forbidden(); // not for this person, or signed out meanwhile
      failures += 1;
      poll(true);
      setTimeout(connect, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2));
    });
  }

  function poll(on) {
    if (on && !polling) polling = setInterval(again, POLL_MS);
    if (!on && polling) polling = clearInterval(polling) ?? 0;
  }

  async function again() {
    try { await ask(); } catch {} // the next one may get through
  }

  function tell() {
    while (heard.length && !pressed) show(heard.shift());
  }

  releases.push(tell);
  connect();
  poll(true);
  return (text) => { if (socket.readyState === WebSocket.OPEN) socket.send(text); };
}

const version = (element) => element?.querySelector("[data-version]")?.dataset.version;

// Returns a function that presses #refresh while the list is older than the news: at once, but not twice within `apartMs`;
// what comes sooner is fetched then. news(), list(): elements; busy(): whether somebody is at the list.
export function freshener({ news, list, busy, apartMs }) {
  let last = -Infinity, later;

  const held = () => Boolean(pressed && list()?.contains(pressed));

  function refresh() {
    const link = document.getElementById("refresh"), wait = last + apartMs - Date.now();
    clearTimeout(later);
    if (!link || !version(news()) || version(news()) === version(list()) || held() || busy()) return;
    if (wait > 0) return void (later = setTimeout(refresh, wait));
    last = Date.now();
    link.click();
  }

  const soon = () => setTimeout(refresh, SETTLED_MS);
  releases.push(soon);
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (held() && detail.target === list() && detail.requestConfig.elt.id === "refresh") detail.shouldSwap = false;
  });
  document.addEventListener("focusout", soon);
  document.addEventListener("htmx:afterRequest", soon); // what was said meanwhile had to wait
  return refresh;
}
