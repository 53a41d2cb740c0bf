/** What a remedy changes, told apart so that each is said in its own words. */
import type { DispatchBody, JobAnswer, RemedyAnswer } from "~/api/schema";

export type { DispatchBody, RemedyAnswer };

/** How a remedy is said: its kind, and whether it changes a time, a price or the way of asking. */
export interface Terms {
  kind: RemedyAnswer["kind"];
  from: string | undefined;
  to: string | undefined;
  cents: number | undefined;
  currency: string | undefined;
}

export function terms(remedy: RemedyAnswer): Terms {
  const { window, budget } = remedy.dispatch ?? {};
  return {
    kind: remedy.kind,
    from: window?.from,
    to: window?.to,
    cents: budget?.amount_cents ?? undefined,
    currency: budget?.currency,
  };
}

/** How far a job's round has come: everybody asked, who looked, who said something. */
export interface Reached {
  asked: number;
  waiting: number;
  looked: number;
  answered: number;
  prices: number;
}

/**
 * Whoever answered must have looked, though nobody wrote that down: numbers never shrink from one
 * step to the next.
 */
export function reached(counts: JobAnswer["counts"]): Reached {
  const answered = counts.quoted + counts.declined + counts.accepted;
  const looked = counts.seen + answered;
  const asked = counts.sent + looked + counts.expired + counts.withdrawn;
  return {
    asked,
    waiting: counts.pending,
    looked,
    answered,
    prices: counts.quoted,
  };
}
