// What the admin's widgets leave without a name for those who cannot see them: an empty select2, Django's "?" of help.
// Both are made by scripts, some of them late, and again with each row that is added: so it looks whenever something is.
{
  const nameAll = () => {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const box = select.parentElement.querySelector(".select2-selection[role=combobox]");
      const chosen = box?.querySelector("[role=textbox]");
      if (!chosen) continue; // not there yet, or named already
      chosen.removeAttribute("role");
      chosen.removeAttribute("aria-readonly");
      box.id = `${select.id}_box`;
      box.setAttribute("aria-label", select.getAttribute("aria-label") || select.labels[0]?.textContent.trim() || select.name);
      box.setAttribute("aria-labelledby", `${box.id} ${chosen.id}`); // the field, and what is chosen
    }
    for (const help of document.querySelectorAll("span.help-tooltip[aria-label]:not([role])")) help.setAttribute("role", "img");
  };
  new MutationObserver(nameAll).observe(document.documentElement, { childList: true, subtree: true });
}
