// A live viewfinder for computers. Phones open their own camera app through the file input, which is better.
import { openScan } from "./scan.js";

const WANTED = { video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1440 } }, audio: false };

export function canUseCamera() {
  return Boolean(navigator.mediaDevices?.getUserMedia) && matchMedia("(hover: hover) and (pointer: fine)").matches;
}

// The photo as a JPEG blob, or null when the shopper closed the view. Rejects where there is no camera, or it is refused.
export async function takePhoto() {
  const stream = await navigator.mediaDevices.getUserMedia(WANTED);
  const video = document.getElementById("scan-video");
  const shoot = document.getElementById("scan-shoot");
  return new Promise((done) => {
    const finish = (photo) => {
      stream.getTracks().forEach((track) => track.stop());
      video.srcObject = null;
      video.hidden = true;
      shoot.hidden = true;
      done(photo);
    };
    openScan({ title: "Point at what you like", busy: false, closed: () => finish(null) });
    video.srcObject = stream;
    video.hidden = false;
    shoot.hidden = false;
    shoot.onclick = () => capture(video).then(finish); // the view stays open: sending goes on in it
    video.play().then(() => shoot.focus());
  });
}

async function capture(video) {
  const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}
