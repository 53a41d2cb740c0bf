/** Instants of local days: a day off begins at midnight where the work is, not where the phone is. */

/** The instant of local midnight of a date ("2026-11-28"), `days` later. */
export function midnight(date: string, zone: string, days = 0): string {
  const wanted = Date.parse(`${date}T00:00:00Z`) + days * 24 * 3600 * 1000;
  let at = wanted;
  // Twice, since the first guess may lie on the other side of a change of the clock.
  for (let round = 0; round < 2; round++) at = wanted - offset(at, zone);
  return new Date(at).toISOString();
}

/** How far the zone's clock is ahead of UTC then, in milliseconds. */
function offset(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(
    read("year"),
    read("month") - 1,
    read("day"),
    read("hour"),
    read("minute"),
    read("second"),
  );
  return local - Math.floor(at / 1000) * 1000;
}
