/** Addresses that the system hands to the app from a store: where each leads in here. */
import { App } from "@capacitor/app";

import { SERVER } from "~/api/client";

/**
 * The screen an address names, or undefined where it is none of ours.
 *
 * `jobbing://offers/1` and `https://jobbing.example.org/offers/1` are the same screen; of https
 * only addresses of `server` count, and of those none that the server answers itself.
 */
export function screenOf(address: string, server = SERVER): string | undefined {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return undefined;
  }
  // In jobbing://offers/1 the first word stands where a host would.
  const path = url.protocol === "jobbing:" ? `/${url.host}${url.pathname}` : url.pathname;
  const ours = url.protocol === "jobbing:" || (server !== "" && url.origin === origin(server));
  if (!ours || /^\/(api|assets|docs|problems)(\/|$)/.test(path) || path.startsWith("//")) {
    return undefined;
  }
  return path.replace(/(.)\/$/, "$1") + url.search;
}

function origin(server: string): string {
  return new URL(server).origin;
}

/** Calls `open` with every screen that is asked for from outside, the first one included. */
export async function followLinks(open: (path: string) => void): Promise<void> {
  const go = (address: string) => {
    const screen = screenOf(address);
    if (screen !== undefined) open(screen);
  };
  await App.addListener("appUrlOpen", ({ url }) => go(url));
  const launched = await App.getLaunchUrl();
  if (launched) go(launched.url);
}
