/** Pushes in the app from a store: the system's own, through Firebase's plugin. */
import { FirebaseMessaging } from "@capacitor-firebase/messaging";

import type { Address, Pushed, Status, Way } from "./push";

async function status(): Promise<Status> {
  const { receive } = await FirebaseMessaging.checkPermissions();
  if (receive === "granted") return "on";
  return receive === "denied" ? "denied" : "ask";
}

async function address(): Promise<Address> {
  return { kind: "token", value: (await FirebaseMessaging.getToken()).token };
}

export const way: Way = {
  status,
  ask: async () => {
    const { receive } = await FirebaseMessaging.requestPermissions();
    return receive === "granted" ? address() : undefined;
  },
  address,
  listen: (heard, open) => {
    void FirebaseMessaging.addListener("notificationReceived", ({ notification }) => {
      heard(notification.data as Pushed);
    });
    void FirebaseMessaging.addListener("notificationActionPerformed", ({ notification }) => {
      const { path } = notification.data as Pushed;
      if (path) open(path);
    });
  },
};
