/**
 * What is around every screen: the bar under the thumb, the word that there is no network, and
 * the doors that ask who is there.
 */
import {
  CalendarDays,
  ClipboardList,
  Inbox,
  LogIn,
  PlusCircle,
  User,
  Wallet,
  WifiOff,
} from "lucide-react";
import { lazy, Suspense, type ReactNode, useEffect } from "react";
import { Navigate, NavLink, Outlet, ScrollRestoration, useLocation } from "react-router";

import { api } from "~/api/client";
import { useMe, useAccount } from "~/api/who";
import { Mark } from "~/ui/brand";
import { ButtonLink } from "~/ui/controls";
import { Empty, Page, toast, useOnline } from "~/ui/surfaces";
import { useSay } from "~/words";

import css from "./shell.module.css";
import { onUpdate } from "./worker";

// Nobody waits for it, and who is not signed in is not rung.
const Foreground = lazy(async () => ({
  default: (await import("~/push/foreground")).Foreground,
}));

export function Shell() {
  const say = useSay();
  const account = useAccount();
  const online = useOnline();
  useEffect(() => {
    void onUpdate((takeOver) =>
      toast(say("update-ready"), { label: say("update-now"), run: takeOver }),
    );
  }, [say]);
  return (
    <div className={css.shell} data-bare={account ? undefined : true}>
      <a className={css.skip} href="#screen">
        {say("skip-to-content")}
      </a>
      {!online && (
        <p className={css.offline} role="status">
          <WifiOff size={18} aria-hidden />
          {say("offline")}
        </p>
      )}
      <main id="screen">
        <Outlet />
      </main>
      {account && <Bar />}
      {account && (
        <Suspense>
          <Foreground />
        </Suspense>
      )}
      <ScrollRestoration />
    </div>
  );
}

function Bar() {
  const say = useSay();
  const me = useMe();
  const resident = me.roles.includes("resident");
  const provider = me.roles.includes("provider");
  return (
    <nav className={css.bar} aria-label={say("navigation")}>
      <p className={css.mark} aria-hidden>
        <Mark size={32} />
        {say("app-name")}
      </p>
      <ul>
        {provider && (
          <Tab to="/offers" icon={<Inbox aria-hidden />} label={say("tab-offers")}>
            <OffersCount />
          </Tab>
        )}
        {provider && <Tab to="/day" icon={<CalendarDays aria-hidden />} label={say("tab-day")} />}
        {resident && (
          <Tab to="/jobs" icon={<ClipboardList aria-hidden />} label={say("tab-jobs")} />
        )}
        {resident && !provider && (
          <Tab to="/post" icon={<PlusCircle aria-hidden />} label={say("tab-post")} />
        )}
        {provider && (
          <Tab to="/earnings" icon={<Wallet aria-hidden />} label={say("tab-earnings")} />
        )}
        <Tab to="/me" icon={<User aria-hidden />} label={say("tab-me")} />
      </ul>
    </nav>
  );
}

function Tab({
  to,
  icon,
  label,
  children,
}: {
  to: string;
  icon: ReactNode;
  label: string;
  children?: ReactNode;
}) {
  return (
    <li>
      <NavLink className={css.tab ?? ""} to={to}>
        {icon}
        <span>{label}</span>
        {children}
      </NavLink>
    </li>
  );
}

/** How many offers wait for an answer. */
function OffersCount() {
  const say = useSay();
  const { data } = api.useQuery(
    "get",
    "/api/v1/offers",
    { params: { query: { state: ["sent", "seen"] } } },
    { refetchInterval: 15_000, meta: { keep: true } },
  );
  const count = data?.items.length ?? 0;
  if (count === 0) return null;
  return (
    <span className={css.count}>
      <span aria-hidden>{count}</span>
      <span className="unseen">{say("offers-waiting", { count })}</span>
    </span>
  );
}

/** The first screen of whoever opens the app. */
export function Home() {
  const account = useAccount();
  if (!account) return <Navigate to="/welcome" replace />;
  return <Navigate to={account.roles.includes("provider") ? "/offers" : "/jobs"} replace />;
}

/** Screens for those who are not signed in; who is goes where they wanted. */
export function Outside() {
  const account = useAccount();
  const location = useLocation();
  if (account) return <Navigate to={wanted(location.state)} replace />;
  return <Outlet />;
}

/** Screens for those who are signed in; the others come back after signing in. */
export function Inside() {
  const account = useAccount();
  if (!account) return <SignInAgain />;
  return <Outlet />;
}

/** Where whoever signs in wanted to go. */
export function wanted(state: unknown): string {
  const to = (state as { to?: unknown } | null)?.to;
  return typeof to === "string" && to.startsWith("/") ? to : "/";
}

export function SignInAgain() {
  const say = useSay();
  const location = useLocation();
  const state = { to: location.pathname + location.search };
  return (
    <Page title={say("sign-in-again-title")}>
      <Empty
        mark={<LogIn size={32} />}
        title={say("sign-in-again-title")}
        action={
          <ButtonLink to="/sign-in" state={state}>
            {say("sign-in")}
          </ButtonLink>
        }
      >
        {say("sign-in-again-text")}
      </Empty>
    </Page>
  );
}
