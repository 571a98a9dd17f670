// A feed may be large: it is sent in pieces, and a piece that was lost on the way is sent again. A form with an address
// or a folder is sent as it is.
const TRIES = 6, WAIT_MS = 800;

prepareAll();
document.addEventListener("htmx:afterSwap", prepareAll); // an import that has ended brings the form for mended rows

function prepareAll() {
  for (const form of document.querySelectorAll("form[data-upload-begin]:not([data-ready])")) prepare(form);
}

function prepare(form) {
  const input = form.querySelector("input[type=file]"), name = form.querySelector("[data-file-name]");
  const drop = form.querySelector(".drop") ?? form.closest(".mend");
  form.dataset.ready = "";
  input.addEventListener("change", () => { if (input.files[0]) name.textContent = input.files[0].name; });
  form.addEventListener("submit", (event) => {
    if (!input.files[0]) return;
    event.preventDefault();
    send(form, input.files[0]);
  });
  if (!drop) return;
  const over = (on) => (event) => { event.preventDefault(); drop.classList.toggle("over-it", on); };
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, over(true));
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, over(false));
  drop.addEventListener("drop", ({ dataTransfer }) => {
    if (!dataTransfer.files.length) return;
    input.files = dataTransfer.files;
    input.dispatchEvent(new Event("change"));
  });
}

async function send(form, file) {
  const said = form.querySelector("[data-upload-said]"), bar = form.querySelector("progress"), button = form.querySelector("button");
  const token = form.elements.csrfmiddlewaretoken.value;
  button.disabled = true;
  try {
    const fields = new FormData(form);
    fields.delete("file");
    fields.set("name", file.name);
    fields.set("size", file.size);
    const begun = await ask(form.dataset.uploadBegin, fields, token);
    bar.hidden = false;
    for (let offset = 0; offset < file.size;) {
      const piece = file.slice(offset, offset + begun.piece_bytes);
      offset = (await ask(`${begun.piece}?offset=${offset}`, piece, token)).bytes;
      bar.value = 100 * offset / file.size;
      said.textContent = `${Math.round(bar.value)}% sent`;
    }
    location.assign(begun.page);
  } catch (error) {
    said.textContent = error.message;
    bar.hidden = true;
    button.disabled = false;
  }
}

async function ask(address, body, token) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" } });
      if (response.ok) return await response.json();
      const detail = response.headers.get("content-type")?.includes("json") ? (await response.json()).detail : "";
      if (response.status < 500 || attempt >= TRIES) throw new Refused(detail || `The server answered ${response.status}.`);
    } catch (error) {
      if (error instanceof Refused || attempt >= TRIES) throw error instanceof Refused ? error : new Error("The connection was lost. Try again.");
    }
    await new Promise((done) => setTimeout(done, WAIT_MS * attempt));
  }
}

class Refused extends Error {}
