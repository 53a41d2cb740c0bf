/** MapLibre, behind the door of index.tsx: whatever is drawn is told it by the properties. */
import "maplibre-gl/dist/maplibre-gl.css";

import circle from "@turf/circle";
import type { Feature, FeatureCollection, Geometry } from "geojson";
import {
  AttributionControl,
  type GeoJSONSource,
  LngLat,
  LngLatBounds,
  Map as MapLibre,
  Marker,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { type RefObject, useEffect, useRef, useState } from "react";

import { server } from "~/api/client";
import { useSay } from "~/words";

import css from "./map.module.css";
import { CREDIT, ownStyle, TOWNS } from "./style";
import type { LonLat, MapProps, Pin } from "./types";

// Vite leaves the worker of MapLibre out unless it is asked for.
setWorkerUrl(worker);

const AREAS = "areas";
/** How far an arrow key moves a pin, as a share of what is seen. */
const STEP = 0.02;

const NEEDLE =
  '<svg width="30" height="40" viewBox="0 0 30 40" aria-hidden="true"><path fill="currentColor" stroke="#fff" stroke-width="2" d="M15 1C7 1 1 7 1 15c0 10 14 24 14 24s14-14 14-24C29 7 23 1 15 1z"/><circle cx="15" cy="15" r="5" fill="#fff"/></svg>';
const DOT =
  '<svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true"><circle cx="11" cy="11" r="9" fill="currentColor" stroke="#fff" stroke-width="3"/></svg>';

export default function Canvas(props: MapProps) {
  const say = useSay();
  const place = useRef<HTMLDivElement>(null);
  const map = useMap(place, props);
  usePins(map, props.pins ?? NO_PINS);
  usePlacing(map, props.placing, say("map-your-pin"));
  useAreas(map, props);
  useHandle(map, props.circle, say("map-handle"));
  useCorners(map, props.drawing, say("map-corner"));
  useFit(map, props);
  return <div ref={place} className={css.canvas} role="region" aria-label={props.label} />;
}

const NO_PINS: readonly Pin[] = [];

function useMap(place: RefObject<HTMLDivElement | null>, props: MapProps): MapLibre | undefined {
  const [ready, setReady] = useState<MapLibre | undefined>(undefined);
  const first = useRef(props);
  useEffect(() => {
    const container = place.current;
    if (!container) return;
    let gone = false;
    let map: MapLibre | undefined;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    void settings().then(({ styleUrl, attribution }) => {
      if (gone) return;
      const { centre, zoom = 11, still = false } = first.current;
      const own = styleUrl === null;
      const made = new MapLibre({
        container,
        style: styleUrl ?? ownStyle(dark.matches),
        center: centre,
        zoom,
        interactive: !still,
        attributionControl: false,
        dragRotate: false,
        pitchWithRotate: false,
        fadeDuration: 0,
      });
      map = made;
      made.touchZoomRotate.disableRotation();
      made.addControl(
        new AttributionControl({
          compact: true,
          customAttribution: attribution ?? (own ? CREDIT : ""),
        }),
      );
      if (!still) {
        made.addControl(new NavigationControl({ showCompass: false }), "top-right");
        made.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
      }
      made.once("load", () => {
        if (own) {
          const look = () => void nameTowns(made);
          look();
          made.on("moveend", look);
        }
        setReady(made);
      });
    });
    return () => {
      gone = true;
      setReady(undefined);
      map?.remove();
    };
  }, [place]);
  return ready;
}

let asked: Promise<{ styleUrl: string | null; attribution: string | null }> | undefined;

/** Whether another map is configured; without an answer, our own. */
function settings() {
  asked ??= server.GET("/api/v1/client-settings").then(
    ({ data }) => ({
      styleUrl: data?.map_style_url ?? null,
      attribution: data?.map_attribution ?? null,
    }),
    () => {
      asked = undefined;
      return { styleUrl: null, attribution: null };
    },
  );
  return asked;
}

/** Names of the towns in sight, the large ones first. */
async function nameTowns(map: MapLibre): Promise<void> {
  const seen = map.getBounds();
  const box = [
    Math.max(-180, seen.getWest()),
    Math.max(-90, seen.getSouth()),
    Math.min(180, seen.getEast()),
    Math.min(90, seen.getNorth()),
  ];
  try {
    const { data } = await server.GET("/api/v1/places/within", {
      params: { query: { box: box.map((each) => each.toFixed(3)).join(","), limit: 60 } },
    });
    const towns: FeatureCollection = {
      type: "FeatureCollection",
      features: (data?.items ?? []).map((town) => ({
        type: "Feature",
        properties: { name: town.name, population: town.population },
        geometry: town.point,
      })),
    };
    await map.getSource<GeoJSONSource>(TOWNS)?.setData(towns);
  } catch (error) {
    // A map without names is still a map.
    console.warn("no names of towns", error);
  }
}

function button(look: string, label: string, inside: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = (look === "handle" ? css.handle : css.pin) ?? "";
  element.dataset["look"] = look;
  element.setAttribute("aria-label", label);
  element.title = label;
  element.innerHTML = inside;
  return element;
}

function usePins(map: MapLibre | undefined, pins: readonly Pin[]): void {
  useEffect(() => {
    if (!map) return;
    const markers = pins.map((pin) => {
      const look = pin.look ?? "job";
      const element = button(look, pin.label, look === "here" ? DOT : NEEDLE);
      if (pin.onPress) element.addEventListener("click", pin.onPress);
      return new Marker({ element, anchor: look === "here" ? "center" : "bottom" })
        .setLngLat(pin.at)
        .addTo(map);
    });
    return () => {
      for (const marker of markers) marker.remove();
    };
  }, [map, pins]);
}

/** Move a marker by dragging, or by the arrow keys, and say where it went. */
function movable(map: MapLibre, marker: Marker, moved: (at: LonLat) => void): void {
  marker.setDraggable(true);
  const tell = () => {
    const { lng, lat } = marker.getLngLat();
    moved([lng, lat]);
  };
  marker.on("dragend", tell);
  marker.getElement().addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
      event.key
    ];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const bounds = map.getBounds();
    const { lng, lat } = marker.getLngLat();
    marker.setLngLat([
      lng + (way[0] ?? 0) * STEP * (bounds.getEast() - bounds.getWest()),
      lat + (way[1] ?? 0) * STEP * (bounds.getNorth() - bounds.getSouth()),
    ]);
    tell();
  });
}

