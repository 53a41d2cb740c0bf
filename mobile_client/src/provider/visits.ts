/** Visits in the order of their days, and what lies between them. */
import type { JobSummaryAnswer } from "~/api/schema";

import { metres } from "./presence";

export interface Visit {
  job: JobSummaryAnswer;
  startsAt: string;
  endsAt: string;
  /** To the visit after it on the same day, as the crow flies. */
  onwardM: number | undefined;
}

export interface Day {
  /** The local date in the town's own clock, for comparing. */
  date: string;
  visits: Visit[];
}

/** The local date of an instant, "2026-11-28". */
export function dateOf(instant: string | Date, zone: string | undefined): string {
  return new Intl.DateTimeFormat("en-CA", {
    ...(zone ? { timeZone: zone } : {}),
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).format(typeof instant === "string" ? new Date(instant) : instant);
}

export function daysOf(jobs: readonly JobSummaryAnswer[], zone: string | undefined): Day[] {
  const days = new Map<string, Visit[]>();
  const mine = jobs
    .filter((job) => job.seen_as === "provider" && job.starts_at !== null && job.ends_at !== null)
    .sort((a, b) => (a.starts_at ?? "").localeCompare(b.starts_at ?? ""));
  for (const job of mine) {
    const [startsAt, endsAt] = [job.starts_at ?? "", job.ends_at ?? ""];
    const date = dateOf(startsAt, zone);
    const visits = days.get(date) ?? [];
    visits.push({ job, startsAt, endsAt, onwardM: undefined });
    days.set(date, visits);
  }
  return [...days].map(([date, visits]) => ({
    date,
    visits: visits.map((visit, at) => {
      const [here, there] = [visit.job.location, visits[at + 1]?.job.location];
      return {
        ...visit,
        onwardM:
          here && there
            ? metres(here.coordinates as [number, number], there.coordinates as [number, number])
            : undefined,
      };
    }),
  }));
}

/** Two minutes a kilometre, as the planning reckons. */
export function travelMinutes(m: number): number {
  return Math.max(1, Math.round((m / 1000) * 2));
}

export type Due = "confirm" | "go" | "start" | "continue";

const GO_MS = 3 * 3600 * 1000;

/** What the provider does next at a visit; nothing while it is days away. */
export function dueOf(job: JobSummaryAnswer, now: Date): Due | undefined {
  if (job.state === "in_progress") return "continue";
  if (job.state !== "assigned" || job.starts_at === null) return undefined;
  if (job.on_my_way_at !== null) return "start";
  if (job.visit && !job.visit.confirmed) return "confirm";
  return new Date(job.starts_at).getTime() - now.getTime() <= GO_MS ? "go" : undefined;
}

/** Where the phone's own navigation begins; a desk gets a map. */
export function routeTo(lon: number, lat: number, agent: string): string {
  if (/iPhone|iPad|Macintosh/.test(agent)) return `https://maps.apple.com/?daddr=${lat},${lon}`;
  if (agent.includes("Android")) return `geo:${lat},${lon}?q=${lat},${lon}`;
  return `https://www.openstreetmap.org/directions?to=${lat}%2C${lon}`;
}
