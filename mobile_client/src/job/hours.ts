/**
 * Hours by the clock of a town: what a date and an hour there are as an instant, and back.
 *
 * Hides: time zones. An hour the clocks leave out in spring is taken as the one after it.
 */

/** A date and an hour as they are typed in: "2026-03-03" and "14:00". */
export interface Wall {
  date: string;
  time: string;
}

function offset(instant: number, zone: string | undefined): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    ...(zone ? { timeZone: zone } : {}),
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(new Date(instant));
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  const there = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
  );
  return there - Math.floor(instant / 60_000) * 60_000;
}

export function wall(instant: Date | string, zone: string | undefined): Wall {
  const at = new Date(instant).getTime();
  const there = new Date(at + offset(at, zone)).toISOString();
  return { date: there.slice(0, 10), time: there.slice(11, 16) };
}

/** The instant of a date and an hour there; undefined while one of them is not written out. */
export function instant({ date, time }: Wall, zone: string | undefined): Date | undefined {
  const asUtc = Date.parse(`${date}T${time}:00Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const first = asUtc - offset(asUtc, zone);
  return new Date(asUtc - offset(first, zone));
}

/** The date so many days later. */
export function daysLater(date: string, days: number): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

export const PARTS = {
  morning: ["08:00", "12:00"],
  afternoon: ["13:00", "18:00"],
  day: ["08:00", "19:00"],
} as const;

export type Part = keyof typeof PARTS;

/** The window of a part of a day, not before a quarter of an hour from now. */
export function partOf(
  date: string,
  part: Part,
  zone: string | undefined,
  now: Date,
): { from: Date; to: Date } | undefined {
  const [begins, ends] = PARTS[part];
  const from = instant({ date, time: begins }, zone);
  const to = instant({ date, time: ends }, zone);
  if (!from || !to) return undefined;
  return { from: new Date(Math.max(from.getTime(), now.getTime() + 15 * 60_000)), to };
}
