// One key, one button or link: what a lead settles by keyboard. Without this file every one of them can be pressed.
const typing = (event) => event.target.closest("input:not([type=radio]), textarea, select");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (typing(event)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "r") {
    const said = document.querySelector(".raters-said");
    if (said) said.open = !said.open;
    return;
  }
  const pressed = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key.split(" ").includes(key));
  if (!pressed) return;
  event.preventDefault();
  pressed.click();
});
