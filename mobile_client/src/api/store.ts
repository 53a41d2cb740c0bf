/**
 * What the app knows, kept on the device so that it is there without a network.
 *
 * Hides: TanStack Query's client, and that what is marked `meta: { keep: true }` and everything in
 * the outbox lie in IndexedDB, apart for every person. Photos lie there as they are. Whoever has
 * to sign in again finds what they wrote; whoever signs in after somebody else finds nothing.
 */
import { type Mutation, type Query, QueryClient } from "@tanstack/react-query";
import type { PersistedClient, Persister } from "@tanstack/react-query-persist-client";
import { createStore, del, delMany, get, keys, set } from "idb-keyval";

import { mayPass } from "./problem";
import * as session from "./session";

declare module "@tanstack/react-query" {
  interface Register {
    queryMeta: {
      /** Readable without a network, for a week. */
      keep?: boolean;
    };
  }
}

const WEEK_MS = 7 * 24 * 3600 * 1000;
const MOST_TRIES = 3;

export const OUTBOX = "outbox";

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Answers carry an ETag: looking again costs little, and a screen shows what is so now.
      staleTime: 5_000,
      gcTime: WEEK_MS,
      // The network is tried before it is believed to be away: a cellar's Wi-Fi is "online".
      networkMode: "offlineFirst",
      retry: (failures, error) => mayPass(error) && failures < MOST_TRIES,
      retryDelay: (failures) => Math.min(1000 * 2 ** failures, 15_000),
    },
    mutations: {
      networkMode: "always",
      retry: false,
    },
  },
});

function keeps(query: Query): boolean {
  return query.meta?.keep === true && query.state.data !== undefined;
}

function waits(mutation: Mutation): boolean {
  return mutation.options.mutationKey?.[0] === OUTBOX && mutation.state.status === "pending";
}

const kept = createStore("jobbing", "kept");

function place(): string {
  return `client ${session.account()?.id ?? "nobody"}`;
}

const persister: Persister = {
  persistClient: (persisted: PersistedClient) => set(place(), persisted, kept),
  restoreClient: async () => {
    const persisted = await get<PersistedClient>(place(), kept);
    if (!persisted) return undefined;
    for (const mutation of persisted.clientState.mutations) {
      // Whatever was on its way when the app was closed goes on its way again; the number it
      // carries keeps it from arriving twice.
      mutation.state = { ...mutation.state, status: "pending", isPaused: true };
    }
    return persisted;
  },
  removeClient: () => del(place(), kept),
};

export const persistence = {
  persister,
  maxAge: WEEK_MS,
  buster: __BUILD__,
  dehydrateOptions: {
    shouldDehydrateQuery: keeps,
    shouldDehydrateMutation: waits,
  },
};

/** Nothing of whoever is signed in stays on this device; to be called before they sign out. */
export async function forget(): Promise<void> {
  client.clear();
  await persister.removeClient();
}

/** Another person at the screen sees nothing of the one before. Once, when the app begins. */
export function watch(): void {
  let before = session.account()?.id;
  session.subscribe(() => {
    const now = session.account()?.id;
    if (now === before) return;
    before = now;
    client.clear();
    if (now !== undefined) void leaveOnly(place());
  });
}

async function leaveOnly(mine: string): Promise<void> {
  await delMany(
    (await keys(kept)).filter((key) => key !== mine),
    kept,
  );
}
