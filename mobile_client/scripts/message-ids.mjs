/**
 * The names of all messages as a type, so that a name nobody wrote words for does not compile.
 *
 * `--check` also fails when a language lacks a message or a value another one has, a message is
 * written twice, or nothing in src/ uses it.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

import { parse, Visitor } from "@fluent/syntax";

const src = fileURLToPath(new URL("../src", import.meta.url));
const words = join(src, "words");
const ids = join(words, "ids.d.ts");
const complaints = [];

/** name -> the set of values it shows, sorted. */
function read(language) {
  const found = new Map();
  const folder = join(words, language);
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  const resource = parse(texts.join("\n"), {});
  for (const entry of resource.body) {
    if (entry.type === "Junk") complaints.push(`${language}: cannot read: ${entry.content.trim()}`);
    if (entry.type !== "Message") continue;
    if (found.has(entry.id.name)) complaints.push(`${language}: ${entry.id.name} is there twice`);
    const values = new Set();
    new (class extends Visitor {
      visitVariableReference(node) {
        values.add(node.id.name);
      }
    })().visit(entry);
    found.set(entry.id.name, [...values].sort().join(" "));
  }
  return found;
}

const fr = read("fr");
const en = read("en");
for (const [one, other, name] of [
  [fr, en, "en"],
  [en, fr, "fr"],
]) {
  for (const [id, values] of one) {
    if (!other.has(id)) complaints.push(`${name} lacks ${id}`);
    else if (other.get(id) !== values)
      complaints.push(`${id}: one language shows {${values}}, the other {${other.get(id)}}`);
  }
}

const names = [...fr.keys()].sort();
const text = `// Written by scripts/message-ids.mjs; npm run generate brings it up to date.
export type MessageId =
${names.map((name) => `  | "${name}"`).join("\n")};
`;

writeFileSync(ids, text);
if (process.argv.includes("--check")) {
  const code = readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && /\.tsx?$/.test(file.name) && !file.name.endsWith(".d.ts"))
    .map((file) => readFileSync(join(file.parentPath, file.name), "utf8"))
    .join("\n");
  for (const name of names) {
    // `state-${state}` uses every message that begins with "state-".
    const beginnings = name.split("-").map((_, at, parts) => parts.slice(0, at).join("-"));
    const used =
      code.includes(`"${name}"`) ||
      beginnings.some((part) => part && code.includes(`\`${part}-\${`));
    if (!used) complaints.push(`nothing uses ${name}`);
  }
}
for (const complaint of complaints) console.error(complaint);
if (process.argv.includes("--check") && complaints.length > 0) process.exit(1);
