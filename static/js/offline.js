// Says so when the connection is gone, and keeps one page for that time.
const bar = document.getElementById("offline-bar");
const show = () => { bar.hidden = navigator.onLine; };
addEventListener("online", show);
addEventListener("offline", show);
show();

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js").catch(() => {}); // only over https or on this machine
}
