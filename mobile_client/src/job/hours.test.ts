import { describe, expect, it } from "vitest";

import { daysLater, instant, partOf, wall } from "./hours";

const PARIS = "Europe/Paris";

describe("hours of a town", () => {
  it("go there and back", () => {
    expect(wall("2026-07-01T12:30:00Z", PARIS)).toEqual({ date: "2026-07-01", time: "14:30" });
    expect(instant({ date: "2026-07-01", time: "14:30" }, PARIS)?.toISOString()).toBe(
      "2026-07-01T12:30:00.000Z",
    );
    expect(instant({ date: "2026-12-01", time: "00:15" }, PARIS)?.toISOString()).toBe(
      "2026-11-30T23:15:00.000Z",
    );
  });

  it("hold on the days the clocks change", () => {
    expect(instant({ date: "2026-10-25", time: "12:00" }, PARIS)?.toISOString()).toBe(
      "2026-10-25T11:00:00.000Z",
    );
    expect(instant({ date: "2026-03-29", time: "04:00" }, PARIS)?.toISOString()).toBe(
      "2026-03-29T02:00:00.000Z",
    );
  });

  it("are nothing while they are not written out", () => {
    expect(instant({ date: "", time: "14:30" }, PARIS)).toBeUndefined();
  });

  it("count days over the end of a month", () => {
    expect(daysLater("2026-02-27", 2)).toBe("2026-03-01");
  });

  it("never open a window that is past", () => {
    const now = new Date("2026-07-01T07:00:00Z");
    const window = partOf("2026-07-01", "morning", PARIS, now);
    expect(window?.from.toISOString()).toBe("2026-07-01T07:15:00.000Z");
    expect(window?.to.toISOString()).toBe("2026-07-01T10:00:00.000Z");
  });
});
