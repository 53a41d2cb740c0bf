/**
 * The server, typed by its own document.
 *
 * Hides: tokens and their renewal, the language of answers, what an error looks like. Whatever
 * fails raises Refused (the server said no, and why), Unreachable or SignedOut.
 */
import createFetchClient, { type Middleware } from "openapi-fetch";
import createQueryHooks from "openapi-react-query";

import { language } from "~/words/language";

import { Refused, Unreachable } from "./problem";
import type { paths, Problem, SessionAnswer } from "./schema";
import * as session from "./session";

/** The app in a shell of its own is not served by the server it talks to. */
export const SERVER = (import.meta.env.VITE_SERVER_URL as string | undefined) ?? "";

/** Longer than the slowest answer on a poor line; then it is said that nobody answers. */
const PATIENCE_MS = 30_000;

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request, {
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
  } catch (error) {
    // Whoever left the screen asked for the end of it; that is no failure.
    if (request.signal.aborted) throw error;
    throw new Unreachable("nobody answers", { cause: error });
  }
}

async function renew(refreshToken: string): Promise<SessionAnswer | "refused"> {
  const response = await send(
    new Request(`${SERVER || location.origin}/api/v1/sessions/refresh`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": language() },
      body: JSON.stringify({ refresh_token: refreshToken }),
    }),
  );
  if (response.ok) return (await response.json()) as SessionAnswer;
  if (response.status === 401 || response.status === 422) return "refused";
  throw await refusal(response);
}

async function refusal(response: Response): Promise<Refused> {
  try {
    return new Refused((await response.json()) as Problem);
  } catch {
    // Something between us and the server answered in its place.
    return new Refused({
      type: "about:blank",
      title: response.statusText || String(response.status),
      detail: "",
      status: response.status,
      request_id: null,
    });
  }
}

/** Fetch with whoever is signed in: a token that was refused is renewed once. */
export async function authorised(request: Request): Promise<Response> {
  request.headers.set("Accept-Language", language());
  const token = await session.token(renew);
  if (token === undefined) return send(request);
  const again = request.clone();
  request.headers.set("Authorization", `Bearer ${token}`);
  const response = await send(request);
  if (response.status !== 401) return response;
  const other = await session.replaced(token, renew);
  again.headers.set("Authorization", `Bearer ${other ?? ""}`);
  return send(again);
}

const refusals: Middleware = {
  async onResponse({ response }) {
    if (!response.ok && response.status !== 304) throw await refusal(response);
  },
};

export const server = createFetchClient<paths>({
  baseUrl: SERVER || location.origin,
  fetch: authorised,
});
server.use(refusals);

/** Hooks of TanStack Query for every operation: `api.useQuery("get", "/api/v1/jobs", ...)`. */
export const api = createQueryHooks(server);

/** A number for a request that must have its effect once, however often it is sent. */
export function newKey(): string {
  return crypto.randomUUID();
}
