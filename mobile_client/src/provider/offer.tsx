/**
 * One offer: looked at, taken with one tap, or answered otherwise.
 *
 * It is looked at again every three seconds: what somebody else has taken is gone at once. An
 * acceptance is sent now or not at all.
 */
import { Check, Clock3, HeartHandshake, ParkingCircle, Send, UserX, Wrench } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useNavigate, useParams } from "react-router";

import { useAct } from "~/api/act";
import { api, server, newKey } from "~/api/client";
import { useCategories } from "~/api/known";
import { isRefused, Unreachable } from "~/api/problem";
import type { DeclineBody, OfferAnswer } from "~/api/schema";
import { Button, ButtonLink, TextField } from "~/ui/controls";
import { Badge, Facts, Ring } from "~/ui/marks";
import { Photos } from "~/ui/photos";
import {
  Card,
  Empty,
  Failure,
  Notice,
  Page,
  Section,
  Sheet,
  Skeleton,
  toast,
  useNow,
  useOnline,
  Wrong,
} from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { OfferFacts, PriceLines } from "./offer-facts";
import { countdown, leftOf, siteAnswers, type Stage, stageOf, undoLeft } from "./offer-state";
import css from "./provider.module.css";
import { QuoteForm } from "./quote-form";

const LOOK_MS = 3_000;

export default function OfferPage() {
  const say = useSay();
  const { offerId = "" } = useParams();
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/offers/{offer_id}",
    { params: { path: { offer_id: offerId } } },
    { refetchInterval: LOOK_MS },
  );
  if (data) return <Shown key={data.id} offer={data} />;
  return (
    <Page title={say("offer-title")} back="/offers">
      {error ? <Failure error={error} again={refetch} /> : <Skeleton lines={4} />}
    </Page>
  );
}

/** Told once; without a network it is told never, and that is fine. */
function useTellSeen(offer: OfferAnswer): void {
  const told = useRef(false);
  useEffect(() => {
    if (told.current || offer.state !== "sent") return;
    told.current = true;
    server
      .POST("/api/v1/offers/{offer_id}/seen", {
        params: { path: { offer_id: offer.id }, header: { "Idempotency-Key": newKey() } },
      })
      .catch((error: unknown) => console.warn("not told that it was seen", error));
  }, [offer.id, offer.state]);
}

function Shown({ offer }: { offer: OfferAnswer }) {
  const say = useSay();
  const now = useNow(1);
  useTellSeen(offer);
  const accept = useAccept(offer);
  const answered = stageOf(offer, now);
  const stage =
    refusedStage(accept.error) ??
    // The answer is here before the next look at the offer is.
    (accept.isSuccess && answered === "take" ? "accepted" : answered);
  const [declining, setDeclining] = useState(false);
  const answerable = stage === "take" || stage === "quote";
  return (
    <Page
      title={say("offer-title")}
      back="/offers"
      actions={answerable && <TimeLeft offer={offer} now={now} />}
      foot={
        answerable && <Foot stage={stage} accept={accept} onDecline={() => setDeclining(true)} />
      }
    >
      {answerable ? (
        <Living offer={offer} stage={stage} accept={accept} />
      ) : (
        <Over offer={offer} stage={stage} now={now} lost={accept.error} />
      )}
      <Decline offer={offer} open={declining} onClose={() => setDeclining(false)} />
    </Page>
  );
}

type Accept = ReturnType<typeof useAccept>;

function useAccept(offer: OfferAnswer) {
  const say = useSay();
  const navigate = useNavigate();
  const undo = useAct("/api/v1/offers/{offer_id}/undo", {
    onSuccess: () => {
      toast(say("offer-undone"));
      void navigate("/offers");
    },
  });
  const [who, setWho] = useState("");
  const act = useAct("/api/v1/offers/{offer_id}/accept", {
    onSuccess: () =>
      toast(say("offer-accepted"), {
        label: say("offer-undo"),
        run: () =>
          undo.mutate(
            { path: { offer_id: offer.id } },
            { onError: (error) => toast(isRefused(error) ? error.title : say("offer-unsure")) },
          ),
      }),
  });
  return {
    ...act,
    who,
    setWho,
    go: () =>
      act.mutate({
        path: { offer_id: offer.id },
        body: who.trim() ? { who_comes: who.trim() } : {},
      }),
  };
}

/** A refusal that ends the offer shows the screen of its end, before the next look does. */
function refusedStage(error: unknown): Stage | undefined {
  if (isRefused(error, "already-taken")) return "withdrawn";
  if (isRefused(error, "offer-expired")) return "expired";
  return undefined;
}