function usePlacing(map: MapLibre | undefined, placing: MapProps["placing"], label: string): void {
  const place = useRef(placing?.onPlace);
  const marker = useRef<Marker | undefined>(undefined);
  const wanted = placing !== undefined;
  useEffect(() => {
    place.current = placing?.onPlace;
  });
  useEffect(() => {
    if (!map || !wanted) return;
    const press = (event: { lngLat: LngLat }) =>
      place.current?.([event.lngLat.lng, event.lngLat.lat]);
    map.on("click", press);
    return () => {
      map.off("click", press);
      marker.current?.remove();
      marker.current = undefined;
    };
  }, [map, wanted]);
  const lon = placing?.at?.[0];
  const lat = placing?.at?.[1];
  useEffect(() => {
    if (!map || lon === undefined || lat === undefined) return;
    if (!marker.current) {
      marker.current = new Marker({ element: button("job", label, NEEDLE), anchor: "bottom" })
        .setLngLat([lon, lat])
        .addTo(map);
      movable(map, marker.current, (moved) => place.current?.(moved));
    }
    marker.current.setLngLat([lon, lat]);
    if (!map.getBounds().contains([lon, lat])) map.easeTo({ center: [lon, lat] });
  }, [map, lon, lat, label]);
}

function shapes({ areas, circle: round, drawing }: MapProps): Feature[] {
  const all: Feature[] = (areas ?? []).map((geometry) => ({
    type: "Feature",
    properties: {},
    geometry,
  }));
  if (round) all.push(circle(round.centre, round.radiusM, { units: "meters", steps: 96 }));
  if (drawing && drawing.corners.length > 1) {
    const ring = drawing.corners.map((each) => [...each]);
    all.push({
      type: "Feature",
      properties: {},
      geometry:
        ring.length > 2
          ? { type: "Polygon", coordinates: [[...ring, ring[0] ?? []]] }
          : { type: "LineString", coordinates: ring },
    });
  }
  return all;
}

