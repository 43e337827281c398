// A screenshot in the clipboard is pasted anywhere on the page “Catat pesan”.
"use strict";

document.addEventListener("paste", (event) => {
  const field = document.querySelector('input[type="file"][name="picture"]');
  const picture = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"));
  if (!field || !picture) return;
  event.preventDefault();
  const files = new DataTransfer();
  files.items.add(picture);
  field.files = files.files;
});