function Foot({
  stage,
  accept,
  onDecline,
}: {
  stage: Stage;
  accept: Accept;
  onDecline: () => void;
}) {
  const say = useSay();
  const online = useOnline();
  return (
    <>
      <Button look="plain" onClick={onDecline}>
        {say("offer-decline")}
      </Button>
      {stage === "take" ? (
        <Button
          className={css.accept}
          busy={accept.isPending}
          disabled={!online}
          icon={<Check aria-hidden />}
          onClick={accept.go}
        >
          {accept.isPending ? say("offer-accept-busy") : say("offer-accept")}
        </Button>
      ) : (
        <Button
          icon={<Send size={20} aria-hidden />}
          onClick={() => document.querySelector<HTMLInputElement>("#your-price input")?.focus()}
        >
          {say("quote-title")}
        </Button>
      )}
    </>
  );
}

function TimeLeft({ offer, now }: { offer: OfferAnswer; now: Date }) {
  const say = useSay();
  const { seconds, share } = leftOf(offer, now);
  const shown = countdown(seconds);
  const text =
    shown.unit === "days" ? say("offer-days", { days: Number(shown.value) }) : shown.value;
  return (
    <>
      <Ring left={share} size={64}>
        <span className={css.ringText} aria-hidden>
          {text}
        </span>
        {/* Not a live region: a voice that counts every second is no help. */}
        <span className="unseen">{say("offer-left", { time: text })}</span>
      </Ring>
    </>
  );
}

function Living({ offer, stage, accept }: { offer: OfferAnswer; stage: Stage; accept: Accept }) {
  const say = useSay();
  return (
    <>
      <Offline accept={accept} stage={stage} />
      <Card>
        <OfferFacts offer={offer} />
        <Site offer={offer} />
        <Photos photos={offer.job.photos} label={say("offer-photos")} />
      </Card>
      <AcceptRefused error={accept.error} />
      {stage === "quote" && <QuoteForm offer={offer} />}
      {offer.price.lines.length > 0 && (
        <Section title={say("offer-money-lines")}>
          <PriceLines price={offer.price} />
        </Section>
      )}
      <Brief offer={offer} />
      {stage === "take" && (
        <details className={css.fold}>
          <summary>{say("offer-who")}</summary>
          <TextField
            label={say("offer-who-label")}
            hint={say("offer-who-hint")}
            maxLength={80}
            autoComplete="off"
            value={accept.who}
            onChange={(event) => accept.setWho(event.target.value)}
          />
        </details>
      )}
    </>
  );
}

/** Why nothing can be taken just now, and that it can again. */
function Offline({ accept, stage }: { accept: Accept; stage: Stage }) {
  const say = useSay();
  const online = useOnline();
  const [was, setWas] = useState(!online);
  if (!online && !was) setWas(true);
  if (!online) {
    return (
      <Notice tone="sun" live>
        <p>
          <strong>{say("offer-offline-title")}</strong>
        </p>
        <p>{say("offer-offline-text")}</p>
      </Notice>
    );
  }
  if (!was || stage !== "take") return null;
  return (
    <Notice live>
      <p>{say("offer-back-online")}</p>
      <Button
        look="plain"
        busy={accept.isPending}
        onClick={() => {
          setWas(false);
          accept.go();
        }}
      >
        {say("offer-accept")}
      </Button>
    </Notice>
  );
}

function AcceptRefused({ error }: { error: unknown }) {
  const say = useSay();
  if (!error) return null;
  if (error instanceof Unreachable) {
    return (
      <Notice tone="clay" live>
        <p>{say("offer-unsure")}</p>
      </Notice>
    );
  }
  if (isRefused(error, "calendar-conflict")) {
    return (
      <Notice tone="clay" live>
        <p>
          <strong>{say("offer-conflict-title")}</strong>
        </p>
        <p>{say("offer-conflict-text")}</p>
        <ButtonLink look="plain" to="/day">
          {say("offer-see-day")}
        </ButtonLink>
      </Notice>
    );
  }
  if (isRefused(error, "quote-required")) {
    return (
      <Notice tone="sun" live>
        <p>{say("offer-quote-required")}</p>
      </Notice>
    );
  }
  return <Wrong error={error} />;
}

