// Around each swap of #results: which box is chosen, what is read aloud, what to say when the network is gone.
const SHEET_TOP = 0.46; // of the height of the window
const results = () => document.getElementById("results");

function sync() {
  const found = document.querySelector("#results [data-announce]");
  const live = document.getElementById("live");
  if (found) live.textContent = found.dataset.announce;
  const number = found?.dataset.box ?? "";
  for (const button of document.querySelectorAll(".box, .chip")) {
    const chosen = button.value === number;
    button.setAttribute("aria-pressed", String(chosen));
    if (chosen) rename(button, found.dataset);
  }
  document.querySelector('.chip[aria-pressed="true"]')?.scrollIntoView({ block: "nearest", inline: "center" });
  document.dispatchEvent(new CustomEvent("frame", { detail: found?.dataset.bbox ?? null }));
}

// Only the search tells what kind of thing a box holds.
function rename(button, { name, spoken }) {
  const shown = button.querySelector(".chip-name");
  if (shown) shown.textContent = name;
  else button.setAttribute("aria-label", spoken);
}

// On a phone the results may begin under the fold: bring their top to the middle, leaving the photo in sight.
function reveal() {
  const sheet = document.querySelector(".sheet"), stage = document.querySelector(".stage"), crop = document.getElementById("crop");
  if (!sheet || crop.hidden) return;
  const inStage = stage.getBoundingClientRect(), inCrop = crop.getBoundingClientRect();
  stage.scrollLeft += (inCrop.left + inCrop.right) / 2 - (inStage.left + inStage.right) / 2; // a panorama is wider
  if (innerWidth >= 900) return;
  const top = sheet.getBoundingClientRect().top;
  const wanted = innerHeight * SHEET_TOP;
  const bar = document.querySelector(".top").offsetHeight;
  const under = Math.min(inCrop.bottom - inStage.top + bar + 16 - wanted, inCrop.top - inStage.top - 16);
  stage.style.setProperty("--shift", `${Math.max(0, under)}px`); // the photo slides up so that the frame stays in sight
  const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (top > wanted) scrollBy({ top: top - wanted, behavior: smooth ? "smooth" : "auto" });
}

function say(title, text, retry) {
  const box = document.createElement("div");
  box.className = "problem";
  const head = Object.assign(document.createElement("h2"), { textContent: title });
  const words = Object.assign(document.createElement("p"), { textContent: text });
  const row = Object.assign(document.createElement("p"), { className: "row" });
  const button = Object.assign(document.createElement("button"), { className: "button accent", textContent: "Try again", type: "button" });
  button.addEventListener("click", retry);
  row.append(button);
  box.append(head, words, row);
  results().replaceChildren(box);
  document.getElementById("live").textContent = `${title}. ${text}`;
}

// Fields that were left empty stay out of the address.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  for (const [name, value] of [...detail.formData]) if (value === "") detail.formData.delete(name);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id !== "results") return;
  results().setAttribute("aria-busy", "true");
  if (!results().querySelector(".cards")) {
    const skeleton = document.getElementById("skeleton");
    if (skeleton) results().replaceChildren(skeleton.content.cloneNode(true));
  }
  const { value, name } = event.detail.requestConfig.triggeringEvent?.submitter ?? {};
  if (name === "box") for (const each of document.querySelectorAll(".box, .chip")) each.setAttribute("aria-pressed", String(each.value === value));
});

// "Show more" takes itself away: who pressed it goes on at the first of the new cards.
let goOn = null, focused = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  focused = results()?.contains(document.activeElement) ? document.activeElement.id || "heading" : null;
  goOn = target?.matches(".more") && target.contains(document.activeElement) ? target.previousElementSibling : null;
});

document.addEventListener("htmx:afterSwap", (event) => {
  goOn?.nextElementSibling?.querySelector("a")?.focus();
  goOn = null;
  if (event.detail.target?.id !== "results") return;
  results().removeAttribute("aria-busy");
  refocus();
  sync();
  reveal();
});

// The focus was in what is now replaced. The nudging buttons stay open; anything else closes and leads to the heading.
function refocus() {
  if (!focused) return;
  if (focused.startsWith("nudge-")) document.getElementById("adjust").open = true;
  const again = focused.startsWith("f-") ? null : document.getElementById(focused);
  (again ?? document.getElementById("heading"))?.focus({ preventScroll: true });
  focused = null;
}

document.addEventListener("htmx:historyRestore", sync);
document.addEventListener("htmx:historyCacheMissLoad", () => setTimeout(sync));

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.detail.target?.id !== "results") return;
    const trigger = event.detail.elt;
    const { path, parameters, verb } = event.detail.requestConfig;
    results().removeAttribute("aria-busy");
    const again = () => htmx.ajax(verb, path, { source: trigger, target: "#results", values: parameters });
    if (navigator.onLine) say("No answer from the shop", "The connection broke on the way. Your photo is still here.", again);
    else say("You are offline", "Your photo is still here. Try again when you are connected.", again);
  });
}

// On a desk the filters hang over the results: Escape or a click elsewhere closes them.
document.addEventListener("keydown", (event) => {
  const open = document.querySelector("details[name=tools][open]");
  if (event.key !== "Escape" || !open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  const filters = document.querySelector("#filters[open]");
  if (filters && innerWidth >= 900 && !filters.contains(event.target)) filters.open = false;
});

if (document.readyState !== "loading") setTimeout(sync);
else document.addEventListener("DOMContentLoaded", sync);
