// Judging by keyboard, finger or mouse. The next screens lie ready; a verdict is kept in the browser, the next screen
// is painted, and only then is anything sent. Keys belong to whatever is open: a dialog has its own.
import { Outbox } from "./label_outbox.js";
import { judged as paced, progressed } from "./label_pace.js";
import { fromHtml, isJudged, painted, prepare, tasksOf } from "./label_screens.js";
import { openZoom } from "./label_zoom.js";

const ASK_AGAIN_MS = 8000, RENEW_MS = 240_000, REMEMBERED = 60;
const stage = document.getElementById("stage"), nothing = document.getElementById("nothing");
const coming = document.getElementById("coming"), waiting = document.getElementById("waiting"), live = document.getElementById("live");
const guidelines = document.getElementById("guidelines"), keys = document.getElementById("keys");
let current = null, queue = [], wanted = null, hiddenMs = 0, hiddenAt = 0;
const past = []; // what was judged on this page, latest last: {screen, task, id}
const undone = new Map(); // by the id of the verdict: what was taken back, until the server agrees
const outbox = new Outbox(`label:${stage.dataset.rater}:${stage.dataset.sync}`, stage.dataset.sync, stage.dataset.csrf, {
  have: () => [current, ...queue].filter(Boolean).map((screen) => screen.id),
  answered, troubled,
});

/* showing */

function show(screen, pressedAt) {
  current = screen;
  wanted = null;
  if (screen) {
    screen.shownAt = 0;
    delete screen.element.dataset.shown;
  }
  nothing.hidden = Boolean(screen);
  coming.hidden = true;
  stage.replaceChildren(...(screen ? [screen.element] : []));
  if (!screen) return void nothing.querySelector("a, button").focus({ preventScroll: true });
  focusTask(tasksOf(screen).find((task) => !isJudged(task)));
  scrollTo(0, 0);
  painted((at) => {
    screen.shownAt = at;
    screen.element.dataset.shown = ""; // from now on it can be judged
    hiddenMs = 0;
    if (pressedAt) performance.measure("key-to-task", { start: pressedAt, end: at });
  });
}

function next(pressedAt) {
  const screen = queue.shift();
  if (screen?.ready || (!screen && !outbox.entries().length)) return show(screen ?? null, pressedAt);
  stage.replaceChildren(); // its pictures are on their way; both sides will appear at once
  coming.hidden = false;
  current = screen ?? null;
  if (!screen) return;
  screen.whenReady.then(() => current === screen && show(screen, pressedAt));
}

function focusTask(task) {
  for (const other of stage.querySelectorAll(".at")) other.classList.remove("at");
  if (!task) return;
  task.classList.add("at");
  task.focus({ preventScroll: true });
  if (task.dataset.task) task.scrollIntoView({ block: "nearest" });
}

/* judging */

function say(task, value, pressedAt) {
  if (!current?.shownAt || isJudged(task)) return; // nothing is judged before it could be seen
  const screen = current;
  const ms = Math.max(0, Math.round(performance.now() - screen.shownAt - hiddenMs));
  const assignment = Number(task.dataset.task ?? screen.element.querySelector("[name=say]").value.split(":")[0]);
  const reasons = [...screen.element.querySelectorAll("[name=reason]:checked")].map((box) => box.value);
  task.dataset.judged = value;
  past.push({ screen, task, id: outbox.add({ assignment, value, reasons: value === "skip" ? [] : reasons, ms_taken: ms }) });
  const left = tasksOf(screen).find((other) => !isJudged(other));
  if (left) mark(screen, task, left, pressedAt);
  else next(pressedAt); // what comes after it is not the end while it is still to be sent
  if (past.length > REMEMBERED) past.shift();
  paced(ms);
  live.textContent = `${words(task, value)}. Z undoes it.`;
}

// One of several on a screen is graded: the next one gets the frame.
function mark(screen, task, following, pressedAt) {
  for (const button of task.querySelectorAll(".grade")) button.setAttribute("aria-pressed", button.value.endsWith(`:${task.dataset.judged}`));
  focusTask(after(task) ?? following);
  painted((at) => {
    screen.shownAt = at;
    hiddenMs = 0;
    performance.measure("key-to-task", { start: pressedAt, end: at });
  });
}

