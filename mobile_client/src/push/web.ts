/** Pushes in a browser: Firebase's own code, fetched when it is needed. */
import { server } from "~/api/client";
import type { ClientSettingsAnswer } from "~/api/schema";
import { installWorker } from "~/app/worker";

import type { Address, Pushed, Status, Way } from "./push";

let settings: Promise<ClientSettingsAnswer | undefined> | undefined;

/** What this server says about pushes; asked again when it could not be asked. */
function configured(): Promise<ClientSettingsAnswer | undefined> {
  settings ??= server.GET("/api/v1/client-settings").then(
    ({ data }) => data,
    () => {
      settings = undefined;
      return undefined;
    },
  );
  return settings;
}

function iphone(): boolean {
  return /iPhone|iPad|iPod/.test(navigator.userAgent);
}

/** On a home screen, or installed on a desk. */
export function standalone(): boolean {
  return (
    matchMedia("(display-mode: standalone)").matches ||
    (navigator as { standalone?: boolean }).standalone === true
  );
}

async function status(): Promise<Status> {
  if (iphone() && !standalone()) return "home-screen";
  if (!("Notification" in window) || !("PushManager" in window)) return "unable";
  if (!(await installWorker())) return "unable";
  if (!(await configured())?.firebase) return "unset";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" ? "on" : "ask";
}

async function messaging() {
  const said = await configured();
  if (!said?.firebase) return undefined;
  const [{ getApps, initializeApp }, firebase] = await Promise.all([
    import("firebase/app"),
    import("firebase/messaging"),
  ]);
  const app = getApps()[0] ?? initializeApp(said.firebase);
  return { firebase, its: firebase.getMessaging(app), vapidKey: said.vapid_key };
}

let hear: ((pushed: Pushed) => void) | undefined;
let registered: ((fid: string) => void) | undefined;
let attached = false;

/** The number Firebase knows this browser by. Handed over by a callback, here made a promise. */
async function address(): Promise<Address | undefined> {
  const [worker, found] = await Promise.all([installWorker(), messaging()]);
  if (!worker || !found) return undefined;
  const { firebase, its, vapidKey } = found;
  if (!attached) {
    attached = true;
    firebase.onMessage(its, (payload) => {
      hear?.({
        ...(payload.data as unknown as Pushed),
        ...(payload.notification?.title ? { title: payload.notification.title } : {}),
      });
    });
    firebase.onRegistered(its, (fid) => registered?.(fid));
  }
  const fid = new Promise<string>((resolve) => {
    registered = resolve;
  });
  await firebase.register(its, {
    serviceWorkerRegistration: worker,
    ...(vapidKey ? { vapidKey } : {}),
  });
  return { kind: "fid", value: await fid };
}

export const way: Way = {
  status,
  ask: async () => {
    if ((await Notification.requestPermission()) !== "granted") return undefined;
    return address();
  },
  address,
  listen: (heard, open) => {
    hear = heard;
    // What our worker says: somebody pressed a notification, or one was shown behind our back.
    if (!("serviceWorker" in navigator)) return;
    navigator.serviceWorker.addEventListener("message", (event: MessageEvent<unknown>) => {
      const said = event.data as { type?: string; path?: string; data?: Pushed } | null;
      if (said?.type === "open" && said.path) open(said.path);
      else if (said?.type === "pushed" && said.data) heard({ ...said.data, shown: true });
    });
  },
};
