// A photo made small enough to send quickly, upright and without its metadata.
export const MAX_SIDE_PX = 1280;
const QUALITY = 0.85;

// Gives back the file itself where the browser cannot decode it (HEIC in most): the server can.
export async function shrink(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file;
  }
  const scale = Math.min(1, MAX_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const paint = canvas.getContext("2d");
  paint.fillStyle = "#fff"; // what is transparent becomes white, as on the server
  paint.fillRect(0, 0, width, height);
  paint.imageSmoothingQuality = "high";
  paint.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return blob ?? file;
}
