import { describe, expect, it } from "vitest";

import { screenOf } from "./native-links";

const SERVER = "https://jobbing.example.org";

describe("screenOf", () => {
  it.each([
    ["jobbing://offers/019ab7c2", "/offers/019ab7c2"],
    ["jobbing://jobs/1/messages?from=push", "/jobs/1/messages?from=push"],
    ["jobbing://offers/", "/offers"],
    ["https://jobbing.example.org/offers/1", "/offers/1"],
    ["https://jobbing.example.org/", "/"],
  ])("leads from %s to %s", (address, screen) => {
    expect(screenOf(address, SERVER)).toBe(screen);
  });

  it.each([
    "https://elsewhere.example.org/offers/1",
    "https://jobbing.example.org.evil.example/offers/1",
    "http://jobbing.example.org/offers/1",
    "https://jobbing.example.org/api/v1/me",
    "jobbing://api/v1/me",
    "jobbing:////elsewhere.example.org",
    "javascript:alert(1)",
    "nothing",
    "",
  ])("leads nowhere from %s", (address) => {
    expect(screenOf(address, SERVER)).toBeUndefined();
  });

  it("follows no web address where no server was built in", () => {
    expect(screenOf("https://jobbing.example.org/offers/1", "")).toBeUndefined();
  });
});
