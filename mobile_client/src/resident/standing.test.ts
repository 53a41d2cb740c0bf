import { expect, it } from "vitest";

import type { JobSummaryAnswer } from "~/api/schema";

import { next, shelves } from "./standing";

const COUNTS = {
  pending: 0,
  sent: 0,
  seen: 0,
  quoted: 0,
  accepted: 0,
  declined: 0,
  expired: 0,
  withdrawn: 0,
};

function job(more: Partial<JobSummaryAnswer>): JobSummaryAnswer {
  return {
    id: "",
    state: "open",
    mode: "instant",
    counts: COUNTS,
    visit: null,
    blocked_because: null,
    on_my_way_at: null,
    starts_at: null,
    window: { from: "2026-11-27T07:00:00Z", to: "2026-11-27T19:00:00Z" },
    state_since: "2026-11-26T07:00:00Z",
    ...more,
  } as JobSummaryAnswer;
}

it("says what its resident does next", () => {
  expect(next(job({}))).toBe("wait-answer");
  expect(next(job({ mode: "choose" }))).toBe("wait-prices");
  expect(next(job({ mode: "choose", counts: { ...COUNTS, quoted: 2 } }))).toBe("compare");
  expect(next(job({ state: "unfilled" }))).toBe("help");
  expect(next(job({ state: "assigned" }))).toBe("visit");
  expect(next(job({ state: "assigned", on_my_way_at: "2026-11-27T08:00:00Z" }))).toBe("on-my-way");
  expect(
    next(
      job({
        state: "assigned",
        visit: { reschedule: { asked_by: "provider" } } as JobSummaryAnswer["visit"],
      }),
    ),
  ).toBe("answer-reschedule");
  expect(next(job({ state: "in_progress", blocked_because: "resident" }))).toBe("unblock");
  expect(next(job({ state: "in_progress", blocked_because: "weather" }))).toBe("under-way");
});

it("puts what is due first, and of what is over the latest", () => {
  const late = job({ id: "late", state: "assigned", starts_at: "2026-11-28T08:00:00Z" });
  const soon = job({ id: "soon", state: "assigned", starts_at: "2026-11-27T08:00:00Z" });
  const old = job({ id: "old", state: "completed", state_since: "2026-11-01T08:00:00Z" });
  const fresh = job({ id: "fresh", state: "cancelled", state_since: "2026-11-20T08:00:00Z" });
  const found = shelves([late, old, soon, fresh]);
  expect(found.get("coming")?.map((each) => each.id)).toEqual(["soon", "late"]);
  expect(found.get("done")?.map((each) => each.id)).toEqual(["fresh", "old"]);
  expect(found.get("mine")).toEqual([]);
});
