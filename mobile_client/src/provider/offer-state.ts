/** What an offer asks of its provider now. */
import type { OfferAnswer } from "~/api/schema";

export type Stage =
  /** It can be taken, or declined. */
  | "take"
  /** A price can be named for it. */
  | "quote"
  /** A price was named; the resident compares. */
  | "quoted"
  /** The resident asks for another price. */
  | "counter"
  | "accepted"
  | "declined"
  | "expired"
  | "withdrawn";

export function stageOf(offer: OfferAnswer, now: Date): Stage {
  switch (offer.state) {
    case "sent":
    case "seen":
      // The server says so a moment later; until then nothing is offered that will be refused.
      if (new Date(offer.expires_at) <= now) return "expired";
      return offer.job.mode === "choose" ? "quote" : "take";
    case "quoted": {
      const counter = offer.quote?.counter;
      return counter?.agreed === null ? "counter" : "quoted";
    }
    default:
      return offer.state;
  }
}

export interface Left {
  seconds: number;
  /** Of the whole time there was: 1 all, 0 none. */
  share: number;
}

export function leftOf(offer: Pick<OfferAnswer, "sent_at" | "expires_at">, now: Date): Left {
  const end = new Date(offer.expires_at).getTime();
  const whole = end - new Date(offer.sent_at).getTime();
  const left = Math.max(0, end - now.getTime());
  return {
    seconds: Math.ceil(left / 1000),
    share: whole > 0 ? Math.min(1, left / whole) : 0,
  };
}

/** "0:42", "12:05"; from an hour on in whole minutes, then hours, then days. */
export function countdown(seconds: number): { unit: "clock" | "hours" | "days"; value: string } {
  if (seconds < 3600) {
    const rest = String(seconds % 60).padStart(2, "0");
    return { unit: "clock", value: `${Math.floor(seconds / 60)}:${rest}` };
  }
  if (seconds < 48 * 3600) {
    const minutes = String(Math.floor((seconds % 3600) / 60)).padStart(2, "0");
    return { unit: "hours", value: `${Math.floor(seconds / 3600)} h ${minutes}` };
  }
  return { unit: "days", value: String(Math.floor(seconds / 86_400)) };
}

export const UNDO_SECONDS = 60;

/** Seconds in which an acceptance can still be taken back. */
export function undoLeft(acceptedAt: string | null, now: Date): number {
  if (acceptedAt === null) return 0;
  const since = (now.getTime() - new Date(acceptedAt).getTime()) / 1000;
  return Math.max(0, Math.ceil(UNDO_SECONDS - since));
}

/** The answers that decide whether one wants to come: how high, how to get in, where to park. */
const SITE =
  /access|stair|floor|storey|stor(y|ies)|lift|elevator|park|height|ladder|steep|carry|reach/i;

export function siteAnswers(offer: OfferAnswer) {
  const all = offer.job.brief_read.answers.filter((each) => each.photos.length === 0);
  return {
    site: all.filter((each) => SITE.test(each.id)),
    others: all.filter((each) => !SITE.test(each.id)),
  };
}
