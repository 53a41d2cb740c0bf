import { describe, expect, it } from "vitest";

import type { JobSummaryAnswer } from "~/api/schema";

import { daysOf, dueOf, travelMinutes } from "./visits";

function job(changed: object): JobSummaryAnswer {
  return {
    seen_as: "provider",
    state: "assigned",
    starts_at: "2026-11-28T23:30:00Z",
    ends_at: "2026-11-29T00:30:00Z",
    on_my_way_at: null,
    visit: { confirmed: true },
    location: null,
    ...changed,
  } as unknown as JobSummaryAnswer;
}

describe("a day", () => {
  it("is the town's own, in order, without what one asked for oneself", () => {
    const at = (lon: number) => ({ type: "Point", coordinates: [lon, 45] });
    const days = daysOf(
      [
        job({ id: "b", starts_at: "2026-11-29T08:00:00Z", location: at(4.1) }),
        job({ id: "a", location: at(4) }),
        job({ id: "c", seen_as: "resident" }),
      ],
      "Europe/Paris",
    );
    expect(days.map((day) => [day.date, day.visits.map((each) => each.job.id)])).toEqual([
      ["2026-11-29", ["a", "b"]],
    ]);
    expect(Math.round((days[0]?.visits[0]?.onwardM ?? 0) / 100)).toBe(79);
    expect(travelMinutes(7900)).toBe(16);
  });

  it("says what is due", () => {
    const now = new Date("2026-11-28T21:00:00Z");
    expect(dueOf(job({}), now)).toBe("go");
    expect(dueOf(job({ visit: { confirmed: false } }), now)).toBe("confirm");
    expect(dueOf(job({ on_my_way_at: "2026-11-28T21:00:00Z" }), now)).toBe("start");
    expect(dueOf(job({ state: "in_progress" }), now)).toBe("continue");
    expect(dueOf(job({}), new Date("2026-11-27T21:00:00Z"))).toBeUndefined();
  });
});