/** Floors, access and parking, and the tools: they decide whether the trip is worth it. */
function Site({ offer }: { offer: OfferAnswer }) {
  const say = useSay();
  const tool = useToolName();
  const { site } = siteAnswers(offer);
  return (
    <Facts
      facts={[
        {
          name: say("offer-site"),
          sign: <ParkingCircle size={24} />,
          value:
            site.length > 0 ? (
              site.map((each) => (
                <Answer
                  key={each.id}
                  question={each.question}
                  answer={each.answer}
                  unit={each.unit}
                />
              ))
            ) : (
              <span className={css.muted}>{say("offer-site-none")}</span>
            ),
        },
        offer.job.needs.length > 0 && {
          name: say("offer-needs"),
          sign: <Wrench size={24} />,
          value: (
            <span className={css.badges}>
              {offer.job.needs.map((each) => (
                <Badge key={each}>{tool(each)}</Badge>
              ))}
            </span>
          ),
          detail: say("offer-needs"),
        },
      ]}
    />
  );
}

function Answer({
  question,
  answer,
  unit,
}: {
  question: string;
  answer: string;
  unit: string | null;
}) {
  return (
    <p>
      <span className={css.muted}>{question}</span>{" "}
      <strong>
        {answer}
        {unit !== null && ` ${unit}`}
      </strong>
    </p>
  );
}

/** Tools in the language of the screen, as the categories name them. */
export function useToolName(): (slug: string) => string {
  const categories = useCategories();
  return (slug) => {
    for (const category of categories)
      for (const tool of category.brief_template.tools) if (tool.slug === slug) return tool.name;
    return slug;
  };
}

function Brief({ offer }: { offer: OfferAnswer }) {
  const say = useSay();
  const { others } = siteAnswers(offer);
  const { tasks } = offer.job.brief_read;
  if (others.length === 0 && tasks.length === 0) return null;
  return (
    <Section title={say("offer-more")}>
      {tasks.length > 0 && (
        <ul className={css.bullets} aria-label={say("offer-tasks")}>
          {tasks.map((task) => (
            <li key={task.id}>{task.label}</li>
          ))}
        </ul>
      )}
      {others.map((each) => (
        <Answer key={each.id} question={each.question} answer={each.answer} unit={each.unit} />
      ))}
    </Section>
  );
}

const REASONS = ["price", "distance", "time", "skill", "other"] as const;

/** One tap each; there is nothing to confirm, since it costs nothing. */
function Decline({
  offer,
  open,
  onClose,
}: {
  offer: OfferAnswer;
  open: boolean;
  onClose: () => void;
}) {
  const say = useSay();
  const navigate = useNavigate();
  const decline = useAct("/api/v1/offers/{offer_id}/decline", {
    onSuccess: () => {
      toast(say("offer-declined-toast"));
      void navigate("/offers");
    },
  });
  const reason: DeclineBody["reason"] = decline.variables?.body.reason;
  return (
    <Sheet title={say("offer-decline-title")} open={open} onClose={onClose}>
      <p className={css.muted}>{say("offer-decline-text")}</p>
      <div className={css.reasons}>
        {REASONS.map((each) => (
          <Button
            key={each}
            look="plain"
            busy={decline.isPending && reason === each}
            disabled={decline.isPending}
            onClick={() => decline.mutate({ path: { offer_id: offer.id }, body: { reason: each } })}
          >
            {say(`decline-${each}`)}
          </Button>
        ))}
      </div>
      <Wrong error={decline.error} />
    </Sheet>
  );
}

function Over({
  offer,
  stage,
  now,
  lost,
}: {
  offer: OfferAnswer;
  stage: Stage;
  now: Date;
  lost: unknown;
}) {
  const say = useSay();
  const others = <ButtonLink to="/offers">{say("offer-back-to-list")}</ButtonLink>;
  if (stage === "accepted") return <Accepted offer={offer} now={now} />;
  if (stage === "quoted") return <Quoted offer={offer} />;
  if (stage === "counter") return <Counter offer={offer} />;
  if (stage === "declined") {
    return (
      <Empty
        mark={<HeartHandshake size={32} />}
        title={say("offer-declined-title")}
        action={others}
      >
        {say("offer-declined-text")}
      </Empty>
    );
  }
  return (
    <div role="status">
      <StandBy offer={offer} />
      {stage === "expired" ? (
        <Ended
          mark={<Clock3 size={32} />}
          title={say(lost ? "offer-late-title" : "offer-expired-title")}
          text={say(lost ? "offer-late-text" : "offer-expired-text")}
          action={others}
        />
      ) : (
        <Ended
          mark={<UserX size={32} />}
          title={say(lost ? "offer-taken-title" : "offer-withdrawn-title")}
          text={say(lost ? "offer-taken-text" : "offer-withdrawn-text")}
          action={others}
        />
      )}
    </div>
  );
}

function Ended({
  mark,
  title,
  text,
  action,
}: {
  mark: ReactNode;
  title: string;
  text: string;
  action: ReactNode;
}) {
  return (
    <Empty mark={mark} title={title} action={action}>
      {text}
    </Empty>
  );
}

