/**
 * What can be done with a job, and what comes first.
 *
 * Hides: which side may do what in which state, and when. The server has the last word; what is
 * named here is what a person is offered. Nothing in this file knows of the screen.
 */
import type { JobAnswer, JobReviewAnswer } from "~/api/schema";

/** Everything that can be done; each has a button, and a sheet or an address behind it. */
export type Deed =
  | "compare"
  | "answer-move"
  | "answer-substitute"
  | "answer-change"
  | "answer-payment"
  | "confirm-visit"
  | "set-out"
  | "start"
  | "here"
  | "no-show"
  | "move"
  | "substitute"
  | "call-off"
  | "check-in"
  | "pause"
  | "resume"
  | "blocked"
  | "finish"
  | "change"
  | "supplies"
  | "redo-date"
  | "confirm"
  | "redo"
  | "dispute"
  | "statement"
  | "pay"
  | "review"
  | "again"
  | "series"
  | "edit"
  | "write"
  | "order";

export interface Next {
  /** What the reader has to do now, the most urgent first: one large button, at most one beside. */
  first: Deed[];
  /** What else can be done, in the order in which it is likely. */
  also: Deed[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** From so long before the hour on nobody is told that they set out too early. */
const SETS_OUT_BEFORE_MS = 3 * HOUR_MS;
/** Somebody who comes a little early is let in. */
const HERE_BEFORE_MS = 15 * MINUTE_MS;
const ABSENT_AFTER_MS = { now: 20 * MINUTE_MS, other: 30 * MINUTE_MS };
const NOBODY_HOME_AFTER_MS = 15 * MINUTE_MS;
const REVIEWS_MS = 7 * DAY_MS;
const SUPPLIES_MS = 7 * DAY_MS;
/** From this share of the time agreed on, being done is likelier than a word on the way. */
const NEARLY_DONE = 0.7;
const UNDO_MS = 60_000;

export function whatIsNext(
  job: JobAnswer,
  now: Date,
  reviews: readonly JobReviewAnswer[] | undefined,
): Next {
  if (job.seen_as === "operator")
    return { first: [], also: job.state === "disputed" ? ["statement"] : [] };
  const asked = questions(job);
  const [first, also] =
    job.seen_as === "resident" ? ofResident(job, now, reviews) : ofProvider(job, now, reviews);
  const firsts = [...asked, ...first].slice(0, 2);
  const rest = [...asked, ...first, ...also].filter((deed) => !firsts.includes(deed));
  return { first: firsts, also: [...new Set(rest)] };
}

/** What the other side waits for an answer to. */
export function questions(job: JobAnswer): Deed[] {
  const other = job.seen_as === "resident" ? "provider" : "resident";
  const found: Deed[] = [];
  if (job.state === "assigned") {
    if (job.seen_as === "resident" && asksForSubstitute(job)) found.push("answer-substitute");
    if (job.visit?.reschedule?.asked_by === other) found.push("answer-move");
  }
  if (job.bill?.changes.some((each) => each.state === "asked" && each.asked_by === other))
    found.push("answer-change");
  if (unansweredPayment(job)) found.push("answer-payment");
  return found;
}

export function asksForSubstitute(job: JobAnswer) {
  return job.substitutions.find((each) => each.state === "asked");
}

/** A payment the other side has said and the reader has not. */
export function unansweredPayment(job: JobAnswer) {
  return job.bill?.payments.find(
    (each) =>
      each.refused_at === null &&
      (job.seen_as === "resident" ? each.paid_at === null : each.received_at === null),
  );
}

type Deeds = [first: Deed[], also: Deed[]];

function ofResident(
  job: JobAnswer,
  now: Date,
  reviews: readonly JobReviewAnswer[] | undefined,
): Deeds {
  const owes = (job.bill?.owed_cents ?? 0) > 0;
  switch (job.state) {
    case "open":
      return [
        job.mode === "choose" && job.counts.quoted > 0 ? ["compare"] : [],
        [...(job.mode === "choose" ? (["compare"] as const) : []), "edit", "call-off"],
      ];
    case "unfilled":
      return [[], ["again", "call-off"]];
    case "assigned": {
      const to = untilStart(job, now);
      const also: Deed[] = ["write", "here", "move", "change", "order", "edit", "call-off"];
      if (to <= -absentAfter(job)) return [["here", "no-show"], also];
      if (to <= HERE_BEFORE_MS || job.on_my_way_at !== null) return [["here", "write"], also];
      if (to <= DAY_MS && !job.visit?.resident_confirmed_at)
        return [["confirm-visit", "write"], also];
      return [["write"], also];
    }
    case "in_progress":
      return [["write"], ["order", "change", "dispute"]];
    case "finished":
      return [
        ["confirm"],
        [...(canAskForRedo(job) ? (["redo"] as const) : []), "write", "order", "dispute"],
      ];
    case "completed": {
      const first: Deed[] = [];
      if (owes) first.push("pay");
      if (canReview(job, now, reviews)) first.push("review");
      if (first.length === 0) first.push("again");
      return [first, ["again", "series", "write", "order"]];
    }
    case "disputed":
      return [["statement"], ["write", "order"]];
    case "cancelled":
      return [owes ? ["pay", "again"] : ["again"], job.order || job.bill ? ["order"] : []];
  }
}

function ofProvider(
  job: JobAnswer,
  now: Date,
  reviews: readonly JobReviewAnswer[] | undefined,
): Deeds {
  const owed = (job.bill?.owed_cents ?? 0) > 0;
  switch (job.state) {
    case "assigned": {
      const to = untilStart(job, now);
      const also: Deed[] = ["start", "write", "move", "substitute", "change", "order", "call-off"];
      if (job.on_my_way_at !== null) {
        const alone = to <= -NOBODY_HOME_AFTER_MS;
        return [
          ["start", alone ? "no-show" : "write"],
          ["set-out", ...also],
        ];
      }
      if (job.visit && !job.visit.confirmed) return [["confirm-visit", "write"], also];
      if (to <= SETS_OUT_BEFORE_MS) return [["set-out", "write"], also];
      return [["write"], ["confirm-visit", ...also]];
    }
    case "in_progress": {
      const also: Deed[] = ["check-in", "finish", "change", "supplies", "write", "order"];
      const mayBuy = waitingSupplies(job) ? also : also.filter((deed) => deed !== "supplies");
      const rest: Deed[] = [...mayBuy, "dispute"];
      if (isRedo(job) && job.paused_at !== null)
        return redoAt(job) === undefined
          ? [["redo-date", "resume"], rest]
          : [
              ["resume", "write"],
              ["redo-date", ...rest],
            ];
      if (job.paused_at !== null || job.blocked_at !== null) return [["resume", "check-in"], rest];
      const worked = job.progress?.worked_minutes ?? 0;
      const done = worked >= job.duration_minutes * NEARLY_DONE;
      return [
        done ? ["finish", "check-in"] : ["check-in", "finish"],
        ["pause", "blocked", ...rest],
      ];
    }
    case "finished":
      return [
        waitingSupplies(job) ? ["supplies"] : ["write"],
        ["order", "change", "write", "dispute"],
      ];
    case "completed": {
      const first: Deed[] = [];
      if (waitingSupplies(job) && since(job.completed_at, now) < SUPPLIES_MS)
        first.push("supplies");
      if (owed) first.push("pay");
      if (canReview(job, now, reviews)) first.push("review");
      if (first.length === 0) first.push("order");
      return [first, ["write", "order"]];
    }
    case "disputed":
      return [["statement"], ["write", "order"]];
    case "cancelled":
      return [owed ? ["pay"] : [], job.order || job.bill ? ["order"] : []];
    default:
      return [[], []];
  }
}

function untilStart(job: JobAnswer, now: Date): number {
  return job.starts_at === null ? Infinity : new Date(job.starts_at).getTime() - now.getTime();
}

function since(instant: string | null, now: Date): number {
  return instant === null ? Infinity : now.getTime() - new Date(instant).getTime();
}

function absentAfter(job: JobAnswer): number {
  return job.urgency === "now" ? ABSENT_AFTER_MS.now : ABSENT_AFTER_MS.other;
}

/** Asked for once at most; the server knows of it by what happened. */
function canAskForRedo(job: JobAnswer): boolean {
  return !job.timeline.some((each) => each.event === "job-redo");
}

/** Work that was done already is to be put right. */
export function isRedo(job: JobAnswer): boolean {
  return job.state === "in_progress" && job.timeline.some((each) => each.event === "job-redo");
}

/** When it is to be put right, once that was said. */
export function redoAt(job: JobAnswer): string | undefined {
  const last = job.timeline.findLast(
    (each) => each.event === "job-redo" || each.event === "redo-date",
  );
  return last?.event === "redo-date" ? (job.starts_at ?? undefined) : undefined;
}

function waitingSupplies(job: JobAnswer): boolean {
  return job.bill?.supplies.some((each) => each.charged_at === null) ?? false;
}

export function canReview(
  job: JobAnswer,
  now: Date,
  reviews: readonly JobReviewAnswer[] | undefined,
): boolean {
  return (
    job.state === "completed" &&
    since(job.completed_at, now) < REVIEWS_MS &&
    reviews?.some((each) => each.mine) === false
  );
}

/** Milliseconds in which a provider may still take their acceptance back; 0 when it is over. */
export function undoLeft(job: JobAnswer, now: Date): number {
  if (job.seen_as !== "provider" || job.state !== "assigned" || !job.order) return 0;
  // Who was chosen did not accept just now: there is nothing to take back.
  if (job.mode === "choose") return 0;
  return Math.max(0, UNDO_MS - since(job.order.locked_at, now));
}

/** How often a job's page looks again, in milliseconds. */
export function lookAgain(job: JobAnswer | undefined): number {
  switch (job?.state) {
    case "open":
      return 5_000;
    case "assigned":
    case "in_progress":
      return 10_000;
    default:
      return 30_000;
  }
}

export type Stage =
  | "open"
  | "choosing"
  | "unfilled"
  | "booked"
  | "soon"
  | "way"
  | "late"
  | "working"
  | "paused"
  | "blocked"
  | "redo"
  | "dated"
  | "finished"
  | "completed"
  | "disputed"
  | "cancelled";

/** Where it stands, as it is told in one sentence. */
export function stage(job: JobAnswer, now: Date): Stage {
  switch (job.state) {
    case "open":
      return job.mode === "choose" ? "choosing" : "open";
    case "assigned": {
      const to = untilStart(job, now);
      if (to <= -HERE_BEFORE_MS) return "late";
      if (job.on_my_way_at !== null) return "way";
      return to <= DAY_MS ? "soon" : "booked";
    }
    case "in_progress":
      if (isRedo(job) && job.paused_at !== null)
        return redoAt(job) === undefined ? "redo" : "dated";
      if (job.blocked_at !== null) return "blocked";
      return job.paused_at === null ? "working" : "paused";
    default:
      return job.state;
  }
}
