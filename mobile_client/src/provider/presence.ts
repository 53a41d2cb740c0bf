/**
 * On duty, and where: sent every half minute, or after a hundred metres.
 *
 * One watch for the whole app, whichever screen is shown: leaving the list of offers is not
 * leaving work. A phone that slept sends anew when it wakes. A refused position is no refusal of
 * work: the base stands in for it, and that is said.
 */
import { useSyncExternalStore } from "react";

import { server } from "~/api/client";
import type { Point } from "~/api/schema";
import * as session from "~/api/session";

export type Locating = "off" | "finding" | "known" | "denied" | "unknown";

export interface Presence {
  on: boolean;
  locating: Locating;
  /** The last change was not heard by the server. */
  error: unknown;
  busy: boolean;
}

const EVERY_MS = 30_000;
const FAR_M = 100;
const KEY = "jobbing.duty";
const EARTH_M = 6_371_000;

let now: Presence = { on: false, locating: "off", error: undefined, busy: false };
let watch: number | undefined;
let ticking: ReturnType<typeof setInterval> | undefined;
let here: [number, number] | undefined;
let sentAt: [number, number] | undefined;
const listeners = new Set<() => void>();

function change(to: Partial<Presence>): void {
  now = { ...now, ...to };
  for (const tell of listeners) tell();
}

/** Metres between two points, longitude first. */
export function metres(a: readonly [number, number], b: readonly [number, number]): number {
  const rad = Math.PI / 180;
  const x = (b[0] - a[0]) * rad * Math.cos(((a[1] + b[1]) / 2) * rad);
  const y = (b[1] - a[1]) * rad;
  return Math.hypot(x, y) * EARTH_M;
}

function point(): Point | null {
  return here ? { type: "Point", coordinates: here } : null;
}

async function tell(online: boolean): Promise<void> {
  const position = online ? point() : null;
  await server.PUT("/api/v1/providers/me/presence", { body: { online, position } });
  sentAt = position ? here : undefined;
}

/** Sent again by the clock: a lost one is not worth a word, the next comes. */
function tick(): void {
  if (!now.on || !navigator.onLine) return;
  tell(true).then(
    () => now.error !== undefined && change({ error: undefined }),
    (error: unknown) => change({ error }),
  );
}

function moved(position: GeolocationPosition): void {
  here = [position.coords.longitude, position.coords.latitude];
  if (now.locating !== "known") change({ locating: "known" });
  if (!sentAt || metres(sentAt, here) >= FAR_M) tick();
}

function unfound(error: GeolocationPositionError): void {
  change({ locating: error.code === error.PERMISSION_DENIED ? "denied" : "unknown" });
}

function woke(): void {
  if (document.visibilityState !== "visible" || !now.on) return;
  // A phone that slept may have stopped watching without a word.
  unwatch();
  look();
  tick();
}

function look(): void {
  if (!("geolocation" in navigator)) {
    change({ locating: "unknown" });
    return;
  }
  watch = navigator.geolocation.watchPosition(moved, unfound, {
    enableHighAccuracy: false,
    maximumAge: 15_000,
    timeout: 20_000,
  });
}

function unwatch(): void {
  if (watch !== undefined) navigator.geolocation.clearWatch(watch);
  watch = undefined;
}

function begin(): void {
  change({ on: true, locating: now.locating === "known" ? "known" : "finding" });
  look();
  ticking ??= setInterval(tick, EVERY_MS);
  document.addEventListener("visibilitychange", woke);
  window.addEventListener("online", woke);
}

function end(): void {
  unwatch();
  clearInterval(ticking);
  ticking = undefined;
  here = sentAt = undefined;
  document.removeEventListener("visibilitychange", woke);
  window.removeEventListener("online", woke);
  change({ on: false, locating: "off", error: undefined });
}

/** On duty or off; what the server did not hear is not shown as done. */
export async function setOnDuty(online: boolean): Promise<void> {
  change({ busy: true, error: undefined });
  try {
    await tell(online);
    if (online) {
      localStorage.setItem(KEY, session.account()?.id ?? "");
      begin();
    } else {
      localStorage.removeItem(KEY);
      end();
    }
  } catch (error) {
    change({ error });
  } finally {
    change({ busy: false });
  }
}

/** The app was closed while on duty: it goes on where it was, for the same sign-in only. */
function resume(): void {
  const kept = localStorage.getItem(KEY);
  if (kept === null || now.on) return;
  if (kept !== (session.account()?.id ?? "")) {
    localStorage.removeItem(KEY);
    return;
  }
  begin();
  tick();
}

session.subscribe(() => {
  if (now.on && session.account()?.id !== localStorage.getItem(KEY)) {
    localStorage.removeItem(KEY);
    end();
  }
});
resume();

export function usePresence(): Presence {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => now,
  );
}
