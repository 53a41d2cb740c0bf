/**
 * A map, fetched when one is needed.
 *
 * Hides: MapLibre, which is larger than the rest of the app, behind a grey field of the same size.
 * Points are GeoJSON's: longitude first.
 */
import { lazy, Suspense } from "react";

import { useSay } from "~/words";

import css from "./map.module.css";
import type { MapProps } from "./types";

export type { LonLat, MapProps, Pin } from "./types";

const Canvas = lazy(() => import("./canvas"));

export function Map({ height = "18rem", ...rest }: MapProps & { height?: string }) {
  const say = useSay();
  return (
    <div className={css.map} style={{ height }}>
      <Suspense
        fallback={
          <p className={css.waiting} role="status">
            {say("map-loading")}
          </p>
        }
      >
        <Canvas {...rest} />
      </Suspense>
    </div>
  );
}
