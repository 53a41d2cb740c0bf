import { describe, expect, it } from "vitest";

import { format } from "./format";

const paris = format("fr", "Europe/Paris");
const london = format("en", "Europe/London");

/** Spaces of all widths are one space: which one a browser uses is its own affair. */
function plain(text: string): string {
  return text.replace(/[\u00a0\u202f\u2009]/g, " ");
}

describe("money", () => {
  it("has cents only where there are some", () => {
    expect(plain(paris.money(4000, "EUR"))).toBe("40 €");
    expect(plain(paris.money(4250, "EUR"))).toBe("42,50 €");
    expect(london.money(4250, "GBP")).toBe("£42.50");
  });
  it("never loses its sign", () => {
    expect(plain(paris.money(-1250, "EUR"))).toBe("-12,50 €");
  });
});

describe("hours", () => {
  it("are those of the place, in summer and in winter", () => {
    expect(paris.hour("2026-07-01T12:00:00Z")).toBe("14:00");
    expect(paris.hour("2026-12-01T12:00:00Z")).toBe("13:00");
    expect(london.hour("2026-07-01T12:00:00Z")).toBe("13:00");
  });
  it("name the day once where a visit is on one", () => {
    const span = paris.span("2026-03-03T13:00:00Z", "2026-03-03T15:00:00Z");
    expect(span).toBe("mardi 3 mars, 14:00 – 16:00");
  });
  it("name both days where it is not", () => {
    const span = paris.span("2026-03-03T13:00:00Z", "2026-03-04T15:00:00Z");
    expect(span).toBe("mar. 3 mars, 14:00 – mer. 4 mars, 16:00");
  });
  it("take midnight for the day that begins", () => {
    expect(paris.day("2026-03-02T23:00:00Z")).toBe("mar. 3 mars");
  });
});

describe("how long and how far", () => {
  it("is said in the unit people use", () => {
    expect(paris.minutes(45)).toBe("45 min");
    expect(paris.minutes(120)).toBe("2 h");
    expect(paris.minutes(65)).toBe("1 h 05");
    expect(paris.distance(320)).toBe("300 m");
    expect(paris.distance(1234)).toBe("1,2 km");
    expect(london.distance(12_345)).toBe("12 km");
  });
  it("is said from now", () => {
    const now = new Date("2026-03-03T12:00:00Z");
    expect(paris.ago("2026-03-03T11:55:00Z", now)).toBe("il y a 5 minutes");
    expect(paris.ago("2026-03-03T14:00:00Z", now)).toBe("dans 2 heures");
  });
});
