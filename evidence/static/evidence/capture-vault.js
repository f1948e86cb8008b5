// What is written down at the scene, encrypted on the device: PBKDF2 from the officer's words, AES-256-GCM, IndexedDB.
"use strict";
window.captureVault = (() => {
  const ROUNDS = 600000;
  const CHECK = "casework capture";
  const coded = new TextEncoder();
  let key = null;

  const base = () =>
    new Promise((done, failed) => {
      const opening = indexedDB.open("casework-capture", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
      opening.onsuccess = () => done(opening.result);
      opening.onerror = () => failed(opening.error);
    });
  const within = async (mode, act) => {
    const opened = await base();
    try {
      return await new Promise((done, failed) => {
        const work = opened.transaction("kept", mode, { durability: "strict" });
        const asked = act(work.objectStore("kept"));
        work.oncomplete = () => done(asked && asked.result);
        work.onerror = work.onabort = () => failed(work.error);
      });
    } finally {
      opened.close();
    }
  };
  const raw = { get: (name) => within("readonly", (kept) => kept.get(name)), put: (name, value) => within("readwrite", (kept) => kept.put(value, name)), drop: (name) => within("readwrite", (kept) => kept.delete(name)) };

  const seal = async (bytes) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
  };
  const unseal = async (kept) => (kept ? crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, key, kept.data) : null);

  return {
    possible: () => window.isSecureContext && !!window.crypto.subtle && !!window.indexedDB,
    known: async () => !!(await raw.get("salt")),
    // Opens with the words, or begins with them; false when they are wrong.
    async open(words) {
      let salt = await raw.get("salt");
      const fresh = !salt;
      if (fresh) salt = crypto.getRandomValues(new Uint8Array(16));
      const material = await crypto.subtle.importKey("raw", coded.encode(words), "PBKDF2", false, ["deriveKey"]);
      key = await crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS }, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
      if (fresh) {
        await raw.put("check", await seal(coded.encode(CHECK)));
        await raw.put("salt", salt);
        return true;
      }
      try {
        return new TextDecoder().decode(await unseal(await raw.get("check"))) === CHECK;
      } catch {
        key = null;
        return false;
      }
    },
    keep: async (name, value) => raw.put(name, await seal(coded.encode(JSON.stringify(value)))),
    async read(name) {
      const bytes = await unseal(await raw.get(name));
      return bytes ? JSON.parse(new TextDecoder().decode(bytes)) : null;
    },
    // Both or neither: a battery that dies in between leaves no photo without its place in the order, and no place
    // without its photo.
    async keepBoth(name, bytes, other, value) {
      const sealed = [await seal(bytes), await seal(coded.encode(JSON.stringify(value)))];
      return within("readwrite", (kept) => {
        kept.put(sealed[0], name);
        return kept.put(sealed[1], other);
      });
    },
    // Asks that the device does not throw this away when it runs short of room; tells whether it promised, and how
    // many bytes are left.
    async lasting() {
      if (!navigator.storage) return { kept: false, room: Infinity };
      const kept = navigator.storage.persist ? await navigator.storage.persist().catch(() => false) : false;
      const { quota = Infinity, usage = 0 } = navigator.storage.estimate ? await navigator.storage.estimate().catch(() => ({})) : {};
      return { kept, room: quota - usage };
    },
    readBytes: async (name) => unseal(await raw.get(name)),
    drop: raw.drop,
    digest: async (bytes) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((one) => one.toString(16).padStart(2, "0")).join(""),
  };
})();
