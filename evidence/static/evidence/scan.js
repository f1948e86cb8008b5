// The camera fills the field where the browser can read codes, live or from a photo; typing and hand scanners work without it.
"use strict";
(() => {
  const form = document.querySelector("[data-scan]");
  if (!form) return;
  // What was typed stays to be compared; the next scan of a hand scanner takes its place.
  if (form.elements.number.value) form.elements.number.select();
  if (!("BarcodeDetector" in window)) return;
  const button = form.querySelector("[data-camera]");
  const photo = form.querySelector("[data-photo]");
  const video = form.querySelector("video");
  const said = form.querySelector("[data-scan-said]");
  const detector = new window.BarcodeDetector({ formats: ["qr_code", "code_128"] });
  const found = (text) => {
    form.elements.number.value = text;
    // Counting goes on with what is read off the seal; finding needs nothing more.
    if (form.elements.seal) form.elements.seal.focus();
    else form.requestSubmit();
  };
  if (photo) {
    photo.hidden = false;
    photo.querySelector("input").addEventListener("change", async (event) => {
      const [file] = event.target.files;
      event.target.value = "";
      if (!file) return;
      const codes = await detector.detect(await createImageBitmap(file)).catch(() => []);
      if (codes.length) found(codes[0].rawValue);
      else said.textContent = photo.dataset.none || "";
    });
  }
  if (!button || !navigator.mediaDevices) return;
  button.hidden = false;
  // Counting goes on piece by piece: whoever used the camera for the last one has it open for the next.
  const again = form.elements.seal ? `camera ${window.location.pathname}` : "";
  const open = async () => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      const look = async () => {
        const codes = await detector.detect(video).catch(() => []);
        if (codes.length) {
          stream.getTracks().forEach((track) => track.stop());
          video.hidden = true;
          found(codes[0].rawValue);
          return;
        }
        window.setTimeout(look, 150);
      };
      look();
      if (again) sessionStorage.setItem(again, "1");
    } catch (error) {
      if (again) sessionStorage.removeItem(again);
      said.textContent = button.dataset.refused || error.message;
    }
  };
  button.addEventListener("click", open);
  if (again && sessionStorage.getItem(again)) open();
})();
