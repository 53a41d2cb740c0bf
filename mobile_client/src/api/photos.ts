/**
 * Photos on their way to the server.
 *
 * Hides: that a phone's camera makes files larger than anybody needs. What leaves is a JPEG of
 * 2048 pixels at most, without the place it was taken at: drawing a picture anew leaves that behind.
 */
import { authorised, SERVER } from "./client";
import { Refused } from "./problem";
import type { PhotoAnswer, Problem } from "./schema";

const LONGEST_SIDE = 2048;
const QUALITY = 0.85;

/** The picture as it will be sent; a file that is no picture stays what it is, for the server to judge. */
export async function shrink(file: Blob): Promise<Blob> {
  if (file.type === "application/pdf") return file;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file;
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(
    Math.round(bitmap.width * scale),
    Math.round(bitmap.height * scale),
  );
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}

/** Store a photo; under one key it is stored once. */
export async function bringPhoto(photo: Blob, key: string): Promise<PhotoAnswer> {
  const response = await authorised(
    new Request(`${SERVER || location.origin}/api/v1/photos`, {
      method: "POST",
      headers: { "Content-Type": photo.type || "image/jpeg", "Idempotency-Key": key },
      body: photo,
    }),
  );
  if (!response.ok) throw new Refused((await response.json()) as Problem);
  return (await response.json()) as PhotoAnswer;
}
