/**
 * Who is signed in on this device.
 *
 * Hides: where the tokens lie, and that two windows of one device renew them one after the other.
 * A refresh token is good once, and one used twice ends the sign-in: so whoever renews holds a
 * lock, and looks first whether another window has done it meanwhile.
 */
import type { AccountAnswer, SessionAnswer } from "./schema";

export type Role = AccountAnswer["roles"][number];

interface Kept {
  account: AccountAnswer;
  refreshToken: string;
}

interface Access {
  token: string;
  /** Milliseconds since 1970 after which it is no longer used. */
  until: number;
}

const KEY = "jobbing.session";
const LOCK = "jobbing.session";
/** A token is renewed so long before it ends, in seconds: requests take a while, clocks differ. */
const EARLY_S = 60;

let access: Access | undefined;
const listeners = new Set<() => void>();

/** Raised when the sign-in is over; whoever is at the screen has to sign in again. */
export class SignedOut extends Error {
  override name = "SignedOut";
}

let seen: { text: string | null; kept: Kept | undefined } = { text: null, kept: undefined };

function read(): Kept | undefined {
  const text = localStorage.getItem(KEY);
  if (text !== seen.text) {
    let kept: Kept | undefined;
    try {
      kept = text === null ? undefined : (JSON.parse(text) as Kept);
    } catch {
      kept = undefined;
    }
    seen = { text, kept };
  }
  return seen.kept;
}

function write(kept: Kept | undefined): void {
  if (kept) localStorage.setItem(KEY, JSON.stringify(kept));
  else localStorage.removeItem(KEY);
  for (const tell of listeners) tell();
}

/** The account as it was last heard of, also without a network; undefined when nobody is. */
export function account(): AccountAnswer | undefined {
  return read()?.account;
}

/** Calls `tell` whenever somebody signs in or out here, also in another window; returns its end. */
export function subscribe(tell: () => void): () => void {
  const heard = (event: StorageEvent) => {
    if (event.key !== KEY) return;
    access = undefined;
    tell();
  };
  listeners.add(tell);
  window.addEventListener("storage", heard);
  return () => {
    listeners.delete(tell);
    window.removeEventListener("storage", heard);
  };
}

/** What the server said at a sign-in. */
export function begin(session: SessionAnswer): void {
  take(session);
}

/** The account has changed: its name, its language, its roles. */
export function update(changed: AccountAnswer): void {
  const kept = read();
  if (kept) write({ ...kept, account: changed });
}

/** Forget the sign-in on this device. */
export function end(): void {
  access = undefined;
  write(undefined);
}

function take(session: SessionAnswer): string {
  access = {
    token: session.access_token,
    until: Date.now() + (session.expires_in - EARLY_S) * 1000,
  };
  write({ account: session.account, refreshToken: session.refresh_token });
  return session.access_token;
}

/**
 * A token that is good now, renewed if need be; undefined when nobody is signed in.
 *
 * Raises SignedOut when the sign-in was ended elsewhere, and what fetch raises without a network.
 */
export async function token(renew: Renew): Promise<string | undefined> {
  if (!read()) return undefined;
  if (access && access.until > Date.now()) return access.token;
  return renewed(renew);
}

/** The server refused this token though it looked good: another is tried, once. */
export async function replaced(refused: string, renew: Renew): Promise<string | undefined> {
  if (access?.token === refused) access = undefined;
  return token(renew);
}

type Renew = (refreshToken: string) => Promise<SessionAnswer | "refused">;

async function renewed(renew: Renew): Promise<string> {
  return navigator.locks.request(LOCK, async () => {
    if (access && access.until > Date.now()) return access.token;
    const kept = read();
    if (!kept) throw new SignedOut();
    const answer = await renew(kept.refreshToken);
    if (answer === "refused") {
      // Another window may have signed in anew while this one asked.
      if (read()?.refreshToken === kept.refreshToken) end();
      throw new SignedOut();
    }
    return take(answer);
  });
}
