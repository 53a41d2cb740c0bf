/** What everything lies on: pages, cards, lists, sheets, and what is said when there is nothing. */
import {
  ArrowLeft,
  ChevronRight,
  CircleAlert,
  Info,
  TriangleAlert,
  WifiOff,
  X,
} from "lucide-react";
import { AlertDialog, Dialog } from "radix-ui";
import {
  lazy,
  type ReactNode,
  Suspense,
  useEffect,
  useId,
  useState,
  useSyncExternalStore,
} from "react";
import { Link, useNavigate } from "react-router";

import { isRefused, Unreachable } from "~/api/problem";
import { useSay } from "~/words";

import { Button, IconButton } from "./controls";
import css from "./surfaces.module.css";

/**
 * A whole screen: its title, what is on it, and what one does with it, under the thumb.
 *
 * `back` is where the arrow leads when there is no way back in the history.
 */
export function Page({
  title,
  back,
  actions,
  foot,
  wide,
  children,
}: {
  title: string;
  back?: string;
  actions?: ReactNode;
  foot?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}) {
  const say = useSay();
  const navigate = useNavigate();
  useEffect(() => {
    document.title = `${title} · Jobbing`;
  }, [title]);
  return (
    <div className={css.page} data-wide={wide || undefined}>
      <header className={css.head}>
        {back !== undefined && (
          <div className={css.back}>
            <IconButton
              label={say("go-back")}
              onClick={() => {
                const state = window.history.state as { idx?: number } | null;
                void (state?.idx ? navigate(-1) : navigate(back, { replace: true }));
              }}
            >
              <ArrowLeft aria-hidden />
            </IconButton>
          </div>
        )}
        <h1>{title}</h1>
        {actions}
      </header>
      <div className={css.body}>{children}</div>
      {foot && <div className={css.foot}>{foot}</div>}
    </div>
  );
}

export function Card({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <section className={css.card} aria-label={label}>
      {children}
    </section>
  );
}

/** A card that leads somewhere. */
export function CardLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link className={`${css.card ?? ""} ${css.cardLink ?? ""}`} to={to}>
      {children}
    </Link>
  );
}

export function Section({
  title,
  action,
  children,
}: {
  title: string;
  action?: ReactNode;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={css.section} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {action}
      </header>
      {children}
    </section>
  );
}

export function List({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <ul className={css.list} aria-label={label}>
      {children}
    </ul>
  );
}

/** A line of a list; with `to` or `onPress` it leads somewhere or does something. */
export function Row({
  icon,
  title,
  detail,
  end,
  to,
  onPress,
}: {
  icon?: ReactNode;
  title: ReactNode;
  detail?: ReactNode;
  end?: ReactNode;
  to?: string;
  onPress?: () => void;
}) {
  const inside = (
    <>
      {icon && <span className={css.rowIcon}>{icon}</span>}
      <span className={css.rowText}>
        {title}
        {detail && <small>{detail}</small>}
      </span>
      {end && <span className={css.rowEnd}>{end}</span>}
      {(to !== undefined || onPress) && !end && (
        <ChevronRight className={css.rowEnd} size={20} aria-hidden />
      )}
    </>
  );
  return (
    <li>
      {to !== undefined ? (
        <Link className={css.row} to={to}>
          {inside}
        </Link>
      ) : onPress ? (
        <button type="button" className={css.row} onClick={onPress}>
          {inside}
        </button>
      ) : (
        <div className={css.row}>{inside}</div>
      )}
    </li>
  );
}

/** Something that wants to be known: `plain`, `sun` (do something) or `clay` (it went wrong). */
export function Notice({
  tone = "plain",
  children,
  live = false,
}: {
  tone?: "plain" | "sun" | "clay";
  children: ReactNode;
  /** Read aloud when it appears. */
  live?: boolean;
}) {
  const Sign = tone === "plain" ? Info : tone === "sun" ? TriangleAlert : CircleAlert;
  return (
    <div
      className={css.notice}
      data-tone={tone}
      role={live ? (tone === "clay" ? "alert" : "status") : undefined}
    >
      <Sign size={20} aria-hidden />
      <div>{children}</div>
    </div>
  );
}

