/**
 * What a map looks like where no map server is configured: coasts, borders, departments and the
 * names of towns, of files that come with the app and of the server's own gazetteer.
 */
import type { StyleSpecification } from "maplibre-gl";

interface Paint {
  sea: string;
  land: string;
  border: string;
  faint: string;
  ink: string;
  halo: string;
}

const LIGHT: Paint = {
  sea: "#cfe3e6",
  land: "#f6f1e6",
  border: "#b9ad97",
  faint: "#ddd3c0",
  ink: "#3a4643",
  halo: "#fffdf8",
};

const DARK: Paint = {
  sea: "#10212a",
  land: "#20282b",
  border: "#4b585b",
  faint: "#333e41",
  ink: "#c9d2ce",
  halo: "#171d20",
};

/** The source the names of towns are put into. */
export const TOWNS = "towns";

export const CREDIT = "Natural Earth · GeoNames";

export function ownStyle(dark: boolean): StyleSpecification {
  const paint = dark ? DARK : LIGHT;
  const file = (name: string, attribution?: string) =>
    ({
      type: "geojson",
      data: new URL(`/map/${name}.json`, location.origin).href,
      ...(attribution ? { attribution } : {}),
    }) as const;
  return {
    version: 8,
    sources: {
      land: file("land", CREDIT),
      borders: file("borders"),
      departments: file("departments"),
      [TOWNS]: { type: "geojson", data: { type: "FeatureCollection", features: [] } },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": paint.sea } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": paint.land } },
      {
        id: "departments",
        type: "line",
        source: "departments",
        minzoom: 5,
        paint: { "line-color": paint.faint, "line-width": 1 },
      },
      {
        id: "borders",
        type: "line",
        source: "borders",
        paint: { "line-color": paint.border, "line-width": 1.5 },
      },
      {
        id: "town-dots",
        type: "circle",
        source: TOWNS,
        paint: {
          "circle-radius": ["interpolate", ["linear"], ["get", "population"], 500, 2, 500000, 5],
          "circle-color": paint.ink,
          "circle-opacity": 0.6,
        },
      },
      {
        id: "town-names",
        type: "symbol",
        source: TOWNS,
        layout: {
          "text-field": ["get", "name"],
          "text-size": ["interpolate", ["linear"], ["get", "population"], 500, 12, 500000, 17],
          "text-anchor": "top",
          "text-offset": [0, 0.4],
          "symbol-sort-key": ["-", 0, ["get", "population"]],
        },
        paint: {
          "text-color": paint.ink,
          "text-halo-color": paint.halo,
          "text-halo-width": 1.5,
        },
      },
    ],
  };
}
