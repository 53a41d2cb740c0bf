import type { Geometry } from "geojson";

/** Degrees, longitude first, WGS 84. */
export type LonLat = [longitude: number, latitude: number];

export interface Pin {
  id: string;
  at: LonLat;
  /** Read aloud, and shown when it is pressed. */
  label: string;
  look?: "job" | "here" | "provider";
  onPress?: () => void;
}

export interface MapProps {
  label: string;
  centre: LonLat;
  zoom?: number;
  pins?: readonly Pin[];
  /** Areas drawn over the map, such as somebody's reach. */
  areas?: readonly Geometry[];
  /** One pin that is put where the map is pressed, or dragged; the keyboard moves it by arrows. */
  placing?: { at: LonLat | undefined; onPlace: (at: LonLat) => void };
  /** A circle whose edge is dragged. */
  circle?: { centre: LonLat; radiusM: number; onRadius?: (radiusM: number) => void };
  /** A line around an area, made by pressing corners. */
  drawing?: { corners: readonly LonLat[]; onCorners: (corners: LonLat[]) => void };
  /** Show all pins and areas, again whenever this changes. */
  fit?: string | number;
  /** Cannot be moved: a picture of a place. */
  still?: boolean;
}
