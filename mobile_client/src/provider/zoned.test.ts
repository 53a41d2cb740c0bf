import { expect, it } from "vitest";

import { midnight } from "./zoned";

it("knows a day's midnight where the work is, also when the clocks change", () => {
  expect(midnight("2026-11-28", "Europe/Paris")).toBe("2026-11-27T23:00:00.000Z");
  expect(midnight("2026-07-14", "Europe/Paris", 1)).toBe("2026-07-14T22:00:00.000Z");
  // On 25 October the clocks go back: the day begins in summer time and ends in winter time.
  expect(midnight("2026-10-25", "Europe/Paris")).toBe("2026-10-24T22:00:00.000Z");
  expect(midnight("2026-10-25", "Europe/Paris", 1)).toBe("2026-10-25T23:00:00.000Z");
});