function useAreas(map: MapLibre | undefined, props: MapProps): void {
  const text = JSON.stringify(shapes(props));
  useEffect(() => {
    if (!map) return;
    const data: FeatureCollection = {
      type: "FeatureCollection",
      features: JSON.parse(text) as Feature[],
    };
    const source = map.getSource<GeoJSONSource>(AREAS);
    if (source) {
      void source.setData(data);
      return;
    }
    map.addSource(AREAS, { type: "geojson", data });
    map.addLayer({
      id: "areas",
      type: "fill",
      source: AREAS,
      paint: { "fill-color": "#17654a", "fill-opacity": 0.16 },
    });
    map.addLayer({
      id: "area-edges",
      type: "line",
      source: AREAS,
      paint: { "line-color": "#1f8a64", "line-width": 2.5 },
    });
  }, [map, text]);
}

function useHandle(map: MapLibre | undefined, round: MapProps["circle"], label: string): void {
  const tell = useRef(round?.onRadius);
  useEffect(() => {
    tell.current = round?.onRadius;
  });
  const marker = useRef<Marker | undefined>(undefined);
  const wanted = round?.onRadius !== undefined;
  const [lon, lat, radiusM] = round ? [...round.centre, round.radiusM] : [];
  const centre = useRef<LonLat | undefined>(undefined);
  useEffect(() => {
    if (!map || !wanted || lon === undefined || lat === undefined || radiusM === undefined) return;
    centre.current = [lon, lat];
    const east = circle([lon, lat], radiusM, { units: "meters", steps: 4 }).geometry.coordinates[0];
    const edge = (east ?? []).reduce((a, b) => ((b[0] ?? 0) > (a[0] ?? 0) ? b : a), [-180, 0]);
    const at: LonLat = [edge[0] ?? lon, edge[1] ?? lat];
    if (!marker.current) {
      const made = new Marker({ element: button("handle", label, "") }).setLngLat(at).addTo(map);
      const moved = (to: LonLat) => {
        if (!centre.current) return;
        tell.current?.(new LngLat(...centre.current).distanceTo(new LngLat(...to)));
      };
      movable(map, made, moved);
      made.on("drag", () => {
        const { lng, lat: north } = made.getLngLat();
        moved([lng, north]);
      });
      marker.current = made;
    }
    marker.current.setLngLat(at);
  }, [map, wanted, lon, lat, radiusM, label]);
  useEffect(
    () => () => {
      marker.current?.remove();
      marker.current = undefined;
    },
    [map, wanted],
  );
}

function useCorners(map: MapLibre | undefined, drawing: MapProps["drawing"], label: string): void {
  const now = useRef(drawing);
  useEffect(() => {
    now.current = drawing;
  });
  const wanted = drawing !== undefined;
  useEffect(() => {
    if (!map || !wanted) return;
    const press = (event: { lngLat: LngLat }) =>
      now.current?.onCorners([...now.current.corners, [event.lngLat.lng, event.lngLat.lat]]);
    map.on("click", press);
    return () => {
      map.off("click", press);
    };
  }, [map, wanted]);
  const text = JSON.stringify(drawing?.corners ?? []);
  useEffect(() => {
    if (!map) return;
    const markers = (JSON.parse(text) as LonLat[]).map((corner, at) => {
      const marker = new Marker({ element: button("handle", `${label} ${at + 1}`, "") })
        .setLngLat(corner)
        .addTo(map);
      movable(map, marker, (moved) => {
        const corners = [...(now.current?.corners ?? [])];
        corners[at] = moved;
        now.current?.onCorners(corners);
      });
      return marker;
    });
    return () => {
      for (const marker of markers) marker.remove();
    };
  }, [map, text, label]);
}

function corners(geometry: Geometry): LonLat[] {
  if (geometry.type === "GeometryCollection") return geometry.geometries.flatMap(corners);
  const flat = (part: unknown): LonLat[] =>
    Array.isArray(part) && typeof part[0] === "number"
      ? [part as LonLat]
      : (part as unknown[]).flatMap(flat);
  return flat(geometry.coordinates);
}

function useFit(map: MapLibre | undefined, props: MapProps): void {
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const { fit } = props;
  useEffect(() => {
    if (!map || fit === undefined) return;
    const points = [
      ...(latest.current.pins ?? []).map((pin) => pin.at),
      ...shapes(latest.current).flatMap((each) => corners(each.geometry)),
    ];
    const [one, ...others] = points;
    if (!one) return;
    const bounds = others.reduce((all, at) => all.extend(at), new LngLatBounds(one, one));
    map.fitBounds(bounds, { padding: 48, maxZoom: 13, duration: 0 });
  }, [map, fit]);
}
