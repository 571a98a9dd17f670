// A ZIP that the server would refuse is refused before it is sent.
const file = document.getElementById("id_file"), said = document.getElementById("most");
const mb = Number(file.dataset.mostMb), plain = said.textContent;

file.addEventListener("change", () => {
  const size = file.files[0]?.size ?? 0, tooLarge = size > mb * 1024 * 1024 - 65536; // the other fields count, too
  said.textContent = tooLarge ? `This file has ${Math.ceil(size / 1024 / 1024)} MB, and ${mb} are the most. Smaller photos will do: 1280 pixels are kept of each.` : plain;
  said.classList.toggle("field-error", tooLarge);
  if (tooLarge) file.value = "";
});
