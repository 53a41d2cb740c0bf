/** Whether this is the app from a store, in a shell of its own, and on which system. */
import { Capacitor } from "@capacitor/core";

export function isNative(): boolean {
  return Capacitor.isNativePlatform();
}

export function platform(): "android" | "ios" | "web" {
  const name = Capacitor.getPlatform();
  return name === "android" || name === "ios" ? name : "web";
}
