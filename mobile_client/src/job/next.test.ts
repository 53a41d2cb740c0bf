import { describe, expect, it } from "vitest";

import type { JobAnswer, JobReviewAnswer } from "~/api/schema";

import { undoLeft, whatIsNext } from "./next";

const STARTS = "2026-11-25T13:00:00Z";

function job(values: Partial<JobAnswer>): JobAnswer {
  return {
    seen_as: "resident",
    state: "assigned",
    mode: "instant",
    urgency: "scheduled",
    starts_at: STARTS,
    duration_minutes: 90,
    on_my_way_at: null,
    paused_at: null,
    blocked_at: null,
    completed_at: null,
    substitutions: [],
    timeline: [],
    counts: { quoted: 0 },
    visit: { confirmed: true, resident_confirmed_at: null, reschedule: null },
    bill: null,
    order: { locked_at: "2026-11-20T09:00:00Z" },
    progress: null,
    ...values,
  } as unknown as JobAnswer;
}

function at(minutes: number): Date {
  return new Date(new Date(STARTS).getTime() + minutes * 60_000);
}

function firstOf(values: Partial<JobAnswer>, minutes = 0, reviews: JobReviewAnswer[] = []) {
  return whatIsNext(job(values), at(minutes), reviews).first;
}

describe("before the visit", () => {
  it("asks the resident to confirm the day before, then to let in", () => {
    expect(firstOf({}, -3 * 24 * 60)).toEqual(["write"]);
    expect(firstOf({}, -20 * 60)).toEqual(["confirm-visit", "write"]);
    expect(firstOf({}, -10)).toEqual(["here", "write"]);
    expect(firstOf({ on_my_way_at: STARTS }, -60)).toEqual(["here", "write"]);
  });

  it("offers the resident to say that nobody came, sooner for what is now", () => {
    expect(firstOf({}, 25)).toEqual(["here", "write"]);
    expect(firstOf({}, 30)).toEqual(["here", "no-show"]);
    expect(firstOf({ urgency: "now" }, 20)).toEqual(["here", "no-show"]);
  });

  it("leads the provider from the yes over the way to the door", () => {
    const provider = { seen_as: "provider" } as const;
    const asked = { confirmed: false, reschedule: null } as unknown as JobAnswer["visit"];
    expect(firstOf({ ...provider, visit: asked }, -20 * 60)[0]).toBe("confirm-visit");
    expect(firstOf({ ...provider }, -2 * 60)[0]).toBe("set-out");
    expect(firstOf({ ...provider, on_my_way_at: STARTS }, -5)).toEqual(["start", "write"]);
    expect(firstOf({ ...provider, on_my_way_at: STARTS }, 16)).toEqual(["start", "no-show"]);
  });

  it("puts the other side's question before everything, and one's own nowhere", () => {
    const moved = (asked_by: string) =>
      ({ confirmed: true, reschedule: { asked_by } }) as unknown as JobAnswer["visit"];
    expect(firstOf({ visit: moved("provider") }, -20 * 60)[0]).toBe("answer-move");
    expect(firstOf({ visit: moved("resident") }, -20 * 60)).not.toContain("answer-move");
  });

  it("takes an acceptance back within a minute, and only one's own", () => {
    const order = { locked_at: STARTS } as JobAnswer["order"];
    expect(undoLeft(job({ seen_as: "provider", order }), at(0.5))).toBe(30_000);
    expect(undoLeft(job({ seen_as: "provider", order }), at(1))).toBe(0);
    expect(undoLeft(job({ order }), at(0.5))).toBe(0);
    expect(undoLeft(job({ seen_as: "provider", mode: "choose", order }), at(0.5))).toBe(0);
  });
});

describe("at work", () => {
  const working = { seen_as: "provider", state: "in_progress" } as const;
  const worked = (worked_minutes: number) => ({ worked_minutes }) as JobAnswer["progress"];

  it("asks for a word first, and for the end once the time is nearly over", () => {
    expect(firstOf({ ...working, progress: worked(10) })).toEqual(["check-in", "finish"]);
    expect(firstOf({ ...working, progress: worked(80) })).toEqual(["finish", "check-in"]);
  });

  it("goes on from a rest", () => {
    expect(firstOf({ ...working, paused_at: STARTS })[0]).toBe("resume");
    expect(firstOf({ ...working, blocked_at: STARTS })[0]).toBe("resume");
  });

  it("asks for a date where something is to be put right, until there is one", () => {
    const timeline = (...events: string[]) =>
      events.map((event) => ({ event })) as unknown as JobAnswer["timeline"];
    const redo = { ...working, paused_at: STARTS };
    expect(firstOf({ ...redo, timeline: timeline("job-redo") })).toEqual(["redo-date", "resume"]);
    expect(firstOf({ ...redo, timeline: timeline("job-redo", "redo-date") })).toEqual([
      "resume",
      "write",
    ]);
  });

  it("asks for a redo once", () => {
    const timeline = [{ event: "job-redo" }] as unknown as JobAnswer["timeline"];
    const finished = { state: "finished" } as const;
    expect(whatIsNext(job(finished), at(0), []).also).toContain("redo");
    expect(whatIsNext(job({ ...finished, timeline }), at(0), []).also).not.toContain("redo");
  });
});

describe("afterwards", () => {
  const completed = { state: "completed", completed_at: STARTS } as const;
  const owed = (owed_cents: number) =>
    ({ owed_cents, changes: [], payments: [], supplies: [] }) as unknown as JobAnswer["bill"];

  it("is paid, then judged, then asked for again", () => {
    expect(firstOf({ ...completed, bill: owed(4500) })).toEqual(["pay", "review"]);
    expect(firstOf({ ...completed, bill: owed(0) })).toEqual(["review"]);
    const mine = [{ mine: true }] as JobReviewAnswer[];
    expect(firstOf({ ...completed, bill: owed(0) }, 0, mine)).toEqual(["again"]);
    expect(firstOf({ ...completed, bill: owed(0) }, 8 * 24 * 60)).toEqual(["again"]);
  });

  it("asks whoever was paid whether it is so", () => {
    const bill = {
      owed_cents: 0,
      changes: [],
      supplies: [],
      payments: [{ paid_at: STARTS, received_at: null, refused_at: null }],
    } as unknown as JobAnswer["bill"];
    expect(firstOf({ ...completed, seen_as: "provider", bill })[0]).toBe("answer-payment");
    expect(firstOf({ ...completed, bill })).not.toContain("answer-payment");
  });

  it("never offers one thing twice", () => {
    const { first, also } = whatIsNext(job({ ...completed, bill: owed(0) }), at(0), []);
    const all = [...first, ...also];
    expect(new Set(all).size).toBe(all.length);
  });
});