function after(task) {
  const tasks = tasksOf(current);
  return tasks.slice(tasks.indexOf(task)).find((other) => !isJudged(other));
}

function words(task, value) {
  const button = task.querySelector(`[name=say][value$=":${value}"]`);
  return value === "skip" ? "Skipped" : (button?.getAttribute("aria-label") ?? button?.querySelector("span")?.textContent ?? value);
}

function undo(pressedAt) {
  const last = past.pop();
  if (!last) return void outbox.add({ undo_last: true });
  outbox.add({ undo: last.id });
  undone.set(last.id, last);
  delete last.task.dataset.judged;
  for (const button of last.task.querySelectorAll(".grade")) button.removeAttribute("aria-pressed");
  if (current && current !== last.screen) queue.unshift(current);
  queue = queue.filter((screen) => screen !== last.screen);
  show(last.screen, pressedAt);
  focusTask(last.task);
  live.textContent = "Undone. Judge it again.";
}

/* the server's answers */

function answered({ results, screens, held, progress, why }, entries) {
  for (const entry of entries) {
    const result = results[entry.id];
    if (!result) continue;
    if (!result.ok) refuse(entry, result);
    else if (entry.undo_last) wanted = result.screen;
    else if (result.state === "late") tell("A verdict came too late: its task was given to somebody else, or is asked of nobody any more. It is kept, and does not count.");
    undone.delete(entry.undo);
  }
  const back = new Set([...undone.values()].map(({ screen }) => screen)); // the server has not heard of it yet
  queue = queue.filter((screen) => held.includes(screen.id) || back.has(screen));
  const fresh = screens.filter(({ id }) => ![current, ...queue].some((screen) => screen?.id === id)).map(({ html }) => fromHtml(html));
  if (wanted) bring(fresh);
  queue.push(...fresh);
  progressed(progress, outbox.entries().filter((entry) => entry.value && entry.value !== "skip").length);
  explain(why, progress);
  if (!current) next();
}

// The screen of a verdict that was undone after its page was closed comes before the one that is shown.
function bring(fresh) {
  const at = fresh.findIndex(({ id }) => id === wanted);
  wanted = null;
  if (at < 0) return;
  const [back] = fresh.splice(at, 1);
  if (current) queue.unshift(current);
  current = null;
  queue.unshift(back);
}

function refuse(entry, { code, detail }) {
  const back = code === "taken-meanwhile" && undone.get(entry.undo);
  if (back) { // what came back is somebody else's by now
    back.task.dataset.judged = "skip";
    queue = queue.filter((screen) => screen !== back.screen || tasksOf(screen).some((task) => !isJudged(task)));
    if (current === back.screen && tasksOf(current).every(isJudged)) next();
  }
  if (code !== "already-judged") tell(detail);
}

function tell(words) {
  const note = document.createElement("p");
  note.className = "notice error";
  note.textContent = words;
  document.getElementById("said").replaceChildren(note);
  setTimeout(() => note.remove(), 12_000);
}

function explain(why, { left, tasks, verdicts, wanted, skipped }) {
  document.getElementById("take-skipped").hidden = !skipped;
  const all = tasks > 0 && verdicts >= wanted;
  document.getElementById("nothing-title").textContent = why ? "No tasks at the moment" : all ? "All of it is judged" : "Nothing left for you";
  document.getElementById("nothing-why").textContent = why || (all
    ? "Every task has all its verdicts. Thank you."
    : skipped ? `You skipped ${skipped}. Nobody has taken ${skipped === 1 ? "it" : "them"} yet.`
    : `What is left ${left ? "is being judged by others" : "waits for other raters"}. Should one of them give up a task, it comes here.`);
}

