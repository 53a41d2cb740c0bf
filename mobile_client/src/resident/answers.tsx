/** Answers side by side: price, distance, date, what others say, and how they mean to do it. */
import { ArrowRight, Clock3, MapPin, MessageSquare, Scale, Timer } from "lucide-react";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { useAct } from "~/api/act";
import { api } from "~/api/client";
import { useMarket } from "~/api/known";
import type { AskedAnswer, JobAnswer } from "~/api/schema";
import { Button, ButtonLink, TextField } from "~/ui/controls";
import { Avatar, Badge, Facts, Rating } from "~/ui/marks";
import {
  Card,
  Confirm,
  Empty,
  Failure,
  Notice,
  Page,
  Sheet,
  Skeleton,
  toast,
  Wrong,
} from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./answers.module.css";
import { answersOf, type Best, bests, counterBounds, total } from "./comparing";
import { cents } from "./draft";
import { useAsked } from "./matching";

export default function Answers() {
  const say = useSay();
  const { jobId = "" } = useParams();
  const job = api.useQuery(
    "get",
    "/api/v1/jobs/{job_id}",
    { params: { path: { job_id: jobId } } },
    { meta: { keep: true }, refetchInterval: 10_000 },
  );
  const found = useAsked(jobId, 6_000);
  const error = job.error ?? found.error;
  const answers = answersOf(found.data?.asked ?? []);
  return (
    <Page title={say("answers-title")} back={`/jobs/${jobId}`} wide>
      {!job.data || !found.data ? (
        error ? (
          <Failure error={error} again={() => Promise.all([job.refetch(), found.refetch()])} />
        ) : (
          <Skeleton lines={2} height="16rem" />
        )
      ) : job.data.state !== "open" ? (
        <Empty
          mark={<Scale size={32} />}
          title={say("answers-over")}
          action={<ButtonLink to={`/jobs/${jobId}`}>{say("answers-to-job")}</ButtonLink>}
        />
      ) : answers.length === 0 ? (
        <Empty
          mark={<Scale size={32} />}
          title={say("answers-none")}
          action={
            <ButtonLink look="plain" to={`/jobs/${jobId}`}>
              {say("answers-to-job")}
            </ButtonLink>
          }
        >
          {say("answers-none-text")}
        </Empty>
      ) : (
        <Compared job={job.data} answers={answers} />
      )}
    </Page>
  );
}

