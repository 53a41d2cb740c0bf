import { describe, expect, it } from "vitest";

import {
  clock,
  covers,
  hoursOf,
  joined,
  merged,
  painted,
  PRESETS,
  stepOf,
  weeklyOf,
  weekOf,
  without,
} from "./hours";

describe("stretches", () => {
  it("are one where they touch or overlap, and empty ones go", () => {
    expect(
      merged([
        { from: 20, to: 24 },
        { from: 16, to: 18 },
        { from: 18, to: 20 },
        { from: 30, to: 30 },
      ]),
    ).toEqual([{ from: 16, to: 24 }]);
    expect(
      merged([
        { from: 16, to: 30 },
        { from: 18, to: 20 },
      ]),
    ).toEqual([{ from: 16, to: 30 }]);
  });

  it("are two when their middle goes", () => {
    expect(without([{ from: 16, to: 36 }], { from: 24, to: 28 })).toEqual([
      { from: 16, to: 24 },
      { from: 28, to: 36 },
    ]);
    expect(without([{ from: 16, to: 36 }], { from: 0, to: 48 })).toEqual([]);
  });

  it("are painted in either direction", () => {
    expect(painted([], 20, 16, true)).toEqual([{ from: 16, to: 21 }]);
    expect(painted([{ from: 16, to: 21 }], 18, 18, false)).toEqual([
      { from: 16, to: 18 },
      { from: 19, to: 21 },
    ]);
    expect(covers([{ from: 16, to: 18 }], 17)).toBe(true);
    expect(covers([{ from: 16, to: 18 }], 18)).toBe(false);
  });
});

describe("a week", () => {
  it("comes and goes as the server writes it", () => {
    const weekly = [
      { weekday: 0, from: "08:00", to: "12:00" },
      { weekday: 0, from: "13:30", to: "24:00" },
      { weekday: 6, from: "00:00", to: "09:00" },
    ];
    expect(weeklyOf(weekOf(weekly))).toEqual(weekly);
  });

  it("loses no minute that does not lie on a half-hour", () => {
    expect([stepOf("08:15"), stepOf("12:10", true)].map(clock)).toEqual(["08:00", "12:30"]);
  });

  it("has the hours of its presets, and of two together", () => {
    expect(hoursOf(PRESETS.weekdays)).toBe(50);
    expect(hoursOf(joined(PRESETS.weekdays, PRESETS.evenings))).toBe(65);
    expect(joined(PRESETS.weekdays, PRESETS.evenings)[0]).toEqual([{ from: 16, to: 42 }]);
  });
});
