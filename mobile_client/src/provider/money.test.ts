import { expect, it } from "vitest";

import { cents, typed } from "./money";

it("reads amounts as people type them", () => {
  expect(["42", "42,5", "42.50", "1 200", "12 €"].map(cents)).toEqual([
    4200, 4250, 4250, 120000, 1200,
  ]);
  expect(["", "-3", "4,555", "abc"].map(cents)).toEqual(Array(4).fill(undefined));
  expect([typed(4200), typed(4250), typed(null)]).toEqual(["42", "42.50", ""]);
});
