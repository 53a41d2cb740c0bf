/**
 * Posting a job, in four steps of one page each.
 *
 * The step is part of the address, so that going back is the phone's own way of going back; what
 * is written lies on the device (draft-store.ts) and outlives all of it.
 *
 * The shortest way of a typical job, in taps: kind (1), example (2), on (3), my position (4), on
 * (5), send (6); a day other than tomorrow is one more (7), an address another (8). Whoever is new
 * gives a name, an e-mail and a password: three fields and a button, sees what to expect with an
 * amount to match, and sends: five more, so twelve with an address for tomorrow. Typing is beside
 * that, and the title is suggested.
 */
import { ArrowRight, Send, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation, useNavigate, useSearchParams } from "react-router";

import { useCategories, useMarkets } from "~/api/known";
import { useAccount } from "~/api/who";
import { SignInForm } from "~/app/sign-in";
import { SignUpForm } from "~/app/sign-up";
import { Button, IconButton } from "~/ui/controls";
import { Confirm, Notice, Page, Sheet, Skeleton, useNow, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";

import {
  furthest,
  jobBody,
  marketAt,
  nextStep,
  remedied,
  type Step,
  withCategory,
  withPreset,
} from "./draft";
import { forgetDraft, useDraft, usePictures, waitsToSend } from "./draft-store";
import { Details } from "./post-details";
import css from "./post.module.css";
import { Price } from "./post-price";
import { Chosen, Example, What } from "./post-what";
import { WhenSection, Where } from "./post-where";
import { Promised, useExpected } from "./promise";
import { send, stepOf } from "./send";
import { windowOf } from "./window";

const MARKS = ["what", "details", "where", "price"] as const;
/** Whoever posts comes for that. */
const ROLE = "resident" as const;

export default function Post() {
  const say = useSay();
  const navigate = useNavigate();
  const [query] = useSearchParams();
  const account = useAccount();
  const [draft, change] = useDraft();
  const [pictures, setPictures] = usePictures();
  const categories = useCategories();
  const markets = useMarkets();
  const now = useNow(60);
  const step = furthest(draft, query.get("step"));
  const category = categories.find((each) => each.slug === draft.category);
  const preset = category?.brief_template.presets.find((each) => each.id === draft.preset);
  const market = draft.point && marketAt(markets, draft.point);
  // Before the place is known the hours of the first town are as good a guess as any.
  const zone =
    (market ?? markets[0])?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const window = windowOf(draft.when, zone, now, draft.minutes);
  const expected = useExpected(draft, window, market?.currency, account !== undefined);

  const [asking, setAsking] = useState<"to-send" | "to-see" | undefined>(undefined);
  const [known, setKnown] = useState(false);
  const [dropping, setDropping] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const under = useRef(false);
  const go = (to: Step, replace = false) => void navigate(`?step=${to}`, { replace });

  // Each step begins at its top, also for who hears it.
  const top = useRef<HTMLParagraphElement>(null);
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current === step) return;
    shown.current = step;
    globalThis.scrollTo(0, 0);
    top.current?.focus({ preventScroll: true });
  }, [step]);

  async function post() {
    const body = expected.body;
    if (under.current || !category || !body) return;
    under.current = true;
    setBusy(true);
    setError(undefined);
    try {
      const job = await send(pictures, (photos) => jobBody(draft, category, body, photos));
      void navigate(`/jobs/${job.id}`, { replace: true });
    } catch (failed) {
      setError(failed);
      const there = stepOf(failed);
      if (there && there !== step) go(there);
    } finally {
      under.current = false;
      setBusy(false);
    }
  }

  // Whoever signs in finds another tree around them (main.tsx): what they came for is in the address.
  const location = useLocation();
  const came = (location.state as { came?: "to-send" } | null)?.came;
  const looked = expected.estimate !== undefined || expected.error !== null;
  useEffect(() => {
    if (came === undefined || !account || !category || !expected.body || !looked) return;
    const seen = draft.amountCents !== null || expected.body.budget.kind === "quotes";
    // Nothing is sent at a price nobody has seen, nor where nobody could come: it is told first.
    const sends = seen && !expected.estimate?.why;
    void navigate(location.search, { replace: true, state: sends ? null : { review: true } });
    if (sends) queueMicrotask(() => void post());
  });
  const review = (location.state as { review?: boolean } | null)?.review === true;

  const promise = (
    <Promised
      expected={expected}
      zone={zone}
      signedIn={account !== undefined}
      onSignIn={() => setAsking("to-see")}
      onRemedy={(remedy) => change((now_) => remedied(now_, remedy))}
    />
  );

  const title = step === "example" && category ? category.name : say(`post-step-${step}`);
  const begun = draft.category !== undefined;
  const foot =
    step === "details" ? (
      <Button icon={<ArrowRight size={20} aria-hidden />} onClick={() => go("where")}>
        {say("post-on")}
      </Button>
    ) : step === "where" ? (
      <Button
        icon={<ArrowRight size={20} aria-hidden />}
        disabled={!draft.point || !market || !window}
        onClick={() => go("price")}
      >
        {draft.point ? say("post-on") : say("post-place-first")}
      </Button>
    ) : step === "price" ? (
      <Button
        icon={<Send size={20} aria-hidden />}
        busy={busy || came !== undefined}
        disabled={!expected.body || (account !== undefined && !expected.priced)}
        onClick={() => (account ? void post() : setAsking("to-send"))}
      >
        {say("post-send")}
      </Button>
    ) : undefined;

  return (
    <Page
      title={title}
      back={step === "what" ? "/" : `/post?step=${before(step)}`}
      foot={foot}
      actions={
        begun &&
        step !== "what" && (
          <IconButton label={say("post-drop")} onClick={() => setDropping(true)}>
            <Trash2 size={20} aria-hidden />
          </IconButton>
        )
      }
    >
      <Progress step={step} reached={draft} />
      <p ref={top} className="unseen" tabIndex={-1}>
        {say("post-progress", { at: mark(step) + 1, of: MARKS.length })}
      </p>
      {error !== undefined && step !== "price" && <Wrong error={error} />}
      {step !== "what" && !category ? (
        <Skeleton />
      ) : step === "what" ? (
        <What
          chosen={draft.category}
          onChoose={(next) => {
            change((now_) => withCategory(now_, next));
            go(next.brief_template.presets.length > 0 ? "example" : "details");
          }}
        />
      ) : step === "example" && category ? (
        <Example
          category={category}
          chosen={draft.preset}
          onChoose={(next) => {
            const suggestedTitle = say("post-title-suggested", {
              category: category.name,
              preset: next.name,
            });
            change((now_) => withPreset(now_, category, next, suggestedTitle));
            go("details");
          }}
          onNone={() => go(nextStep("example"))}
        />
      ) : step === "details" && category ? (
        <Details
          draft={draft}
          change={change}
          category={category}
          photos={pictures.map((each) => each.blob)}
          onPhotos={setPictures}
        />
      ) : step === "where" ? (
        <>
          <Where draft={draft} change={change} market={market} />
          <WhenSection draft={draft} change={change} zone={zone} />
          {promise}
        </>
      ) : (
        category && (
          <>
            <Chosen category={category} preset={preset} to="?step=example" />
            {!window && (
              <Notice tone="sun">
                <p>{say("post-too-late")}</p>
                <Link to="?step=where">{say("post-change")}</Link>
              </Notice>
            )}
            {review && (
              <Notice live>
                <p>{say("post-review")}</p>
              </Notice>
            )}
            {promise}
            <Price
              key={`${draft.category ?? ""} ${draft.when.kind}`}
              draft={draft}
              change={change}
              currency={market?.currency ?? "EUR"}
              expected={expected}
              signedIn={account !== undefined}
            />
            <p className={css.hint}>{say("post-nothing-binds")}</p>
            {waitsToSend() && !busy && (
              <Notice tone="sun" live>
                <p>{say("post-waits")}</p>
              </Notice>
            )}
            <Wrong error={error} />
          </>
        )
      )}
      <Sheet
        title={known ? say("sign-in") : say("post-who")}
        open={asking !== undefined}
        onClose={() => setAsking(undefined)}
      >
        <p>{say(asking === "to-see" ? "post-who-to-see" : "post-who-text")}</p>
        {known ? <SignInForm onDone={signedIn} /> : <SignUpForm role={ROLE} onDone={signedIn} />}
        <Button look="quiet" onClick={() => setKnown(!known)}>
          {known ? say("sign-in-new") : say("sign-up-known")}
        </Button>
      </Sheet>
      <Confirm
        title={say("post-drop-title")}
        text={say("post-drop-text")}
        yes={say("post-drop")}
        open={dropping}
        onClose={() => setDropping(false)}
        onYes={() => {
          forgetDraft();
          setPictures([]);
          setDropping(false);
          go("what", true);
        }}
      />
    </Page>
  );

  function signedIn() {
    setAsking(undefined);
    const state = { came: asking === "to-send" ? asking : undefined };
    void navigate(location.search, { replace: true, state });
  }
}

function mark(step: Step): number {
  return Math.max(0, MARKS.indexOf(step === "example" ? "what" : step));
}

function before(step: Step): Step {
  return step === "price"
    ? "where"
    : step === "where"
      ? "details"
      : step === "details"
        ? "example"
        : "what";
}

/** How far it is, and the way back to what was said already. */
function Progress({ step, reached }: { step: Step; reached: Parameters<typeof furthest>[0] }) {
  const say = useSay();
  return (
    <nav aria-label={say("post-steps")}>
      <ol className={css.steps}>
        {MARKS.map((each, at) => {
          const here = at === mark(step);
          const open = furthest(reached, each) === each;
          const inside = (
            <>
              <span className={css.bar} />
              <span>{say(`post-mark-${each}`)}</span>
            </>
          );
          return (
            <li key={each} data-done={at <= mark(step) || undefined}>
              {open && !here ? (
                <Link to={`?step=${each}`}>{inside}</Link>
              ) : (
                <span aria-current={here ? "step" : undefined}>{inside}</span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
