/**
 * When a job may be done, from a chip: what "tomorrow" is in the town of the job, and when today
 * is too far gone to promise it.
 *
 * Hides: that a day of the town is no day of the device, and the nights the clocks change.
 */

export type When =
  | { kind: "now" | "today" | "tomorrow" | "weekend" | "week" }
  | { kind: "choose"; day: string; part: Part }
  /** Exactly so, as a remedy proposed it. */
  | { kind: "exact"; from: string; to: string };

export type Part = "day" | "morning" | "afternoon" | "evening";

export interface Window {
  from: string;
  to: string;
}

const HOURS: Record<Part, readonly [string, string]> = {
  day: ["08:00", "20:00"],
  morning: ["08:00", "12:00"],
  afternoon: ["12:00", "18:00"],
  evening: ["17:00", "21:00"],
};
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const QUARTER_MS = 15 * MINUTE_MS;
/** Nobody can be asked, say yes and be there in less. */
const LEAD_MS = 30 * MINUTE_MS;
/** With urgency `now`, work begins within four hours. */
const NOW_MS = 4 * 60 * MINUTE_MS;
/** What is left of a window beside the work itself, so that somebody can fit it in. */
const ROOM_MS = 60 * MINUTE_MS;
export const FURTHEST_DAYS = 59;

/** The date in a town: "2026-03-29". */
export function dateIn(zone: string, at: Date): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(at);
}

/** How far a town's clocks are ahead of UTC at an instant. */
function ahead(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(at);
  return Date.parse(`${parts.replace(" ", "T")}Z`) - Math.floor(at / 1000) * 1000;
}

/** The instant at which a town's clocks show this; an hour that is skipped is taken after it. */
export function instant(zone: string, day: string, clock: string): Date {
  const shown = Date.parse(`${day}T${clock}:00Z`);
  const first = shown - ahead(zone, shown);
  // The guess may lie on the other side of a change of clocks.
  return new Date(shown - ahead(zone, first));
}

export function later(day: string, days: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** 0 Monday to 6 Sunday. */
function weekday(day: string): number {
  return (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;
}

function soon(now: Date): Date {
  return new Date(Math.ceil((now.getTime() + LEAD_MS) / QUARTER_MS) * QUARTER_MS);
}

function between(from: Date, to: Date, now: Date): Window {
  const start = soon(now);
  return {
    from: (from < start ? start : from).toISOString(),
    to: to.toISOString(),
  };
}

function urgent(now: Date, minutes: number): Window {
  const start = Math.ceil((now.getTime() + 5 * MINUTE_MS) / (5 * MINUTE_MS)) * 5 * MINUTE_MS;
  return {
    from: new Date(start).toISOString(),
    to: new Date(start + NOW_MS + minutes * MINUTE_MS).toISOString(),
  };
}

/** What a choice means now, whether or not it can still be had. */
function meant(when: When, zone: string, now: Date, minutes: number): Window {
  const today = dateIn(zone, now);
  const [opens, closes] = HOURS.day;
  const day = (date: string, to = date) =>
    between(instant(zone, date, opens), instant(zone, to, closes), now);
  switch (when.kind) {
    case "now":
      return urgent(now, minutes);
    case "today":
      return day(today);
    case "tomorrow":
      return day(later(today, 1));
    case "weekend": {
      // On a Sunday "the weekend" is the one that comes.
      const saturday = weekday(today) === 6 ? later(today, 6) : later(today, 5 - weekday(today));
      const window = day(saturday, later(saturday, 1));
      return fits(window, minutes) ? window : day(later(saturday, 7), later(saturday, 8));
    }
    case "week":
      return day(today, later(today, 7));
    case "choose": {
      const [from, to] = HOURS[when.part];
      return between(instant(zone, when.day, from), instant(zone, when.day, to), now);
    }
    case "exact":
      return { from: when.from, to: when.to };
  }
}

function fits(window: Window, minutes: number): boolean {
  return Date.parse(window.to) - Date.parse(window.from) >= minutes * MINUTE_MS + ROOM_MS;
}

/** The window of a choice; undefined where it has become too late for it. */
export function windowOf(when: When, zone: string, now: Date, minutes: number): Window | undefined {
  const window = meant(when, zone, now, minutes);
  if (when.kind === "exact") {
    const open = Date.parse(window.from) > now.getTime() - MINUTE_MS;
    return open && Date.parse(window.to) - Date.parse(window.from) >= minutes * MINUTE_MS
      ? window
      : undefined;
  }
  const wide =
    when.kind === "choose"
      ? Date.parse(window.to) - Date.parse(window.from) >= minutes * MINUTE_MS
      : fits(window, minutes);
  return wide ? window : undefined;
}

export function urgencyOf(when: When): "now" | "scheduled" | "flexible" {
  if (when.kind === "now") return "now";
  return when.kind === "week" ? "flexible" : "scheduled";
}
