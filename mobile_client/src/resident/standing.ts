/** Where each of one's jobs stands: what waits for oneself, what is to come, what is over. */
import type { JobSummaryAnswer } from "~/api/schema";

export type Shelf = "mine" | "coming" | "matching" | "done";
export const SHELVES: readonly Shelf[] = ["mine", "coming", "matching", "done"];

/** What its resident does next about it. */
export type Next =
  | "help"
  | "compare"
  | "confirm"
  | "answer-reschedule"
  | "unblock"
  | "dispute"
  | "wait-prices"
  | "wait-answer"
  | "on-my-way"
  | "visit"
  | "under-way"
  | "over"
  | "called-off";

type Told = Pick<
  JobSummaryAnswer,
  | "state"
  | "mode"
  | "counts"
  | "visit"
  | "blocked_because"
  | "on_my_way_at"
  | "starts_at"
  | "window"
  | "state_since"
>;

export function next(job: Told): Next {
  switch (job.state) {
    case "unfilled":
      return "help";
    case "open":
      if (job.counts.quoted > 0) return "compare";
      return job.mode === "choose" ? "wait-prices" : "wait-answer";
    case "finished":
      return "confirm";
    case "disputed":
      return "dispute";
    case "completed":
      return "over";
    case "cancelled":
      return "called-off";
    case "in_progress":
      return job.blocked_because === "resident" || job.blocked_because === "access"
        ? "unblock"
        : "under-way";
    case "assigned":
      if (job.visit?.reschedule?.asked_by === "provider") return "answer-reschedule";
      return job.on_my_way_at ? "on-my-way" : "visit";
  }
}

const ON: Record<Next, Shelf> = {
  help: "mine",
  compare: "mine",
  confirm: "mine",
  "answer-reschedule": "mine",
  unblock: "mine",
  dispute: "mine",
  "wait-prices": "matching",
  "wait-answer": "matching",
  "on-my-way": "coming",
  visit: "coming",
  "under-way": "coming",
  over: "done",
  "called-off": "done",
};

/** When it is due: the hour agreed, else the end of the window; what is over, since when. */
function due(job: Told): number {
  const shelf = ON[next(job)];
  return shelf === "done"
    ? -Date.parse(job.state_since)
    : Date.parse(job.starts_at ?? job.window.to);
}

/** The jobs by shelf, the most pressing first; of what is over, the latest. */
export function shelves<J extends Told>(jobs: readonly J[]): Map<Shelf, J[]> {
  const all = new Map<Shelf, J[]>(SHELVES.map((shelf) => [shelf, []]));
  for (const job of [...jobs].sort((a, b) => due(a) - due(b))) all.get(ON[next(job)])?.push(job);
  return all;
}
