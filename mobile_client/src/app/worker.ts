/**
 * The service worker, which keeps the shell on the device and shows what is pushed.
 *
 * Hides: when a new version takes over. It does at the next start of the app, or when somebody
 * says so: nobody's half-written job is thrown away by an update.
 */
import { isNative } from "./native";

let registration: Promise<ServiceWorkerRegistration | undefined> | undefined;

/** The registration of our worker; undefined where there can be none. */
export function installWorker(): Promise<ServiceWorkerRegistration | undefined> {
  registration ??= install();
  return registration;
}

async function install(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD || isNative()) return undefined;
  try {
    return await navigator.serviceWorker.register("/sw.js", { scope: "/" });
  } catch (error) {
    // A browser that keeps nothing, or a page that is not secure: the app works without.
    console.warn("no service worker", error);
    return undefined;
  }
}

/** Calls `tell` when a newer version of the app is here and waits; it takes over when told to. */
export async function onUpdate(tell: (takeOver: () => void) => void): Promise<void> {
  const worker = await installWorker();
  if (!worker) return;
  const look = () => {
    const { waiting } = worker;
    if (!waiting || !navigator.serviceWorker.controller) return;
    tell(() => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), {
        once: true,
      });
      waiting.postMessage({ type: "take-over" });
    });
  };
  look();
  worker.addEventListener("updatefound", () => {
    worker.installing?.addEventListener("statechange", look);
  });
}
