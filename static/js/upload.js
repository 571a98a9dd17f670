// Photo in, page of boxes out: from either button, the clipboard, a drop or the live camera.
import { canUseCamera, takePhoto } from "./camera.js";
import { closeScan, openScan, showFailure } from "./scan.js";
import { shrink } from "./shrink.js";

const TIMEOUT_MS = 60000;
const MAX_BYTES = 20 * 1024 * 1024;
const OFFLINE = ["You are offline", "Your photo is kept here. It goes out as soon as you are connected again."];
const BROKEN = ["The photo did not get through", "The connection broke on the way. Your photo is kept here, so nothing is lost."];
const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
const uploadUrl = () => document.querySelector("form[data-upload]").action;

let sending = null; // the AbortController of the upload under way

export async function sendPhoto(file) {
  if (sending) return;
  const stop = (sending = new AbortController());
  const again = () => { sending = null; sendPhoto(file); };
  openScan({ title: "Looking for things to tap", photo: file, closed: () => { stop.abort(); sending = null; } });
  const body = new FormData();
  const small = await shrink(file);
  if (small.size > MAX_BYTES) {
    showFailure("This photo is too large", "It has more than 20 MB. Choose a smaller one.");
    return;
  }
  body.append("image", small, "photo.jpg");
  if (document.querySelector("form[data-upload] [name=keep]")?.checked) body.append("keep", "1");
  await post(uploadUrl(), body, stop, again);
}

async function post(url, body, stop, again) {
  if (!navigator.onLine) return waitForConnection(again);
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const answer = await fetch(url, { method: "POST", body, signal, headers: { "X-CSRFToken": token(), "X-Upload": "1" } });
    if (stop.signal.aborted) return;
    if (answer.status === 201) location.assign(answer.headers.get("Location"));
    else refused(answer, await answer.text(), again);
  } catch {
    if (stop.signal.aborted) return;
    if (!navigator.onLine) waitForConnection(again);
    else showFailure(...BROKEN, again);
  }
}

function waitForConnection(again) {
  showFailure(...OFFLINE, again);
  const retry = () => { if (document.getElementById("scan").open) again(); };
  addEventListener("online", retry, { once: true });
  document.getElementById("scan").addEventListener("close", () => removeEventListener("online", retry), { once: true });
}

// The server's own words, from the part of a page that it sends for X-Upload.
function refused(answer, html, again) {
  const part = new DOMParser().parseFromString(html, "text/html").querySelector(".problem");
  const title = part?.querySelector("h1, h2")?.textContent ?? (answer.status === 413 ? "This photo is too large" : "That did not work");
  const text = part?.querySelector("p")?.textContent ?? "Try again, or choose another photo.";
  const mayHelp = answer.status >= 500 || answer.status === 429;
  showFailure(title, text, mayHelp ? again : undefined);
}

function sendSample(form) {
  if (sending) return;
  const stop = (sending = new AbortController());
  openScan({ title: "Looking for things to tap", closed: () => { stop.abort(); sending = null; } });
  const shown = form.querySelector("img");
  const picture = document.getElementById("scan-photo");
  picture.src = shown.src;
  picture.hidden = false;
  const again = () => { sending = null; sendSample(form); };
  post(form.action, new FormData(form), stop, again);
}

document.addEventListener("change", (event) => {
  if (!event.target.matches("form[data-upload] input[type=file]") || !event.target.files.length) return;
  const [file] = event.target.files;
  event.target.value = ""; // the same photo may be chosen again
  sendPhoto(file);
});

document.addEventListener("click", (event) => {
  if (!event.target.matches("input[data-camera]") || !canUseCamera()) return;
  event.preventDefault();
  takePhoto().then((file) => file && sendPhoto(file), () => event.target.closest("form").querySelector("input:not([data-camera])").click());
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-sample]")) return;
  event.preventDefault();
  sendSample(event.target);
});

document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
  if (file) sendPhoto(file);
});

const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
document.addEventListener("dragover", (event) => {
  if (!carriesFile(event)) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  document.body.classList.remove("dropping");
  if (!carriesFile(event)) return;
  event.preventDefault();
  sendPhoto(event.dataTransfer.files[0]);
});

addEventListener("pageshow", (event) => { if (event.persisted) closeScan(); }); // back from the results
