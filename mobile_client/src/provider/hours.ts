/** Hours of a week as stretches of half-hours: what is dragged, and what is sent. */
import type { HoursAnswer, HoursBody } from "~/api/schema";

/** Half-hours from midnight; half-open, 48 ends the day. */
export interface Stretch {
  from: number;
  to: number;
}

/** Seven days, Monday first; the stretches of each in order, none touching another. */
export type Week = readonly (readonly Stretch[])[];

export const STEPS = 48;
export const DAYS = [0, 1, 2, 3, 4, 5, 6] as const;

/** In order, and what touches or overlaps is one. */
export function merged(stretches: readonly Stretch[]): Stretch[] {
  const all: Stretch[] = [];
  for (const each of [...stretches].sort((a, b) => a.from - b.from)) {
    if (each.to <= each.from) continue;
    const last = all.at(-1);
    if (last && each.from <= last.to) last.to = Math.max(last.to, each.to);
    else all.push({ ...each });
  }
  return all;
}

/** What is left of them without `gone`: one in its middle becomes two. */
export function without(stretches: readonly Stretch[], gone: Stretch): Stretch[] {
  return merged(
    stretches.flatMap((each) => [
      { from: each.from, to: Math.min(each.to, gone.from) },
      { from: Math.max(each.from, gone.to), to: each.to },
    ]),
  );
}

export function covers(stretches: readonly Stretch[], step: number): boolean {
  return stretches.some((each) => each.from <= step && step < each.to);
}

/** A finger went from one half-hour to another: all between are worked, or no more. */
export function painted(
  stretches: readonly Stretch[],
  start: number,
  end: number,
  works: boolean,
): Stretch[] {
  const swept = { from: Math.min(start, end), to: Math.max(start, end) + 1 };
  return works ? merged([...stretches, swept]) : without(stretches, swept);
}

export function clock(step: number): string {
  return `${String(Math.floor(step / 2)).padStart(2, "0")}:${step % 2 === 0 ? "00" : "30"}`;
}

/** The half-hour a clock time lies in; of an end, the next one, so that no minute is lost. */
export function stepOf(text: string, end = false): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  const steps = (hours * 60 + minutes) / 30;
  return Math.min(STEPS, Math.max(0, end ? Math.ceil(steps) : Math.floor(steps)));
}

export function weekOf(weekly: readonly HoursAnswer[]): Week {
  return DAYS.map((weekday) =>
    merged(
      weekly
        .filter((each) => each.weekday === weekday)
        .map((each) => ({ from: stepOf(each.from), to: stepOf(each.to, true) })),
    ),
  );
}

export function weeklyOf(week: Week): HoursBody[] {
  return week.flatMap((stretches, weekday) =>
    stretches.map((each) => ({ weekday, from: clock(each.from), to: clock(each.to) })),
  );
}

export function hoursOf(week: Week): number {
  return week.flat().reduce((all, each) => all + (each.to - each.from) / 2, 0);
}

function on(days: readonly number[], from: number, to: number): Week {
  return DAYS.map((day) => (days.includes(day) ? [{ from: from * 2, to: to * 2 }] : []));
}

export const PRESETS = {
  weekdays: on([0, 1, 2, 3, 4], 8, 18),
  evenings: on([0, 1, 2, 3, 4], 18, 21),
  weekend: on([5, 6], 9, 18),
} as const satisfies Record<string, Week>;

export type Preset = keyof typeof PRESETS;

export function same(one: Week, other: Week): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The hours of two weeks together. */
export function joined(one: Week, other: Week): Week {
  return DAYS.map((day) => merged([...(one[day] ?? []), ...(other[day] ?? [])]));
}
