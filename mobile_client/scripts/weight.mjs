/**
 * How much JavaScript a first visit to each screen takes, gzipped, from what was built.
 *
 * `node scripts/weight.mjs [--json] [SCREEN...]`: a screen is a module such as app/welcome; without
 * one, all of them. Counted are the entry, the words of one language and the screen itself, with
 * everything they import; what is fetched later (Firebase, the map) is not. Fails when one is over
 * the limit.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/** What a phone on a poor line loads in about two seconds, in bytes. */
const LIMIT = 170_000;

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const routes = fileURLToPath(new URL("../src/app/routes.tsx", import.meta.url));
const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, "utf8"));

/** The names of `keys` in the manifest and of all that they import at once. */
function closure(keys, found = new Set()) {
  for (const key of keys) {
    if (found.has(key)) continue;
    found.add(key);
    closure(manifest[key].imports ?? [], found);
  }
  return found;
}

function weigh(files) {
  let sum = 0;
  for (const file of new Set(files))
    sum += gzipSync(readFileSync(dist + file), { level: 9 }).length;
  return sum;
}

const screens = [...readFileSync(routes, "utf8").matchAll(/import\("(?:~|\.)\/([^"]+)"\)/g)].map(
  ([written, name]) => (written.includes('"./') ? `app/${name}` : name),
);
const asked = process.argv.slice(2).filter((word) => word !== "--json");
const weights = [];
for (const screen of asked.length ? asked : screens) {
  const key = `src/${screen}.tsx`;
  if (!(key in manifest)) throw new Error(`${screen} is no screen of what was built`);
  const words = Math.max(
    ...["fr", "en"].map((language) => weigh([manifest[`src/words/${language}.ts`].file])),
  );
  const chunks = [...closure(["index.html", key])].map((each) => manifest[each]);
  weights.push({
    screen,
    javascript:
      weigh(chunks.map(({ file }) => file).filter((file) => file.endsWith(".js"))) + words,
    css: weigh(chunks.flatMap(({ css }) => css ?? [])),
    own: weigh([manifest[key].file]),
  });
}
weights.sort((one, other) => other.javascript - one.javascript);
const over = weights.filter(({ javascript }) => javascript > LIMIT);
if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ limit: LIMIT, screens: weights }));
} else if (asked.length || over.length) {
  for (const { screen, javascript, css, own } of asked.length ? weights : over)
    console.log(`${screen}: ${javascript} bytes of JavaScript (${own} its own), ${css} of CSS`);
} else {
  const [most] = weights;
  console.log(
    `A first visit takes ${most.javascript} bytes of JavaScript at most (${most.screen}).`,
  );
}
if (over.length) {
  console.error(`Over the limit of ${LIMIT} bytes.`);
  process.exit(1);
}
