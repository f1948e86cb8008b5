// The page of on-site capture. Everything typed is kept at once, encrypted; sending it twice does what sending it once does.
"use strict";
(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const addresses = JSON.parse(document.getElementById("addresses").textContent);
  const vault = window.captureVault;
  const find = (query, within = document) => within.querySelector(query);
  const said = find("[data-said]");
  const scene = find("[data-scene]");
  const list = find("[data-items]");
  const say = (text, ...values) => {
    said.textContent = values.reduce((sentence, value) => sentence.replace("%s", value), text);
  };
  let prepared = null;
  let state = null;
  let saving = Promise.resolve();

  const net = () => {
    find("[data-net]").textContent = navigator.onLine ? "" : words.offline;
  };
  window.addEventListener("online", net);
  window.addEventListener("offline", net);
  net();
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(addresses.worker, { scope: addresses.scope }).catch(() => {});
  if (!vault.possible()) {
    find("[data-unlock]").hidden = true;
    say(words.insecure);
    return;
  }

  const option = (select, pairs, chosen) => {
    select.replaceChildren(...pairs.map(([value, label]) => new Option(label, value, false, String(value) === String(chosen))));
  };
  const save = () => {
    saving = saving.then(() => vault.keep("state", state)).then(() => say(words.saved));
    return saving;
  };
  const fresh = () => ({ key: crypto.randomUUID(), captured_at: new Date().toISOString(), head: {}, checks: {}, confirms: {}, items: [], photos: [], notes: "" });

  find("[data-unlock]").addEventListener("submit", async (event) => {
    event.preventDefault();
    const pin = find("#pin").value;
    if (pin.length < 8) return say(words.short);
    if (!(await vault.open(pin))) return say(words.wrong);
    find("#pin").value = "";
    try {
      const answer = await fetch(addresses.prepared, { headers: { Accept: "application/json" }, redirect: "manual" });
      if (answer.ok) {
        const given = await answer.json();
        delete given.token;
        await vault.keep("prepared", given);
        say(words.prepared);
      }
    } catch {
      say(words.offline);
    }
    prepared = await vault.read("prepared");
    if (!prepared) return say(words.not_prepared);
    state = (await vault.read("state")) || fresh();
    find("[data-unlock]").hidden = true;
    scene.hidden = false;
    draw();
  });

  const draw = () => {
    option(scene.elements.compartment, prepared.circles.map((one) => [one.id, one.name]), state.head.compartment);
    state.head.compartment = scene.elements.compartment.value;
    people();
    for (const name of ["measure", "place", "holder_name", "witness_name", "witness_note", "recording_ref", "basis"]) {
      if (state.head[name]) scene.elements[name].value = state.head[name];
      else state.head[name] = scene.elements[name].value;
    }
    scene.elements.notes.value = state.notes;
    for (const box of scene.querySelectorAll("[name=check]")) box.checked = !!state.checks[box.value];
    for (const box of scene.querySelectorAll("[name=confirm]")) box.checked = !!state.confirms[box.value];
    find("[data-first]").textContent = prepared.user.name;
    list.replaceChildren();
    if (!state.items.length) add();
    else state.items.forEach(show);
  };
  const people = () => {
    const circle = prepared.circles.find((one) => String(one.id) === String(state.head.compartment));
    option(scene.elements.second, ((circle && circle.people) || []).map((one) => [one.id, one.name]), state.head.second);
    state.head.second = scene.elements.second.value;
    named();
  };
  const named = () => {
    const chosen = scene.elements.second.selectedOptions[0];
    find("[data-second]").textContent = chosen ? chosen.textContent : "";
  };
  scene.addEventListener("change", (event) => {
    const field = event.target;
    if (field.name === "check") state.checks[field.value] = field.checked ? new Date().toISOString() : "";
    else if (field.name === "confirm") state.confirms[field.value] = field.checked ? new Date().toISOString() : "";
    else if (field.name === "notes") state.notes = field.value;
    else if (field.name) state.head[field.name] = field.value;
    if (field.name === "compartment") people();
    if (field.name === "second") named();
    save();
  });

  const add = () => {
    const one = { key: crypto.randomUUID().slice(0, 8), found_at: new Date().toISOString(), kind: "physical" };
    state.items.push(one);
    show(one);
    save();
  };
  find("[data-add]").addEventListener("click", add);
  const show = (one) => {
    const part = find("[data-item]").content.cloneNode(true);
    const card = find("[data-one]", part);
    find("h2", card).textContent = words.item.replace("%s", list.children.length + 1);
    option(find("[data-f=kind]", card), words.kinds, one.kind);
    option(find("[data-f=device_kind]", card), words.devices, one.device_kind || "");
    for (const field of card.querySelectorAll("[data-f]")) {
      if (one[field.dataset.f]) field.value = one[field.dataset.f];
      field.addEventListener("change", (event) => {
        event.stopPropagation();
        one[field.dataset.f] = field.value;
        save();
      });
    }
    const rows = find("[data-photos]", card);
    state.photos.filter((photo) => photo.item === one.key).forEach((photo) => row(rows, photo));
    find("[data-shoot]", card).addEventListener("change", async (event) => {
      event.stopPropagation();
      for (const file of event.target.files) await shoot(one, file, rows);
      event.target.value = "";
    });
    const reader = find("[data-read]", card);
    if ("BarcodeDetector" in window) {
      reader.hidden = false;
      find("input", reader).addEventListener("change", async (event) => {
        event.stopPropagation();
        const codes = await new window.BarcodeDetector().detect(await createImageBitmap(event.target.files[0])).catch(() => []);
        event.target.value = "";
        if (!codes.length) return;
        const field = find("[data-f=serial]", card);
        field.value = codes[0].rawValue;
        one.serial = field.value;
        save();
      });
    }
    list.append(part);
  };
  const shoot = async (one, file, rows) => {
    const bytes = await file.arrayBuffer();
    const order = state.photos.reduce((last, photo) => Math.max(last, photo.order), 0) + 1;
    // Digest, order and moment are those of the capture; they are announced before the bytes are sent.
    const photo = { key: crypto.randomUUID(), item: one.key, order, sha256: await vault.digest(bytes), name: file.name || `photo-${order}.jpg`, taken_at: new Date().toISOString() };
    await vault.keepBytes(`photo-${photo.key}`, bytes);
    state.photos.push(photo);
    await save();
    row(rows, photo);
  };
  const row = (rows, photo) => {
    const line = document.createElement("li");
    const order = document.createElement("b");
    order.textContent = words.photo.replace("%s", photo.order);
    const digest = document.createElement("span");
    digest.className = "hash xs";
    digest.textContent = photo.sha256.replace(/(.{4})/g, "$1 ").trim();
    line.append(order, digest);
    rows.append(line);
  };

  const lacking = () => {
    const found = [];
    if (!state.head.place) found.push(words.need_place);
    if (!state.head.second) found.push(words.need_second);
    if (!state.items.some((one) => one.title)) found.push(words.need_item);
    if (!state.confirms.first || !state.confirms.second) found.push(words.confirm_both);
    return found;
  };
  const device = (one) => (one.device_kind ? { device_kind: one.device_kind, make: one.make || "", model: one.model || "", serial: one.serial || "" } : null);
  const manifest = () => {
    const kept = state.items.filter((one) => one.title);
    const keys = new Set(kept.map((one) => one.key));
    return {
      key: state.key, captured_at: state.captured_at, ...state.head, notes: state.notes,
      checklist: [...scene.querySelectorAll("[name=check]")].map((box) => ({ key: box.value, done: state.checks[box.value] || "" })),
      confirmed: [{ name: prepared.user.name, at: state.confirms.first }, { name: find("[data-second]").textContent, at: state.confirms.second }],
      items: kept.map((one) => ({ key: one.key, kind: one.kind, title: one.title, found_at: one.found_at, features: one.features || "", found_where: one.found_where || "", hidden_how: one.hidden_how || "", device: device(one) })),
      photos: state.photos.filter((photo) => keys.has(photo.item)),
    };
  };
  scene.addEventListener("submit", async (event) => {
    event.preventDefault();
    await saving; // what was typed last is kept first: its word must not cover what is said here
    const missing = lacking();
    if (missing.length) return say(words.missing, missing.join("、"));
    if (!state.sent) state.sent = manifest();
    await vault.keep("state", state);
    say(words.syncing);
    try {
      await sync();
    } catch (error) {
      say(navigator.onLine ? words.refused : words.offline, error.message);
    }
  });
  const sync = async () => {
    const opened = await fetch(addresses.prepared, { headers: { Accept: "application/json" }, redirect: "manual" });
    if (!opened.ok) return say(words.sign_in);
    const token = (await opened.json()).token;
    const send = async (url, options) => {
      const answer = await fetch(url, { ...options, headers: { ...options.headers, "X-CSRFToken": token, Accept: "application/json" } });
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) {
        // Refused as a whole: it can be mended and sent as it then stands.
        if (url === addresses.captures && answer.status < 500) {
          delete state.sent;
          await vault.keep("state", state);
        }
        throw new Error(told.message || String(answer.status));
      }
      return told;
    };
    const taken = await send(addresses.captures, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(state.sent) });
    for (const photo of taken.photos.filter((one) => !one.received)) {
      await send(`${addresses.captures}${taken.key}/photos/${photo.key}/`, { method: "PUT", headers: { "Content-Type": "application/octet-stream" }, body: await vault.readBytes(`photo-${photo.key}`) });
    }
    for (const photo of state.photos) await vault.drop(`photo-${photo.key}`);
    await vault.drop("state");
    state = fresh();
    scene.reset();
    draw();
    await saving;
    say(words.synced, taken.number);
    window.scrollTo(0, 0);
  };
  find("[data-drop]").addEventListener("click", async () => {
    if (!window.confirm(words.drop)) return;
    for (const photo of state.photos) await vault.drop(`photo-${photo.key}`);
    await vault.drop("state");
    state = fresh();
    scene.reset();
    draw();
  });
})();
