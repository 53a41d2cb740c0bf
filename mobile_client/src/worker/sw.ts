/**
 * What works when no window of the app is open: the shell from the device, and pushes.
 *
 * Hides: Workbox and Firebase's end of a push. A notification is shown by Firebase's own code;
 * where it leads is ours, because it leads into a window that is open already.
 */
import { type FirebaseOptions, initializeApp } from "firebase/app";
import { getMessaging, onBackgroundMessage } from "firebase/messaging/sw";
import { clientsClaim } from "workbox-core";
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  precacheAndRoute,
  type PrecacheEntry,
} from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";
import { CacheFirst, StaleWhileRevalidate } from "workbox-strategies";

declare const self: ServiceWorkerGlobalScope & {
  __WB_MANIFEST: (PrecacheEntry | string)[];
  /** What the server says to its clients; without `firebase` it pushes nothing. */
  jobbing?: { firebase: FirebaseOptions | null };
};

interface Data {
  kind?: string;
  path?: string;
  tag?: string;
}

interface Shown {
  FCM_MSG?: { data?: Data };
  path?: string;
}

// --- where a notification leads -------------------------------------------------------------

// Before Firebase's own, which knows only addresses to open anew.
self.addEventListener("notificationclick", (event) => {
  const shown = (event.notification.data ?? {}) as Shown;
  const path = shown.FCM_MSG?.data?.path ?? shown.path ?? "/";
  event.stopImmediatePropagation();
  event.notification.close();
  event.waitUntil(open(path));
});

async function open(path: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const one = windows.find((each) => each.visibilityState === "visible") ?? windows[0];
  if (!one) {
    await self.clients.openWindow(path);
    return;
  }
  one.postMessage({ type: "open", path });
  await one.focus();
}

// --- pushes ---------------------------------------------------------------------------------

// Said by the server (jobbing_api/api/client.py) and read before anything else: whoever wants to
// hear of pushes has to say so before the first turn of the worker is over.
importScripts("/client-settings.js");

if (self.jobbing?.firebase) {
  const messaging = getMessaging(initializeApp(self.jobbing.firebase));
  // Shown by Firebase already where it has words; windows that nobody looks at look again.
  onBackgroundMessage(messaging, async (payload) => {
    for (const each of await self.clients.matchAll({ type: "window" })) {
      each.postMessage({ type: "pushed", data: payload.data });
    }
  });
}

// --- the shell ------------------------------------------------------------------------------

precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();

// Every address of the app is the same page; the server's own pages are the server's.
registerRoute(
  new NavigationRoute(createHandlerBoundToURL("/index.html"), {
    denylist: [
      /^\/(api|docs|problems|metrics|healthz|readyz|verify-email|reset-password)(\/|$)/,
      /\.\w+$/,
    ],
  }),
);

// The map, Firebase and rarer letters: their names change with what is in them.
registerRoute(
  ({ url }) => url.origin === location.origin && url.pathname.startsWith("/assets/"),
  new CacheFirst({ cacheName: "assets" }),
);
registerRoute(
  ({ url }) => url.origin === location.origin && /^\/(map|icons)\//.test(url.pathname),
  new StaleWhileRevalidate({ cacheName: "map" }),
);
registerRoute(
  ({ url }) => url.pathname.startsWith("/api/v1/pictures/"),
  new CacheFirst({ cacheName: "pictures" }),
);

self.addEventListener("message", (event) => {
  if ((event.data as { type?: string } | null)?.type === "take-over") void self.skipWaiting();
});
clientsClaim();
