// The full-screen view between taking a photo and seeing its boxes: the photo, a moving line, words, ways on.
const part = (name) => document.getElementById(name);
const view = part("scan");
let shownUrl = null;
let onClose = () => {};

export function openScan({ title, photo = null, busy = true, closed = () => {} }) {
  onClose = closed;
  part("scan-title").textContent = title;
  part("scan-text").replaceChildren();
  part("scan-retry").hidden = true;
  part("scan-shoot").hidden = true;
  part("scan-video").hidden = true;
  showPhoto(photo);
  view.classList.toggle("busy", busy);
  view.setAttribute("aria-busy", String(busy));
  if (!view.open) view.showModal();
  part("scan-title").focus();
}

export function showPhoto(file) {
  const image = part("scan-photo");
  if (shownUrl) URL.revokeObjectURL(shownUrl);
  shownUrl = file ? URL.createObjectURL(file) : null;
  image.hidden = !file;
  if (file) image.src = shownUrl;
  else image.removeAttribute("src");
  image.onerror = () => { image.hidden = true; }; // a HEIC photo cannot be shown by most browsers
}

// A failure in words. `retry` is what its button does; without one only another photo helps.
export function showFailure(title, text, retry) {
  view.classList.remove("busy");
  view.setAttribute("aria-busy", "false");
  part("scan-title").textContent = title;
  const words = document.createElement("p");
  words.textContent = text;
  part("scan-text").replaceChildren(words);
  const button = part("scan-retry");
  button.hidden = !retry;
  button.onclick = retry ?? null;
  (retry ? button : part("scan-cancel")).focus();
}

export function closeScan() {
  if (view.open) view.close();
}

part("scan-cancel").addEventListener("click", closeScan);
view.addEventListener("close", () => {
  showPhoto(null);
  onClose();
  onClose = () => {};
});
