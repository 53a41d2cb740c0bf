/** Where the app begins: words, what is kept on the device, and the screens. */
import "@fontsource-variable/noto-sans/wght.css";
import "@fontsource-variable/bricolage-grotesque/wght.css";
import "./ui/base.css";

import { PersistQueryClientProvider } from "@tanstack/react-query-persist-client";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";

import * as outbox from "./api/outbox";
import { useAccount } from "./api/who";
import * as session from "./api/session";
import { client, persistence } from "./api/store";
import { router } from "./app/routes";
import { installWorker } from "./app/worker";
import { Toasts } from "./ui/surfaces";
import { load, WordsProvider } from "./words";
import { language } from "./words/language";

outbox.open();

function App() {
  useAccount();
  return (
    // What is kept belongs to one sign-in: another one begins with another store.
    <PersistQueryClientProvider
      key={session.signInNumber() ?? "nobody"}
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
