/**
 * Writes every text of dist once more in brotli and in gzip, as small as they get: the server
 * sends whichever a browser reads (jobbing_api/api/client.py), and compresses nothing itself.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
/** A variant has to be worth the look for it. */
const WORTH = 0.95;

for (const file of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!file.isFile() || !/\.(html|js|css|json|svg|webmanifest)$/.test(file.name)) continue;
  const path = join(file.parentPath, file.name);
  const text = readFileSync(path);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  for (const [ending, small] of [
    ["br", brotliCompressSync(text, quality)],
    ["gz", gzipSync(text, { level: 9 })],
  ]) {
    if (small.length < text.length * WORTH) writeFileSync(`${path}.${ending}`, small);
  }
}