function troubled(kind, number) {
  waiting.hidden = !kind;
  document.getElementById("sign-in").hidden = kind !== "signed-out";
  const them = number === 1 ? "1 verdict waits" : `${number} verdicts wait`;
  waiting.firstElementChild.textContent = kind === "signed-out"
    ? `You are signed out. ${number ? `${them} in this browser and will be sent.` : ""}`
    : `No connection. ${number ? `${them} in this browser; go on.` : "Trying again."}`;
}

/* keys, presses, taps */

const scope = () => (current?.element.dataset.kind === "grade" ? stage.querySelector(".at") : stage) ?? stage;
const named = (key) => (key === " " ? "Space" : key.length === 1 ? key.toLowerCase() : key);

function onKey(event) {
  if (event.defaultPrevented || event.repeat || event.altKey || event.ctrlKey || event.metaKey) return;
  if (document.querySelector("dialog[open]") || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  if (event.key === "Enter") return; // presses what has the focus, as everywhere
  const key = named(event.key);
  if (key === "Space" && event.target.matches("button, a, input, summary")) return;
  if (current?.element.dataset.kind === "grade" && step(key)) return event.preventDefault();
  const find = (root) => root.querySelector(`[data-key~="${CSS.escape(key)}"]`);
  const target = find(scope()) ?? find(stage) ?? find(document.querySelector(".judge-top")) ?? find(nothing);
  if (!target || target.closest("[hidden]")) return;
  event.preventDefault();
  press(target, event.timeStamp);
}

function step(key) {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
  if (!by) return false;
  const tasks = tasksOf(current), at = tasks.indexOf(stage.querySelector(".at"));
  focusTask(tasks[Math.min(Math.max(at + by, 0), tasks.length - 1)]);
  return true;
}

function press(target, at) {
  if (target.type === "checkbox") target.checked = !target.checked;
  else if (target.name === "undo") undo(at);
  else if (target.name === "skipped") outbox.add({ skipped: true });
  else if (target.dataset.act === "zoom") zoom();
  else if (target.id === "open-guidelines") guidelines.showModal();
  else if (target.id === "open-keys") keys.showModal();
  else if (target.name === "say") pressed(target, at);
  else target.click();
}

function pressed(button, at) {
  if (!current) return;
  const [assignment, value] = button.value.split(":");
  const task = current.element.dataset.kind !== "grade" ? current.element
    : assignment ? current.element.querySelector(`[data-task="${assignment}"]`) : stage.querySelector(".at");
  if (!task) return;
  if (isJudged(task)) return; // a graded one is changed by undoing
  say(task, value, at);
}

function zoom(tile) {
  const at = tile ?? stage.querySelector(".at .zoomable");
  openZoom(current.element, Number(at?.dataset.rank) || 1);
}

document.addEventListener("keydown", onKey);
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".screen, #nothing form")) return;
  event.preventDefault();
});
document.addEventListener("click", (event) => {
  const target = event.target.closest("[name=say], [name=undo], [name=skipped], [data-act], #open-guidelines, #open-keys, #stage .zoomable, [data-task]");
  if (!target || event.target.closest("dialog")) return;
  if (target.matches(".zoomable")) return zoom(target);
  if (target.matches("[data-task]")) return focusTask(target);
  event.preventDefault();
  press(target, event.timeStamp);
});
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  dialog.addEventListener("close", () => current && focusTask(stage.querySelector(".at") ?? current.element));
}
guidelines.addEventListener("keydown", (event) => event.key.toLowerCase() === "g" && guidelines.close());
keys.addEventListener("keydown", (event) => event.key === "?" && keys.close());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = performance.now();
  else hiddenMs += performance.now() - hiddenAt;
});
setInterval(() => !document.hidden && !current && outbox.send(), ASK_AGAIN_MS);
setInterval(() => !document.hidden && outbox.send(), RENEW_MS); // what lies on the page stays ours

/* the beginning: what a closed page left to be sent comes first */

const first = stage.querySelector(".screen");
if (first && !outbox.entries().length) {
  const screen = prepare(first);
  current = screen;
  screen.whenReady.then(() => current === screen && show(screen));
} else if (first) next();
outbox.send();
