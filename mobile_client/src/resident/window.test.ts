import { describe, expect, it } from "vitest";

import { dateIn, instant, later, urgencyOf, windowOf } from "./window";

const PARIS = "Europe/Paris";

describe("a town's clock", () => {
  it("shows the date of the town, not of the device", () => {
    expect(dateIn(PARIS, new Date("2026-06-30T22:30:00Z"))).toBe("2026-07-01");
    expect(dateIn("America/Guadeloupe", new Date("2026-07-01T02:00:00Z"))).toBe("2026-06-30");
  });

  it("knows summer, winter and the nights between", () => {
    expect(instant(PARIS, "2026-07-01", "08:00").toISOString()).toBe("2026-07-01T06:00:00.000Z");
    expect(instant(PARIS, "2026-03-29", "08:00").toISOString()).toBe("2026-03-29T06:00:00.000Z");
    expect(instant(PARIS, "2026-10-25", "08:00").toISOString()).toBe("2026-10-25T07:00:00.000Z");
    expect(instant("Pacific/Auckland", "2026-01-05", "08:00").toISOString()).toBe(
      "2026-01-04T19:00:00.000Z",
    );
  });

  it("counts days over the end of a month", () => {
    expect(later("2026-02-28", 1)).toBe("2026-03-01");
  });
});

describe("the window of a chip", () => {
  // A Thursday, 10:02 in Paris.
  const morning = new Date("2026-11-26T09:02:00Z");

  it("today begins as soon as somebody could be there", () => {
    expect(windowOf({ kind: "today" }, PARIS, morning, 60)).toEqual({
      from: "2026-11-26T09:45:00.000Z",
      to: "2026-11-26T19:00:00.000Z",
    });
  });

  it("today is over before its last hour is", () => {
    expect(windowOf({ kind: "today" }, PARIS, new Date("2026-11-26T16:20:00Z"), 60)).toBeDefined();
    expect(
      windowOf({ kind: "today" }, PARIS, new Date("2026-11-26T16:50:00Z"), 60),
    ).toBeUndefined();
    expect(
      windowOf({ kind: "today" }, PARIS, new Date("2026-11-26T16:20:00Z"), 120),
    ).toBeUndefined();
    expect(
      windowOf({ kind: "today" }, PARIS, new Date("2026-11-26T22:59:00Z"), 30),
    ).toBeUndefined();
  });

  it("today at one in the morning is the day that comes", () => {
    expect(windowOf({ kind: "today" }, PARIS, new Date("2026-11-26T00:10:00Z"), 60)?.from).toBe(
      "2026-11-26T07:00:00.000Z",
    );
  });

  it("tomorrow is the town's tomorrow", () => {
    // It is the 27th already in Paris.
    expect(windowOf({ kind: "tomorrow" }, PARIS, new Date("2026-11-26T23:30:00Z"), 60)?.from).toBe(
      "2026-11-28T07:00:00.000Z",
    );
  });

  it("the weekend is this one, what is left of it, or the next", () => {
    expect(windowOf({ kind: "weekend" }, PARIS, morning, 60)).toEqual({
      from: "2026-11-28T07:00:00.000Z",
      to: "2026-11-29T19:00:00.000Z",
    });
    expect(windowOf({ kind: "weekend" }, PARIS, new Date("2026-11-28T13:02:00Z"), 60)).toEqual({
      from: "2026-11-28T13:45:00.000Z",
      to: "2026-11-29T19:00:00.000Z",
    });
    expect(windowOf({ kind: "weekend" }, PARIS, new Date("2026-11-29T10:00:00Z"), 60)?.from).toBe(
      "2026-12-05T07:00:00.000Z",
    );
  });

  it("now leaves four hours to begin", () => {
    expect(windowOf({ kind: "now" }, PARIS, morning, 90)).toEqual({
      from: "2026-11-26T09:10:00.000Z",
      to: "2026-11-26T14:40:00.000Z",
    });
  });

  it("a chosen part of a day must still hold the work", () => {
    const when = { kind: "choose", day: "2026-11-26", part: "morning" } as const;
    expect(windowOf(when, PARIS, morning, 60)?.to).toBe("2026-11-26T11:00:00.000Z");
    expect(windowOf(when, PARIS, morning, 90)).toBeUndefined();
    expect(windowOf({ ...when, day: "2026-11-25" }, PARIS, morning, 30)).toBeUndefined();
  });

  it("what a remedy proposed stands until it begins", () => {
    const when = {
      kind: "exact",
      from: "2026-11-26T13:00:00Z",
      to: "2026-11-26T15:00:00Z",
    } as const;
    expect(windowOf(when, PARIS, morning, 60)).toEqual({ from: when.from, to: when.to });
    expect(windowOf(when, PARIS, new Date("2026-11-26T13:30:00Z"), 60)).toBeUndefined();
  });
});

it("urgency follows from the chip", () => {
  expect(urgencyOf({ kind: "now" })).toBe("now");
  expect(urgencyOf({ kind: "week" })).toBe("flexible");
  expect(urgencyOf({ kind: "weekend" })).toBe("scheduled");
});
