// The camera fills the field where the browser can read codes; typing and hand scanners work without it.
"use strict";
(() => {
  const form = document.querySelector("[data-scan]");
  if (!form) return;
  const button = form.querySelector("[data-camera]");
  const video = form.querySelector("video");
  const said = form.querySelector("[data-scan-said]");
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      const detector = new window.BarcodeDetector({ formats: ["qr_code", "code_128"] });
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      const look = async () => {
        const codes = await detector.detect(video).catch(() => []);
        if (codes.length) {
          stream.getTracks().forEach((track) => track.stop());
          form.elements.number.value = codes[0].rawValue;
          form.requestSubmit();
          return;
        }
        window.setTimeout(look, 150);
      };
      look();
    } catch (error) {
      said.textContent = button.dataset.refused || error.message;
    }
  });
})();