function Accepted({ offer, now }: { offer: OfferAnswer; now: Date }) {
  const say = useSay();
  const navigate = useNavigate();
  const undo = useAct("/api/v1/offers/{offer_id}/undo", {
    onSuccess: () => {
      toast(say("offer-undone"));
      void navigate("/offers");
    },
  });
  const seconds = undoLeft(offer.answered_at, now);
  return (
    <>
      <Empty
        mark={<Check size={36} />}
        title={say("offer-accepted-title")}
        action={<ButtonLink to={`/jobs/${offer.job_id}`}>{say("offer-open-job")}</ButtonLink>}
      >
        {say("offer-accepted-text")}
      </Empty>
      {seconds > 0 && (
        <Notice>
          <p>{say("offer-undo-left", { seconds })}</p>
          <Button
            look="plain"
            busy={undo.isPending}
            onClick={() => undo.mutate({ path: { offer_id: offer.id } })}
          >
            {say("offer-undo")}
          </Button>
        </Notice>
      )}
      <Wrong error={undo.error} />
      <Card>
        <OfferFacts offer={offer} />
      </Card>
      <ButtonLink look="plain" to="/day">
        {say("offer-see-day")}
      </ButtonLink>
    </>
  );
}

function Quoted({ offer }: { offer: OfferAnswer }) {
  const say = useSay();
  return (
    <>
      <StandBy offer={offer} />
      <Empty
        mark={<Send size={32} />}
        title={say("quote-sent-title")}
        action={<ButtonLink to="/offers">{say("offer-back-to-list")}</ButtonLink>}
      >
        {say("quote-sent-text")}
      </Empty>
      <Card>
        <OfferFacts offer={offer} />
      </Card>
      {offer.price.lines.length > 0 && (
        <Section title={say("quote-yours")}>
          <PriceLines price={offer.price} />
        </Section>
      )}
    </>
  );
}

function Counter({ offer }: { offer: OfferAnswer }) {
  const say = useSay();
  const format = useFormat();
  const answer = useAct("/api/v1/offers/{offer_id}/counter");
  const counter = offer.quote?.counter;
  if (!counter || !offer.quote) return null;
  const amount = format.money(counter.amount_cents, offer.price.currency);
  const mine = format.money(offer.quote.amount_cents, offer.price.currency);
  const tell = (agree: boolean) => answer.mutate({ path: { offer_id: offer.id }, body: { agree } });
  const agreeing = answer.variables?.body.agree;
  return (
    <>
      <Card label={say("quote-counter-title", { amount })}>
        <h2>{say("quote-counter-title", { amount })}</h2>
        <p>{say("quote-counter-text", { mine })}</p>
        <div className={css.twoButtons}>
          <Button busy={answer.isPending && agreeing === true} onClick={() => tell(true)}>
            {say("quote-counter-yes", { amount })}
          </Button>
          <Button
            look="plain"
            busy={answer.isPending && agreeing === false}
            onClick={() => tell(false)}
          >
            {say("quote-counter-no")}
          </Button>
        </div>
        <Wrong error={answer.error} />
      </Card>
      <Card>
        <OfferFacts offer={offer} />
        <Site offer={offer} />
      </Card>
    </>
  );
}

/** Whoever took it keeps silent: could this one come instead? */
function StandBy({ offer }: { offer: OfferAnswer }) {
  const say = useSay();
  const answer = useAct("/api/v1/offers/{offer_id}/stand-by");
  if (offer.stand_by_asked_at === null) return null;
  if (offer.stands_by !== null) {
    return (
      <Notice live>
        <p>{say(offer.stands_by ? "offer-stand-by-ready" : "offer-stand-by-not")}</p>
      </Notice>
    );
  }
  const ready = answer.variables?.body.ready;
  const tell = (yes: boolean) =>
    answer.mutate({ path: { offer_id: offer.id }, body: { ready: yes } });
  return (
    <Card label={say("offer-stand-by-title")}>
      <h2>{say("offer-stand-by-title")}</h2>
      <p>{say("offer-stand-by-text")}</p>
      <OfferFacts offer={offer} />
      <div className={css.twoButtons}>
        <Button busy={answer.isPending && ready === true} onClick={() => tell(true)}>
          {say("offer-stand-by-yes")}
        </Button>
        <Button look="plain" busy={answer.isPending && ready === false} onClick={() => tell(false)}>
          {say("offer-stand-by-no")}
        </Button>
      </div>
      <Wrong error={answer.error} />
    </Card>
  );
}
