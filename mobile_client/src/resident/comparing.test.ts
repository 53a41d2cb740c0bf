import { expect, it } from "vitest";

import type { AskedAnswer } from "~/api/schema";

import { answersOf, bests, counterBounds } from "./comparing";

function answer(id: string, cents: number, metres: number, more: Partial<AskedAnswer> = {}) {
  return {
    offer_id: id,
    state: "quoted",
    price: { total_cents: cents },
    distance_up_to_m: metres,
    starts_at: "2026-11-27T08:00:00Z",
    profile: null,
    quote: null,
    ...more,
  } as AskedAnswer;
}

it("compares five at most, and only those with a price", () => {
  const asked = [1, 2, 3, 4, 5, 6].map((each) => answer(String(each), 100, 100));
  expect(answersOf([answer("0", 1, 1, { state: "seen" }), ...asked])).toHaveLength(5);
});

it("says in what somebody is alone the best", () => {
  const found = bests([answer("a", 5000, 1000), answer("b", 6000, 1000)]);
  expect(found.get("a")).toEqual(["price"]);
  expect(found.get("b")).toEqual([]);
  expect(bests([answer("a", 5000, 1000)]).get("a")).toEqual([]);
});

it("bounds a counter-offer by a fifth", () => {
  expect(counterBounds(10_000)).toEqual({ least: 8000, most: 12_000 });
});