/** Nothing is here, why, and what to do about it. */
export function Empty({
  mark,
  title,
  children,
  action,
}: {
  mark: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={css.empty}>
      <span className={css.emptyMark} aria-hidden>
        {mark}
      </span>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** Where something will be in a moment. */
export function Skeleton({ lines = 3, height = "4.5rem" }: { lines?: number; height?: string }) {
  const say = useSay();
  return (
    <div role="status" style={{ display: "grid", gap: "0.75rem" }}>
      <span className="unseen">{say("loading")}</span>
      {Array.from({ length: lines }, (_, at) => (
        <div key={at} className={css.skeleton} style={{ height }} aria-hidden />
      ))}
    </div>
  );
}

/** What went wrong, and a way to try again where that may help. */
export function Failure({ error, again }: { error: unknown; again?: () => unknown }) {
  const say = useSay();
  if (error instanceof Unreachable) {
    return (
      <Empty
        mark={<WifiOff size={32} />}
        title={say("unreachable-title")}
        action={
          again && (
            <Button look="plain" onClick={() => void again()}>
              {say("try-again")}
            </Button>
          )
        }
      >
        {say("unreachable-text")}
      </Empty>
    );
  }
  const refused = isRefused(error) ? error : undefined;
  return (
    <Empty
      mark={<TriangleAlert size={32} />}
      title={refused?.title ?? say("failure-title")}
      action={
        again && (
          <Button look="plain" onClick={() => void again()}>
            {say("try-again")}
          </Button>
        )
      }
    >
      {refused?.detail ?? say("failure-text")}
    </Empty>
  );
}

/** What went wrong with what was just pressed, beside it. */
export function Wrong({ error }: { error: unknown }) {
  const say = useSay();
  if (!error) return null;
  return (
    <Notice tone="clay" live>
      <p>
        {error instanceof Unreachable
          ? say("unreachable-text")
          : isRefused(error)
            ? [error.title, error.detail, ...Object.values(error.fields).flat()]
                .filter((each, at, all) => each && all.indexOf(each) === at)
                .join(" ")
            : say("failure-text")}
      </p>
    </Notice>
  );
}

/** Comes up from below on a phone, in the middle on a desk. */
export function Sheet({
  title,
  open,
  onClose,
  children,
}: {
  title: string;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  const say = useSay();
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={css.veil} />
        <Dialog.Content className={css.sheet} aria-describedby={undefined}>
          <div className={css.sheetHead}>
            <Dialog.Title asChild>
              <h2>{title}</h2>
            </Dialog.Title>
            <Dialog.Close asChild>
              <IconButton label={say("close")}>
                <X aria-hidden />
              </IconButton>
            </Dialog.Close>
          </div>
          <div className={css.sheetBody}>{children}</div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Asks once more before something that cannot be taken back. */
export function Confirm({
  title,
  text,
  yes,
  open,
  busy = false,
  error,
  onYes,
  onClose,
  children,
}: {
  title: string;
  text: string;
  yes: string;
  open: boolean;
  busy?: boolean;
  error?: unknown;
  onYes: () => void;
  onClose: () => void;
  children?: ReactNode;
}) {
  const say = useSay();
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={css.veil} />
        <AlertDialog.Content className={css.sheet}>
          <div className={css.sheetHead}>
            <AlertDialog.Title asChild>
              <h2>{title}</h2>
            </AlertDialog.Title>
          </div>
          <div className={css.sheetBody}>
            <AlertDialog.Description>{text}</AlertDialog.Description>
            {children}
            <Wrong error={error} />
            <Button look="danger" busy={busy} onClick={onYes}>
              {yes}
            </Button>
            <AlertDialog.Cancel asChild>
              <Button look="plain">{say("leave-it")}</Button>
            </AlertDialog.Cancel>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

export interface Said {
  id: number;
  text: string;
  action?: { label: string; run: () => void } | undefined;
  ms: number;
}

let said: Said[] = [];
let next = 0;
const listeners = new Set<() => void>();

function change(to: Said[]): void {
  said = to;
  for (const tell of listeners) tell();
}

/** Say something in passing; an action can be taken while it is there. */
export function toast(text: string, action?: Said["action"], ms = action ? 60_000 : 5_000): void {
  change([...said, { id: next++, text, action, ms }]);
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

// Fetched when there is something to say for the first time.
const SaidInPassing = lazy(() => import("./toasts"));

/** Where what is said in passing appears; once, around everything. */
export function Toasts() {
  const all = useSyncExternalStore(subscribe, () => said);
  if (next === 0) return null;
  const over = (id: number) => change(said.filter((other) => other.id !== id));
  return (
    <Suspense>
      <SaidInPassing all={all} onOver={over} />
    </Suspense>
  );
}

/** Whether the device believes it has a network. */
export function useOnline(): boolean {
  return useSyncExternalStore(
    (tell) => {
      window.addEventListener("online", tell);
      window.addEventListener("offline", tell);
      return () => {
        window.removeEventListener("online", tell);
        window.removeEventListener("offline", tell);
      };
    },
    () => navigator.onLine,
  );
}

/** The time, told anew every so many seconds while somebody looks. */
export function useNow(everyS = 30): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const ticking = setInterval(() => setNow(new Date()), everyS * 1000);
    return () => clearInterval(ticking);
  }, [everyS]);
  return now;
}
