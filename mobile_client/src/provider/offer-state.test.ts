import { describe, expect, it } from "vitest";

import type { OfferAnswer } from "~/api/schema";

import { countdown, leftOf, stageOf, undoLeft } from "./offer-state";

const NOW = new Date("2026-11-28T10:00:00Z");

function offer(changed: object): OfferAnswer {
  return {
    state: "seen",
    sent_at: "2026-11-28T09:58:00Z",
    expires_at: "2026-11-28T10:02:00Z",
    job: { mode: "instant" },
    quote: null,
    ...changed,
  } as unknown as OfferAnswer;
}

describe("an offer", () => {
  it("is taken, or a price is named, as long as it lives", () => {
    expect(stageOf(offer({}), NOW)).toBe("take");
    expect(stageOf(offer({ job: { mode: "choose" } }), NOW)).toBe("quote");
    expect(stageOf(offer({ expires_at: "2026-11-28T10:00:00Z" }), NOW)).toBe("expired");
  });

  it("waits for a yes or no where another price is asked for", () => {
    expect(stageOf(offer({ state: "quoted", quote: { counter: null } }), NOW)).toBe("quoted");
    expect(stageOf(offer({ state: "quoted", quote: { counter: { agreed: null } } }), NOW)).toBe(
      "counter",
    );
    expect(stageOf(offer({ state: "quoted", quote: { counter: { agreed: true } } }), NOW)).toBe(
      "quoted",
    );
  });

  it("shows how much of its time is left", () => {
    expect(leftOf(offer({}), NOW)).toEqual({ seconds: 120, share: 0.5 });
    expect(leftOf(offer({ expires_at: "2026-11-28T09:59:00Z" }), NOW).share).toBe(0);
    expect(countdown(65).value).toBe("1:05");
    expect(countdown(2 * 3600 + 300).value).toBe("2 h 05");
    expect(countdown(3 * 86_400)).toEqual({ unit: "days", value: "3" });
  });

  it("can be given back for a minute", () => {
    expect(undoLeft("2026-11-28T09:59:30Z", NOW)).toBe(30);
    expect(undoLeft("2026-11-28T09:58:30Z", NOW)).toBe(0);
    expect(undoLeft(null, NOW)).toBe(0);
  });
});
