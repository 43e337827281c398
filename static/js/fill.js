/* A button with data-fill-target (a selector) and data-text puts its text into that field.
   data-fill-also / data-text-also fill a second one (the demo log-ins). */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill-target]");
  if (!button) return;
  event.preventDefault();
  const fill = (selector, text) => {
    const field = selector && document.querySelector(selector);
    if (!field) return null;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return field;
  };
  const field = fill(button.dataset.fillTarget, button.dataset.text || "");
  fill(button.dataset.fillAlso, button.dataset.textAlso || "");
  if (field) { field.focus(); field.scrollIntoView({ block: "center" }); }
});
