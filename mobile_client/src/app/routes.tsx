/**
 * Which screen is where.
 *
 * The addresses of offers and jobs are those that pushes and mails name. Every screen is fetched
 * when it is first needed, so that the first one is there soon.
 */
import { createBrowserRouter, type RouteObject } from "react-router";

import { Broken, Missing } from "./broken";
import { Home, Inside, Outside, Shell } from "./shell";

/** A screen in a file of its own, whose component is its `default`. */
function screen(
  load: () => Promise<{ default: React.ComponentType }>,
): NonNullable<RouteObject["lazy"]> {
  return async () => ({ Component: (await load()).default });
}

export const router = createBrowserRouter([
  {
    Component: Shell,
    ErrorBoundary: Broken,
    HydrateFallback: () => null,
    children: [
      { index: true, Component: Home },
      {
        Component: Outside,
        children: [
          { path: "welcome", lazy: screen(() => import("./welcome")) },
          { path: "sign-in", lazy: screen(() => import("./sign-in")) },
          { path: "sign-up", lazy: screen(() => import("./sign-up")) },
          { path: "forgotten", lazy: screen(() => import("./forgotten")) },
        ],
      },
      // Anybody may describe a job; who they are is asked when it is sent.
      { path: "post", lazy: screen(() => import("~/resident/post")) },
      {
        Component: Inside,
        children: [
          { path: "jobs", lazy: screen(() => import("~/resident/board")) },
          { path: "jobs/:jobId", lazy: screen(() => import("~/job/page")) },
          { path: "jobs/:jobId/answers", lazy: screen(() => import("~/resident/answers")) },
          { path: "jobs/:jobId/messages", lazy: screen(() => import("~/job/messages")) },
          { path: "jobs/:jobId/order", lazy: screen(() => import("~/job/order")) },
          { path: "providers/:providerId", lazy: screen(() => import("~/resident/provider")) },
          { path: "offers", lazy: screen(() => import("~/provider/offers")) },
          { path: "offers/:offerId", lazy: screen(() => import("~/provider/offer")) },
          { path: "day", lazy: screen(() => import("~/provider/day")) },
          { path: "earnings", lazy: screen(() => import("~/provider/earnings")) },
          { path: "profile", lazy: screen(() => import("~/provider/profile")) },
          { path: "profile/reach", lazy: screen(() => import("~/provider/reach")) },
          { path: "calendar", lazy: screen(() => import("~/provider/calendar")) },
          { path: "me", lazy: screen(() => import("~/me/page")) },
        ],
      },
      { path: "*", Component: Missing },
    ],
  },
]);
