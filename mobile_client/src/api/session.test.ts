import { beforeEach, describe, expect, it, vi } from "vitest";

import type { SessionAnswer } from "./schema";
import * as session from "./session";

function answer(token: string, refresh: string, expiresIn = 900): SessionAnswer {
  return {
    access_token: token,
    refresh_token: refresh,
    expires_in: expiresIn,
    token_type: "Bearer",
    account: { id: "1", display_name: "Léa", roles: ["resident"] },
  } as unknown as SessionAnswer;
}

let turn: Promise<unknown> = Promise.resolve();

beforeEach(() => {
  localStorage.clear();
  session.end();
  turn = Promise.resolve();
  // One after the other, as the browser's own does.
  Object.defineProperty(navigator, "locks", {
    configurable: true,
    value: {
      request: (_name: string, run: () => Promise<unknown>) => {
        const mine = turn.then(run);
        turn = mine.catch(() => undefined);
        return mine;
      },
    },
  });
});

describe("a token", () => {
  it("is not asked for where nobody is signed in", async () => {
    const renew = vi.fn();
    expect(await session.token(renew)).toBeUndefined();
    expect(renew).not.toHaveBeenCalled();
  });

  it("is used until shortly before it ends, then renewed once for all who wait", async () => {
    session.begin(answer("first", "r1", 30));
    const renew = vi.fn(async () => answer("second", "r2"));
    const all = await Promise.all([
      session.token(renew),
      session.token(renew),
      session.token(renew),
    ]);
    expect(all).toEqual(["second", "second", "second"]);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(renew).toHaveBeenCalledWith("r1");
    expect(await session.token(renew)).toBe("second");
    expect(renew).toHaveBeenCalledTimes(1);
  });

  it("that was refused is replaced, and one that was replaced meanwhile is not again", async () => {
    session.begin(answer("first", "r1"));
    const renew = vi.fn(async () => answer("second", "r2"));
    expect(await session.replaced("first", renew)).toBe("second");
    expect(await session.replaced("first", renew)).toBe("second");
    expect(renew).toHaveBeenCalledTimes(1);
  });
});

describe("a sign-in", () => {
  it("that was ended elsewhere is over here too, and whoever asks hears of it", async () => {
    session.begin(answer("first", "r1", 0));
    const told = vi.fn();
    const silent = session.subscribe(told);
    await expect(session.token(async () => "refused")).rejects.toBeInstanceOf(session.SignedOut);
    expect(session.account()).toBeUndefined();
    expect(told).toHaveBeenCalled();
    silent();
  });

  it("outlives a network that is away", async () => {
    session.begin(answer("first", "r1", 0));
    const away = new Error("no network");
    await expect(session.token(() => Promise.reject(away))).rejects.toBe(away);
    expect(session.account()?.display_name).toBe("Léa");
  });
});
