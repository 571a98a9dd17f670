// How fast, how far, and when a break is due. Kept for the visit, in this tab.
const REST_AFTER_MS = 25 * 60_000, BREAK_MS = 4 * 60_000, KEPT = 50, ENOUGH = 5;
const rest = document.getElementById("rest"), pace = document.getElementById("pace");
const bar = document.querySelector("#progress progress"), words = document.getElementById("progress-words");
const times = [];
let since = Number(sessionStorage.getItem("label-since")) || Date.now();
let latest = Number(sessionStorage.getItem("label-latest")) || Date.now();

export function judged(ms) {
  const now = Date.now();
  if (now - latest > BREAK_MS) since = now;
  latest = now;
  sessionStorage.setItem("label-since", since);
  sessionStorage.setItem("label-latest", latest);
  times.push(ms);
  if (times.length > KEPT) times.shift();
  if (times.length >= ENOUGH) pace.textContent = `${seconds(median(times))} each`;
  if (now - since < REST_AFTER_MS) return;
  document.getElementById("rest-minutes").textContent = Math.round((now - since) / 60_000);
  rest.hidden = false;
}

export function progressed({ verdicts, wanted }, waiting) {
  const done = Math.min(wanted, verdicts + waiting);
  bar.max = Math.max(wanted, 1);
  bar.value = done;
  words.textContent = `${done} of ${wanted}`;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const seconds = (ms) => (ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`);

document.getElementById("rest-close").addEventListener("click", () => {
  since = Date.now();
  sessionStorage.setItem("label-since", since);
  rest.hidden = true;
});
