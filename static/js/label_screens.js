// Screens that are ready to be shown: made, with every picture decoded, so that all of a screen appears at once and
// neither side can be told by how fast it comes.
const PATIENCE_MS = 8000;

export function prepare(element) {
  const pictures = [...element.querySelectorAll("img")].map((img) => img.decode().catch(() => {})); // one may be gone
  const ready = Promise.all(pictures);
  const enough = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const screen = { element, id: element.dataset.screen, ready: false, shownAt: 0 };
  screen.whenReady = Promise.race([ready, enough]).then(() => { screen.ready = true; });
  return screen;
}

export function fromHtml(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return prepare(document.importNode(template.content, true).querySelector(".screen"));
}

// Buttons that still wait for a verdict, by task.
export const tasksOf = (screen) => screen.element.dataset.kind === "grade"
  ? [...screen.element.querySelectorAll("[data-task]")]
  : [screen.element];

export const isJudged = (task) => "judged" in task.dataset;

// Calls back when what was changed just now is on the glass.
export const painted = (then) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => then(performance.now());
  channel.port2.postMessage(null);
});
