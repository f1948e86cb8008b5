// Keeps the page of on-site capture for use without network. Nothing that was typed or fetched goes through here.
"use strict";
const KEPT = "capture-{{ version }}";
const PAGE = "{{ page|escapejs }}";
const PARTS = [PAGE{% for part in parts %}, "{{ part|escapejs }}"{% endfor %}];
self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(KEPT).then((cache) => cache.addAll(PARTS.map((part) => new Request(part, { cache: "reload", credentials: "same-origin" })))).then(() => self.skipWaiting()),
  );
});
self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith("capture-") && name !== KEPT).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin || !PARTS.includes(url.pathname)) return;
  event.respondWith(
    fetch(event.request)
      .then((answer) => {
        // A page that leads to the sign-in is no page of ours.
        if (answer.ok && !answer.redirected) caches.open(KEPT).then((cache) => cache.put(url.pathname, answer.clone()));
        return answer.ok || url.pathname !== PAGE ? answer : caches.match(PAGE).then((kept) => kept || answer);
      })
      .catch(() => caches.match(url.pathname)),
  );
});
