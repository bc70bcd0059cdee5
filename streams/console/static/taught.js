// On the pages that teach, a key presses the button that carries it.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select, dialog")) return;
  const button = document.querySelector(`[data-press="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  button.form.requestSubmit(button);
});
