/**
 * The door to pushes: whether they can come, asking for them, and what arrives while the app is
 * open. Behind it a browser's (web.ts) or a store app's (native.ts); nothing else knows which.
 */
import { refresh } from "~/api/act";
import { newKey, server } from "~/api/client";
import { isNative, platform } from "~/app/native";

/** What a push carries: never who or where, only what to look at. */
export interface Pushed {
  kind: string;
  path: string;
  offer_id?: string;
  job_id?: string;
  /** Its words, where they were not shown by the system. */
  title?: string;
  /** The system has shown it already. */
  shown?: boolean;
}

export type Status =
  /** Offers ring this device. */
  | "on"
  /** Nobody was asked yet. */
  | "ask"
  /** Refused in the settings of the system; only there can it be undone. */
  | "denied"
  /** An iPhone pushes to an app on the home screen only. */
  | "home-screen"
  /** This browser cannot. */
  | "unable"
  /** This server pushes nothing. */
  | "unset";

/** How Firebase finds a device. */
export interface Address {
  kind: "fid" | "token";
  value: string;
}

export interface Way {
  status: () => Promise<Status>;
  /** Ask the person; the address of this device when they agreed. */
  ask: () => Promise<Address | undefined>;
  /** The address of a device that agreed before. */
  address: () => Promise<Address | undefined>;
  listen: (heard: (pushed: Pushed) => void, open: (path: string) => void) => void;
}

const INSTALLATION = "jobbing.installation";

/** The number of this installation, made once. */
export function installation(): string {
  let id = localStorage.getItem(INSTALLATION);
  if (!id) {
    id = newKey();
    localStorage.setItem(INSTALLATION, id);
  }
  return id;
}

let way: Promise<Way> | undefined;

function through(): Promise<Way> {
  way ??= isNative()
    ? import("./native").then((native) => native.way)
    : import("./web").then((web) => web.way);
  return way;
}

export async function status(): Promise<Status> {
  return (await through()).status();
}

/** Ask the person whether this device may ring, and tell the server where it does. */
export async function ask(): Promise<Status> {
  const by = await through();
  const address = await by.ask();
  if (address !== undefined) await tell(address);
  return by.status();
}

/** Whoever is signed in is reached here from now on, if they agreed before. */
export async function rebind(): Promise<void> {
  const by = await through();
  if ((await by.status()) !== "on") return;
  const address = await by.address();
  if (address !== undefined) await tell(address);
}

async function tell(address: Address): Promise<void> {
  await server.PUT("/api/v1/me/devices/{installation_id}", {
    params: { path: { installation_id: installation() } },
    body: {
      address,
      platform: platform(),
      app_version: __BUILD__.slice(0, 40),
    },
  });
}

const listeners = new Set<(pushed: Pushed) => void>();

/** Calls `heard` with what is pushed while the app is open; returns its end. */
export function onPush(heard: (pushed: Pushed) => void): () => void {
  listeners.add(heard);
  return () => listeners.delete(heard);
}

/** Begin to listen; `open` leads to a screen. Once, when the app begins. */
export async function listen(open: (path: string) => void): Promise<void> {
  (await through()).listen((pushed) => {
    // Whatever it was about is looked at again at once.
    void refresh();
    for (const heard of listeners) heard(pushed);
  }, open);
}
