/** Where the app begins: words, what is kept on the device, and the screens. */
import "@fontsource-variable/noto-sans/wght.css";
import "@fontsource-variable/bricolage-grotesque/wght.css";
import "./ui/base.css";

import { PersistQueryClientProvider } from "@tanstack/react-query-persist-client";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";

import * as outbox from "./api/outbox";
import { useAccount } from "./api/who";
import { client, persistence, watch } from "./api/store";
import { isNative } from "./app/native";
import { router } from "./app/routes";
import { installWorker } from "./app/worker";
import { Toasts } from "./ui/surfaces";
import { load, WordsProvider } from "./words";
import { language } from "./words/language";

outbox.open();
watch();

// A version that is gone from the server took its files along: the page is fetched anew, once.
window.addEventListener("vite:preloadError", () => {
  const last = Number(sessionStorage.getItem("jobbing.reloaded") ?? 0);
  if (!navigator.onLine || Date.now() - last < 60_000) return;
  sessionStorage.setItem("jobbing.reloaded", String(Date.now()));
  location.reload();
});

function App() {
  const account = useAccount();
  return (
    // What is kept belongs to one person: another one begins with another store.
    <PersistQueryClientProvider
      key={account?.id ?? "nobody"}
      client={client}
      persistOptions={persistence}
      onSuccess={() => void client.resumePausedMutations()}
    >
      <RouterProvider router={router} />
      <Toasts />
    </PersistQueryClientProvider>
  );
}

const first = await load(language());
document.documentElement.lang = language();
const root = document.getElementById("app");
if (root) {
  createRoot(root).render(
    <WordsProvider first={first}>
      <App />
    </WordsProvider>,
  );
}
void installWorker();
if (isNative()) {
  const links = await import("./app/native-links");
  void links.followLinks((path) => void router.navigate(path));
}
