// A photo dropped anywhere on the product list is sent by the form that is there for it.

const form = () => document.getElementById("find-by-photo");

function send() {
  form().classList.add("busy");
  form().requestSubmit();
}

const holdsFile = (event) => form() && [...(event.dataTransfer?.types ?? [])].includes("Files");

document.addEventListener("change", (event) => {
  if (event.target.matches("#find-by-photo input[type=file]") && event.target.files.length) send();
});

document.addEventListener("dragover", (event) => {
  if (!holdsFile(event)) return;
  event.preventDefault();
  document.body.classList.add("sl-dropping");
});

document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("sl-dropping");
});

document.addEventListener("drop", (event) => {
  document.body.classList.remove("sl-dropping");
  if (!holdsFile(event)) return;
  event.preventDefault();
  const photos = [...event.dataTransfer.files].filter((file) => file.type.startsWith("image/"));
  if (!photos.length) return;
  const one = new DataTransfer();
  one.items.add(photos[0]);
  form().querySelector("input[type=file]").files = one.files;
  send();
});

document.addEventListener("paste", (event) => {
  const photo = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
  if (!form() || !photo) return;
  const one = new DataTransfer();
  one.items.add(photo);
  form().querySelector("input[type=file]").files = one.files;
  send();
});