function Compared({ job, answers }: { job: JobAnswer; answers: readonly AskedAnswer[] }) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const won = bests(answers);
  return (
    <>
      <p>{job.title}</p>
      {answers.length > 1 && (
        <div className={css.strip}>
          <table>
            <caption className="unseen">{say("answers-at-a-glance")}</caption>
            <thead>
              <tr>
                <th scope="col">{say("answers-who")}</th>
                <th scope="col">{say("answers-price")}</th>
                <th scope="col">{say("answers-date")}</th>
                <th scope="col">{say("answers-rating")}</th>
              </tr>
            </thead>
            <tbody>
              {answers.map((answer) => {
                const best = won.get(answer.offer_id) ?? [];
                const sum = total(answer);
                const rating = answer.profile?.rating;
                return (
                  <tr key={answer.offer_id}>
                    <th scope="row">
                      <a href={`#${answer.offer_id}`}>{nameOf(answer, say("answers-somebody"))}</a>
                    </th>
                    <td data-best={best.includes("price") || undefined}>
                      {sum === null ? "–" : format.money(sum, answer.price.currency)}
                    </td>
                    <td data-best={best.includes("date") || undefined}>
                      {format.day(answer.starts_at)}
                    </td>
                    <td data-best={best.includes("rating") || undefined}>
                      {rating?.mean == null ? "–" : format.decimal(rating.mean)}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      <ul className={css.answers} aria-live="polite">
        {answers.map((answer) => (
          <li key={answer.offer_id} id={answer.offer_id}>
            <Answer job={job} answer={answer} best={won.get(answer.offer_id) ?? []} />
          </li>
        ))}
      </ul>
    </>
  );
}

function nameOf(answer: AskedAnswer, otherwise: string): string {
  return answer.profile?.display_name ?? otherwise;
}

function Answer({
  job,
  answer,
  best,
}: {
  job: JobAnswer;
  answer: AskedAnswer;
  best: readonly Best[];
}) {
  const say = useSay();
  const navigate = useNavigate();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const [sure, setSure] = useState(false);
  const [countering, setCountering] = useState(false);
  const choose = useAct("/api/v1/jobs/{job_id}/choose", {
    onSuccess: () => navigate(`/jobs/${job.id}`, { replace: true }),
  });
  const { profile, quote, price } = answer;
  const name = nameOf(answer, say("answers-somebody"));
  const sum = total(answer);
  const amount = sum === null ? "–" : format.money(sum, price.currency);
  return (
    <Card label={name}>
      <div className={css.who}>
        <Avatar name={name} />
        <div>
          <h2>
            <Link to={`/providers/${answer.provider_id}`}>{name}</Link>
          </h2>
          {profile && (
            <p className={css.signs}>
              <Rating mean={profile.rating.mean} count={profile.rating.count} />
              <Badge>{say("provider-level", { level: profile.level })}</Badge>
            </p>
          )}
        </div>
      </div>
      <p className={css.amount}>{amount}</p>
      <p className={css.muted}>
        {quote?.inspection ? say("answers-inspection") : say("answers-all-in")}
        {price.credit_cents !== null &&
          price.credit_cents > 0 &&
          price.cost_cents !== null &&
          ` ${say("answers-credit", { cost: format.money(price.cost_cents, price.currency) })}`}
      </p>
      {best.length > 0 && (
        <p className={css.signs}>
          {best.map((each) => (
            <Badge key={each} tone="green">
              {say(`answers-best-${each}`)}
            </Badge>
          ))}
        </p>
      )}
      <Facts
        facts={[
          {
            name: say("answers-date"),
            sign: <Clock3 size={20} />,
            value: say("answers-first", { when: format.dayAndHour(answer.starts_at) }),
            detail: quote?.availability,
          },
          {
            name: say("answers-distance"),
            sign: <MapPin size={20} />,
            value: say("answers-within", { distance: format.distance(answer.distance_up_to_m) }),
          },
          profile?.response_median_min != null && {
            name: say("answers-response"),
            sign: <Timer size={20} />,
            value:
              profile.response_badge?.says ??
              say("answers-response-in", {
                time: format.minutes(Math.max(1, profile.response_median_min)),
              }),
          },
        ]}
      />
      {quote && (quote.steps.length > 0 || quote.why || quote.message) && (
        <div className={css.said}>
          {quote.message && <p>{quote.message}</p>}
          {quote.steps.length > 0 && (
            <>
              <h3>{say("answers-steps")}</h3>
              <ol>
                {quote.steps.map((step, at) => (
                  <li key={at}>
                    {step.text}
                    {step.minutes !== null && (
                      <span className={css.muted}> {format.minutes(step.minutes)}</span>
                    )}
                  </li>
                ))}
              </ol>
            </>
          )}
          {quote.why && (
            <>
              <h3>{say("answers-why", { name })}</h3>
              <p>{quote.why}</p>
            </>
          )}
        </div>
      )}
      {profile && profile.rating.count > 0 && <LastWords providerId={answer.provider_id} />}
      {quote?.counter && (
        <Notice>
          <p>
            {say(
              quote.counter.agreed === null
                ? "answers-counter-open"
                : quote.counter.agreed
                  ? "answers-counter-agreed"
                  : "answers-counter-refused",
              { amount: format.money(quote.counter.amount_cents, price.currency) },
            )}
          </p>
        </Notice>
      )}
      <div className={css.acts}>
        <Button onClick={() => setSure(true)}>{say("answers-choose", { name })}</Button>
        {quote && !quote.counter && (
          <Button look="plain" onClick={() => setCountering(true)}>
            {say("answers-counter")}
          </Button>
        )}
        <ButtonLink
          look="plain"
          icon={<MessageSquare size={20} aria-hidden />}
          to={`/jobs/${job.id}/messages?provider=${answer.provider_id}`}
        >
          {say("answers-write")}
        </ButtonLink>
      </div>
      <Confirm
        title={say("answers-sure", { name })}
        text={say("answers-sure-text", { amount, when: format.dayAndHour(answer.starts_at) })}
        yes={say("answers-choose", { name })}
        open={sure}
        busy={choose.isPending}
        error={choose.error}
        onClose={() => setSure(false)}
        onYes={() =>
          choose.mutate({ path: { job_id: job.id }, body: { offer_id: answer.offer_id } })
        }
      />
      {quote && (
        <Sheet
          title={say("answers-counter")}
          open={countering}
          onClose={() => setCountering(false)}
        >
          <Counter
            job={job}
            offerId={answer.offer_id}
            quotedCents={quote.amount_cents}
            currency={price.currency}
            onDone={() => setCountering(false)}
          />
        </Sheet>
      )}
    </Card>
  );
}

function Counter({
  job,
  offerId,
  quotedCents,
  currency,
  onDone,
}: {
  job: JobAnswer;
  offerId: string;
  quotedCents: number;
  currency: string;
  onDone: () => void;
}) {
  const say = useSay();
  const format = useFormat();
  const [typed, setTyped] = useState("");
  const counter = useAct("/api/v1/jobs/{job_id}/counter", {
    onSuccess: () => {
      toast(say("answers-counter-sent"));
      onDone();
    },
  });
  const { least, most } = counterBounds(quotedCents);
  const amount = cents(typed);
  const bounds = {
    least: format.money(least, currency),
    most: format.money(most, currency),
  };
  const out = amount !== null && (amount < least || amount > most);
  return (
    <>
      <p>{say("answers-counter-text", bounds)}</p>
      <TextField
        label={say("answers-counter-amount")}
        inputMode="decimal"
        suffix={currency === "EUR" ? "€" : currency}
        value={typed}
        wrong={out ? say("answers-counter-bounds", bounds) : undefined}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Wrong error={counter.error} />
      <Button
        icon={<ArrowRight size={20} aria-hidden />}
        busy={counter.isPending}
        disabled={amount === null || out}
        onClick={() =>
          amount !== null &&
          counter.mutate({
            path: { job_id: job.id },
            body: { offer_id: offerId, amount_cents: amount },
          })
        }
      >
        {say("answers-counter-send")}
      </Button>
    </>
  );
}

/** What those they helped last have said. */
function LastWords({ providerId }: { providerId: string }) {
  const say = useSay();
  const { data } = api.useQuery(
    "get",
    "/api/v1/providers/{provider_id}/reviews",
    { params: { path: { provider_id: providerId }, query: { limit: 5 } } },
    { meta: { keep: true }, staleTime: 60_000 },
  );
  const said = data?.items.filter((each) => each.text).slice(0, 2) ?? [];
  if (said.length === 0) return null;
  return (
    <div className={css.said}>
      <h3>{say("answers-reviews")}</h3>
      {said.map((each) => (
        <blockquote key={each.id} className={css.quote}>
          <p>{each.text}</p>
          <Rating mean={each.stars} count={1} />
        </blockquote>
      ))}
    </div>
  );
}
