// Files go up in pieces (tus 1.0) and go on after a break; without this script the form sends the file in one.
"use strict";
(() => {
  const form = document.querySelector("form[data-uploads]");
  if (!form || !window.fetch) return;
  const PIECE = 16 * 1024 * 1024;
  const bar = form.querySelector("progress");
  const said = form.querySelector("[data-upload-said]");
  const token = form.elements.csrfmiddlewaretoken.value;
  const coded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const ask = (url, method, headers, body) =>
    fetch(url, { method, body, headers: { "Tus-Resumable": "1.0.0", "X-CSRFToken": token, ...headers } });
  const told = async (answer) => (await answer.json().catch(() => ({}))).message || String(answer.status);

  const begin = async (file) => {
    const name = `upload ${form.dataset.uploads} ${file.name} ${file.size} ${file.lastModified}`;
    const known = sessionStorage.getItem(name);
    if (known) {
      const answer = await ask(known, "HEAD", {});
      if (answer.ok) return { name, url: known, offset: Number(answer.headers.get("Upload-Offset")) };
    }
    const facts = [`filename ${coded(file.name)}`];
    for (const field of ["note", "derived_from"]) if (form.elements[field] && form.elements[field].value) facts.push(`${field} ${coded(form.elements[field].value)}`);
    const answer = await ask(form.dataset.uploads, "POST", { "Upload-Length": String(file.size), "Upload-Metadata": facts.join(",") });
    if (!answer.ok) throw new Error(await told(answer));
    const url = new URL(answer.headers.get("Location")).pathname;
    sessionStorage.setItem(name, url);
    return { name, url, offset: 0 };
  };
  form.addEventListener("submit", async (event) => {
    const [file] = form.elements.file.files;
    if (!file) return;
    event.preventDefault();
    const button = form.querySelector("[data-save]");
    button.disabled = true;
    bar.hidden = false;
    try {
      const upload = await begin(file);
      let failures = 0;
      while (upload.offset < file.size) {
        const piece = file.slice(upload.offset, upload.offset + PIECE);
        const answer = await ask(upload.url, "PATCH", { "Upload-Offset": String(upload.offset), "Content-Type": "application/offset+octet-stream" }, piece).catch(() => null);
        if (answer && answer.ok) {
          upload.offset = Number(answer.headers.get("Upload-Offset"));
          failures = 0;
        } else if (answer && answer.status < 500 && answer.status !== 423 && answer.status !== 409) {
          sessionStorage.removeItem(upload.name);
          throw new Error(await told(answer));
        } else {
          failures += 1;
          if (failures > 20) throw new Error(form.dataset.broken);
          await new Promise((go) => window.setTimeout(go, Math.min(1000 * failures, 10000)));
          const where = await ask(upload.url, "HEAD", {}).catch(() => null);
          if (where && where.ok) upload.offset = Number(where.headers.get("Upload-Offset"));
        }
        bar.value = Math.floor((100 * upload.offset) / file.size);
        said.textContent = `${bar.value}%`;
      }
      sessionStorage.removeItem(upload.name);
      for (;;) {
        const state = await (await fetch(upload.url, { headers: { Accept: "application/json" } })).json();
        if (state.state === "done") break;
        if (state.state === "failed") throw new Error(state.error);
        said.textContent = state.error || form.dataset.checking;
        await new Promise((go) => window.setTimeout(go, 1500));
      }
      window.location.assign(form.dataset.done);
    } catch (error) {
      said.textContent = error.message;
      button.disabled = false;
    }
  });
})();
