/** Money, hours, days and distances, as people of a language write them. */
import { useMemo } from "react";

import { useWords } from "~/words";

/** Where jobs happen: every hour on the screen is the hour there. */
export type TimeZone = string;

const LOCALES = { fr: "fr-FR", en: "en-GB" } as const;

export interface Format {
  /** "42,50 €"; whole amounts without cents: "40 €". */
  money: (cents: number, currency: string) => string;
  /** "mardi 3 mars, 14:00". */
  dayAndHour: (instant: string | Date, zone?: TimeZone) => string;
  /** "mar. 3 mars". */
  day: (instant: string | Date, zone?: TimeZone) => string;
  /** "mardi 3 mars". */
  longDay: (instant: string | Date, zone?: TimeZone) => string;
  /** "14:00". */
  hour: (instant: string | Date, zone?: TimeZone) => string;
  /** "mardi 3 mars, 14:00 – 16:00". */
  span: (from: string | Date, to: string | Date, zone?: TimeZone) => string;
  /** "mars 2026". */
  month: (instant: string | Date, zone?: TimeZone) => string;
  /** "il y a 5 minutes", "dans 2 heures". */
  ago: (instant: string | Date, now?: Date) => string;
  /** "1,2 km", "300 m". */
  distance: (metres: number) => string;
  /** "1 h 30", "45 min". */
  minutes: (minutes: number) => string;
  /** "4,6". */
  decimal: (number: number, digits?: number) => string;
  /** "12 %". */
  percent: (share: number) => string;
}

function at(instant: string | Date): Date {
  return typeof instant === "string" ? new Date(instant) : instant;
}

export function format(language: "fr" | "en", home?: TimeZone): Format {
  const locale = LOCALES[language];
  const made = new Map<string, Intl.DateTimeFormat>();
  function dates(options: Intl.DateTimeFormatOptions, zone?: TimeZone) {
    const timeZone = zone ?? home;
    const key = JSON.stringify([options, timeZone]);
    let one = made.get(key);
    if (!one) {
      one = new Intl.DateTimeFormat(locale, timeZone ? { ...options, timeZone } : options);
      made.set(key, one);
    }
    return one;
  }
  const DAY = { weekday: "short", day: "numeric", month: "short" } as const;
  const LONG_DAY = { weekday: "long", day: "numeric", month: "long" } as const;
  const HOUR = { hour: "2-digit", minute: "2-digit" } as const;
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return {
    money: (cents, currency) =>
      new Intl.NumberFormat(locale, {
        style: "currency",
        currency,
        ...(cents % 100 === 0 ? { maximumFractionDigits: 0 } : {}),
      }).format(cents / 100),
    dayAndHour: (instant, zone) => {
      const when = at(instant);
      return `${dates(LONG_DAY, zone).format(when)}, ${dates(HOUR, zone).format(when)}`;
    },
    day: (instant, zone) => dates(DAY, zone).format(at(instant)),
    longDay: (instant, zone) => dates(LONG_DAY, zone).format(at(instant)),
    hour: (instant, zone) => dates(HOUR, zone).format(at(instant)),
    span: (from, to, zone) => {
      const [a, b] = [at(from), at(to)];
      const hours = dates(HOUR, zone);
      return dates(LONG_DAY, zone).format(a) === dates(LONG_DAY, zone).format(b)
        ? `${dates(LONG_DAY, zone).format(a)}, ${hours.format(a)} – ${hours.format(b)}`
        : `${dates(DAY, zone).format(a)}, ${hours.format(a)} – ${dates(DAY, zone).format(b)}, ${hours.format(b)}`;
    },
    month: (instant, zone) => dates({ month: "long", year: "numeric" }, zone).format(at(instant)),
    ago: (instant, now = new Date()) => {
      const seconds = (at(instant).getTime() - now.getTime()) / 1000;
      const size = Math.abs(seconds);
      if (size < 3600) return relative.format(Math.round(seconds / 60), "minute");
      if (size < 86_400) return relative.format(Math.round(seconds / 3600), "hour");
      return relative.format(Math.round(seconds / 86_400), "day");
    },
    distance: (metres) =>
      metres < 1000
        ? `${Math.round(metres / 50) * 50} m`
        : `${new Intl.NumberFormat(locale, { maximumFractionDigits: metres < 10_000 ? 1 : 0 }).format(metres / 1000)} km`,
    minutes: (minutes) => {
      const hours = Math.floor(minutes / 60);
      const rest = Math.round(minutes % 60);
      if (hours === 0) return `${rest} min`;
      return rest === 0 ? `${hours} h` : `${hours} h ${String(rest).padStart(2, "0")}`;
    },
    decimal: (number, digits = 1) =>
      new Intl.NumberFormat(locale, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }).format(number),
    percent: (share) =>
      new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(share),
  };
}

/** The forms of the language in use; hours are those of `zone`, else of the device. */
export function useFormat(zone?: TimeZone): Format {
  const { language } = useWords();
  return useMemo(() => format(language, zone), [language, zone]);
}
