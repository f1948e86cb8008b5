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
  let scenes = []; // every scene that was not sent yet; the last one is on the screen
  let state = null;
  let saving = Promise.resolve();
  let typing = 0;
  const LITTLE_ROOM = 500 * 1024 * 1024;

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
  const keep = () => {
    window.clearTimeout(typing);
    saving = saving.then(() => vault.keep("scenes", scenes)).then(count);
    return saving;
  };
  // How much waits stands in the head of the page, wherever one has scrolled to. The number alone lies open on the
  // device, for the pages on which one signs out.
  const count = () => {
    const waiting = scenes.filter(touched);
    const photos = waiting.reduce((sum, one) => sum + one.photos.length, 0);
    find("[data-unsent]").textContent = waiting.length ? [waiting.length, photos].reduce((text, value) => text.replace("%s", value), words.unsent) : words.none_unsent;
    try {
      if (waiting.length) localStorage.setItem("cw-unsent", String(waiting.length));
      else localStorage.removeItem("cw-unsent");
    } catch {
      // A device that keeps nothing open asks nothing at signing out.
    }
  };
  const save = () => keep().then(() => say(words.saved));
  const soon = () => {
    window.clearTimeout(typing);
    typing = window.setTimeout(save, 400);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && state) keep();
  });
  const fresh = (head = {}) => ({ key: crypto.randomUUID(), by: prepared.user, captured_at: new Date().toISOString(), head, checks: {}, confirms: {}, items: [], photos: [], notes: "" });
  const used = (one) => Object.keys(one).some((name) => !["key", "found_at", "kind"].includes(name) && one[name]);
  const touched = (one) => !!(one.head.place || one.notes || one.photos.length || one.items.some(used));

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
    scenes = (await vault.read("scenes")) || [(await vault.read("state")) || fresh()];
    // Who wrote it down sends it: under another's name it would be another's word.
    const others = scenes.find((one) => touched(one) && one.by && one.by.id !== prepared.user.id);
    if (others) return say(words.not_yours, others.by.name);
    for (const one of scenes) one.by = prepared.user;
    find("[data-unlock]").hidden = true;
    scene.hidden = false;
    draw();
    count();
    const { kept, room } = await vault.lasting();
    find("[data-room]").hidden = kept && room > LITTLE_ROOM;
    find("[data-room]").textContent = room > LITTLE_ROOM ? words.not_lasting : words.little_room;
  });

  const draw = () => {
    state = scenes[scenes.length - 1];
    scene.reset();
    option(scene.elements.compartment, prepared.circles.map((one) => [one.id, one.name]), state.head.compartment);
    state.head.compartment = scene.elements.compartment.value;
    people();
    for (const name of ["measure", "place", "holder_name", "witness_name", "witness_note", "recording_ref", "basis"]) {
      if (state.head[name]) scene.elements[name].value = state.head[name];
      else state.head[name] = scene.elements[name].value;
    }
    others();
    scene.elements.notes.value = state.notes;
    for (const box of scene.querySelectorAll("[name=check]")) box.checked = !!state.checks[box.value];
    for (const box of scene.querySelectorAll("[name=confirm]")) box.checked = !!state.confirms[box.value];
    find("[data-first]").textContent = prepared.user.name;
    list.replaceChildren();
    if (!state.items.length) add();
    else state.items.forEach(show);
    find("[data-posted]").hidden = !state.posted;
    // What the server may have already is not changed any more: only sent again, as it was.
    for (const part of scene.querySelectorAll("section, [data-add]")) part.inert = !!state.posted;
  };
  const others = () => {
    const rest = scenes.slice(0, -1);
    find("[data-waiting]").hidden = !rest.length;
    find("[data-scenes]").replaceChildren(...rest.map((one) => {
      const line = document.createElement("li");
      line.className = "row-f between";
      const said = document.createElement("span");
      said.textContent = [one.head.place || words.no_place, one.items.filter(used).length, one.photos.length].reduce((text, value) => text.replace("%s", value), words.scene);
      line.append(said, press(words.open, () => turn(one)));
      return line;
    }));
  };
  const press = (text, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = text;
    button.addEventListener("click", act);
    return button;
  };
  const turn = async (one) => {
    scenes = [...scenes.filter((other) => other !== one && touched(other)), one];
    draw();
    await save();
    window.scrollTo(0, 0);
  };
  find("[data-next]").addEventListener("click", () => {
    const { compartment, second, measure } = state.head;
    return turn(fresh({ compartment, second, measure }));
  });
  const people = () => {
    option(scene.elements.second, mates(state).map((one) => [one.id, one.name]), state.head.second);
    state.head.second = scene.elements.second.value;
    named();
  };
  const named = () => {
    const chosen = scene.elements.second.selectedOptions[0];
    find("[data-second]").textContent = chosen ? chosen.textContent : "";
  };
  // Whoever confirmed, confirmed what stood there: after a change he is asked again.
  const changed = () => {
    state.confirms = {};
    for (const box of scene.querySelectorAll("[name=confirm]")) box.checked = false;
  };
  const take = (field) => {
    if (field.name === "confirm") {
      state.confirms[field.value] = field.checked ? new Date().toISOString() : "";
      return;
    }
    const [where, name, value] =
      field.name === "check" ? [state.checks, field.value, field.checked ? new Date().toISOString() : ""]
      : field.name === "notes" ? [state, "notes", field.value]
      : [state.head, field.name, field.value];
    if (!field.name || (field.name !== "check" && where[name] === value)) return;
    where[name] = value;
    changed();
  };
  scene.addEventListener("input", (event) => {
    if (!event.target.matches("input[type=checkbox], select, input[type=file]")) {
      take(event.target);
      soon();
    }
  });
  scene.addEventListener("change", (event) => {
    take(event.target);
    if (event.target.name === "compartment") people();
    if (event.target.name === "second") named();
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
    find("[data-remove]", card).addEventListener("click", async () => {
      if (used(one) && !window.confirm(words.remove_item)) return;
      const gone = state.photos.filter((photo) => photo.item === one.key);
      state.items = state.items.filter((other) => other !== one);
      state.photos = state.photos.filter((photo) => photo.item !== one.key);
      changed();
      draw();
      await save();
      for (const photo of gone) await vault.drop(`photo-${photo.key}`);
    });
    option(find("[data-f=kind]", card), words.kinds, one.kind);
    option(find("[data-f=device_kind]", card), words.devices, one.device_kind || "");
    for (const field of card.querySelectorAll("[data-f]")) {
      if (one[field.dataset.f]) field.value = one[field.dataset.f];
      const typed = (event) => {
        event.stopPropagation();
        if ((one[field.dataset.f] || "") !== field.value) changed();
        one[field.dataset.f] = field.value;
        if (event.type === "input") soon();
        else save();
      };
      field.addEventListener("input", typed);
      field.addEventListener("change", typed);
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
        changed();
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
    await saving;
    state.photos.push(photo);
    changed();
    try {
      await vault.keepBoth(`photo-${photo.key}`, bytes, "scenes", scenes);
    } catch {
      state.photos = state.photos.filter((other) => other !== photo);
      return say(words.not_kept, order);
    }
    count();
    row(rows, photo);
    say(words.photo_kept, order);
  };
  // Drawn one after the other: a phone has no room for many photos at once.
  let drawing = Promise.resolve();
  const thumbnail = (canvas, photo) => {
    drawing = drawing.then(async () => {
      const bytes = await vault.readBytes(`photo-${photo.key}`);
      const picture = await createImageBitmap(new Blob([bytes]), { resizeHeight: 96, resizeQuality: "low" });
      canvas.width = Math.min(picture.width, 160);
      canvas.height = 96;
      canvas.getContext("2d").drawImage(picture, (canvas.width - picture.width) / 2, 0);
      picture.close();
    }).catch(() => canvas.remove()); // no picture that this device can draw; it is kept all the same
  };
  const row = (rows, photo) => {
    const line = document.createElement("li");
    const order = document.createElement("b");
    order.textContent = words.photo.replace("%s", photo.order);
    const digest = document.createElement("span");
    digest.className = "hash xs";
    digest.textContent = photo.sha256.replace(/(.{4})/g, "$1 ").trim();
    const small = document.createElement("canvas");
    small.setAttribute("role", "img");
    small.setAttribute("aria-label", order.textContent);
    thumbnail(small, photo);
    line.append(small, order, digest, press(words.remove, async () => {
      if (!window.confirm(words.remove_photo.replace("%s", photo.order))) return;
      state.photos = state.photos.filter((other) => other !== photo);
      changed();
      await save();
      await vault.drop(`photo-${photo.key}`);
      line.remove();
    }));
    rows.append(line);
  };

  const mates = (one) => {
    const circle = prepared.circles.find((other) => String(other.id) === String(one.head.compartment));
    return (circle && circle.people) || [];
  };
  const lacking = (one) => {
    const found = [];
    if (!one.head.place) found.push(words.need_place);
    if (!one.head.second) found.push(words.need_second);
    if (!one.items.some(kept(one))) found.push(words.need_item);
    one.items.forEach((item, place) => {
      if (kept(one)(item) && !item.title) found.push(words.need_title.replace("%s", place + 1));
    });
    if (!one.confirms.first || !one.confirms.second) found.push(words.confirm_both);
    return found;
  };
  // A card that nobody wrote or photographed anything on is no item.
  const kept = (one) => (item) => used(item) || one.photos.some((photo) => photo.item === item.key);
  const device = (one) => (one.device_kind ? { device_kind: one.device_kind, make: one.make || "", model: one.model || "", serial: one.serial || "" } : null);
  const manifest = (one) => {
    const second = mates(one).find((other) => String(other.id) === String(one.head.second));
    return {
      key: one.key, captured_at: one.captured_at, ...one.head, notes: one.notes,
      checklist: [...scene.querySelectorAll("[name=check]")].map((box) => ({ key: box.value, done: one.checks[box.value] || "" })),
      confirmed: [{ name: prepared.user.name, at: one.confirms.first }, { name: second ? second.name : "", at: one.confirms.second }],
      items: one.items.filter(kept(one)).map((item) => ({ key: item.key, kind: item.kind, title: item.title, found_at: item.found_at, features: item.features || "", found_where: item.found_where || "", hidden_how: item.hidden_how || "", device: device(item) })),
      photos: one.photos,
    };
  };
  scene.addEventListener("submit", async (event) => {
    event.preventDefault();
    await keep(); // what was typed last is kept first: its word must not cover what is said here
    const given = scenes.filter((one) => touched(one) || scenes.length === 1);
    const missing = given.filter((one) => !one.posted && lacking(one).length);
    if (missing.length) {
      const one = missing.includes(state) ? state : missing[0];
      if (one !== state) await turn(one);
      return say(words.missing, lacking(one).join("、"));
    }
    say(words.syncing);
    let now = null;
    const numbers = [];
    try {
      const opened = await fetch(addresses.prepared, { headers: { Accept: "application/json" }, redirect: "manual" });
      if (!opened.ok) return say(words.sign_in);
      const { token } = await opened.json();
      for (now of given) numbers.push(await deliver(now, token));
    } catch (error) {
      if (now) await turn(now);
      return say(navigator.onLine ? words.refused : words.offline, error.message);
    }
    say(words.synced, numbers.join("、"));
    window.scrollTo(0, 0);
  });
  const deliver = async (one, token) => {
    const send = async (url, options) => {
      const answer = await fetch(url, { ...options, headers: { ...options.headers, "X-CSRFToken": token, Accept: "application/json" } });
      const told = await answer.json().catch(() => ({}));
      if (!answer.ok) {
        // Refused as a whole: it can be mended and sent as it then stands.
        if (url === addresses.captures && answer.status < 500) {
          one.sent = null;
          one.posted = false;
          await keep();
        }
        throw new Error(told.message || String(answer.status));
      }
      return told;
    };
    if (!one.sent) one.sent = manifest(one);
    one.posted = true;
    await keep();
    const taken = await send(addresses.captures, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(one.sent) });
    for (const photo of taken.photos.filter((other) => !other.received)) {
      await send(`${addresses.captures}${taken.key}/photos/${photo.key}/`, { method: "PUT", headers: { "Content-Type": "application/octet-stream" }, body: await vault.readBytes(`photo-${photo.key}`) });
    }
    await forget(one);
    return taken.number;
  };
  const forget = async (one) => {
    scenes = scenes.filter((other) => other !== one);
    if (!scenes.length) scenes = [fresh()];
    draw();
    await keep();
    for (const photo of one.photos) await vault.drop(`photo-${photo.key}`);
    await vault.drop("state"); // as devices kept a single scene before
  };
  find("[data-drop]").addEventListener("click", async () => {
    if (window.confirm(words.drop)) await forget(state);
  });
})();
