/**
 * What to expect before anything is sent: who could come, when, for how much, how soon somebody
 * answers; and where nobody could, why, and what would help.
 */
import { keepPreviousData } from "@tanstack/react-query";
import { Clock3, MessageCircle, Users, Wallet } from "lucide-react";
import { useEffect, useState } from "react";

import { api } from "~/api/client";
import type { BudgetBody, EstimateAnswer, EstimateBody, RemedyAnswer } from "~/api/schema";
import { Button } from "~/ui/controls";
import { Facts } from "~/ui/marks";
import { Card, Notice, Skeleton, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { asked, budgetKind, budgetOf, type Draft, openEnded, suggested } from "./draft";
import { Remedies } from "./remedies";
import type { Window } from "./window";

/** Whoever is still choosing is not asked about at every press. */
const CALM_MS = 500;
const ESTIMATE = { staleTime: 60_000, placeholderData: keepPreviousData, retry: false } as const;

function useCalm(text: string): string {
  const [calm, setCalm] = useState(text);
  useEffect(() => {
    const waiting = setTimeout(() => setCalm(text), CALM_MS);
    return () => clearTimeout(waiting);
  }, [text]);
  return calm;
}

export interface Expected {
  /** What would be asked, and sent; undefined until place and time are known. */
  body: EstimateBody | undefined;
  /** What such a job costs, to propose. */
  suggestedCents: number;
  estimate: EstimateAnswer | undefined;
  /** Whether what such a job costs was looked up, with whatever came of it. */
  priced: boolean;
  pending: boolean;
  error: unknown;
  again: () => unknown;
}

/** What to expect of a draft, asked about again when it changes. */
export function useExpected(
  draft: Draft,
  window: Window | undefined,
  currency: string | undefined,
  signedIn: boolean,
): Expected {
  const { category, point } = draft;
  const ready = category && point && window && currency ? { category, point, window } : undefined;
  const withBudget = (budget: BudgetBody) =>
    ready && asked(draft, ready.category, ready.point, ready.window, budget);
  const chosen = budgetKind(draft);
  const kind = chosen === "hourly" ? "hourly" : "fixed";
  const follows = chosen !== "quotes" && draft.amountCents === null;

  const nothing: BudgetBody = { kind: "quotes", currency: currency ?? "", amount_cents: null };
  const first = withBudget(nothing);
  const openText = useCalm(first ? JSON.stringify(openEnded(first)) : "");
  const open = api.useQuery(
    "post",
    "/api/v1/jobs/estimate",
    { body: JSON.parse(openText || "{}") as EstimateBody },
    { ...ESTIMATE, enabled: signedIn && openText !== "" },
  );
  const suggestedCents = suggested(open.data, kind, draft.minutes);
  const body = withBudget(budgetOf(draft, currency ?? "", suggestedCents));
  const text = useCalm(body ? JSON.stringify(body) : "");
  const known = !follows || open.isSuccess || open.isError;
  const found = api.useQuery(
    "post",
    "/api/v1/jobs/estimate",
    { body: JSON.parse(text || "{}") as EstimateBody },
    { ...ESTIMATE, enabled: signedIn && text !== "" && known },
  );
  return {
    body,
    suggestedCents,
    priced: known,
    estimate: body ? found.data : undefined,
    pending: found.isFetching || found.isPending,
    error: found.error,
    again: found.refetch,
  };
}

export function Promised({
  expected,
  zone,
  signedIn,
  onSignIn,
  onRemedy,
}: {
  expected: Expected;
  zone: string | undefined;
  signedIn: boolean;
  onSignIn: () => void;
  onRemedy: (remedy: RemedyAnswer) => void;
}) {
  const say = useSay();
  const format = useFormat(zone);
  if (!expected.body) return null;
  if (!signedIn) {
    return (
      <Notice>
        <p>{say("promise-sign-in")}</p>
        <Button look="plain" onClick={onSignIn}>
          {say("promise-see")}
        </Button>
      </Notice>
    );
  }
  const found = expected.estimate;
  if (expected.error) return <Wrong error={expected.error} />;
  if (!found) return <Skeleton lines={1} height="8rem" />;
  if (found.why) {
    // The wait list is for a job that is posted.
    const helping = found.why.remedies.filter((each) => each.dispatch);
    return (
      <div role="status">
        <Card label={say("promise-nobody")}>
          <h2>{say("promise-nobody")}</h2>
          <p>{found.why.advice}</p>
          <Remedies remedies={helping} zone={zone} onTake={onRemedy} />
          {found.outside_hours > 0 && (
            <p>{say("promise-outside-hours", { count: found.outside_hours })}</p>
          )}
          <p>
            <small>{say("promise-post-anyway")}</small>
          </p>
        </Card>
      </div>
    );
  }
  const { price, wait } = found;
  const minutes = wait?.minutes.median;
  return (
    <div role="status" aria-busy={expected.pending}>
      <Card label={say("promise-title")}>
        <h2>{say("promise-title")}</h2>
        <Facts
          facts={[
            {
              name: say("promise-who"),
              sign: <Users size={20} />,
              value: <strong>{say("promise-could-come", { count: found.could_come })}</strong>,
              detail:
                found.outside_hours > 0 &&
                say("promise-outside-hours", { count: found.outside_hours }),
            },
            found.starts_at !== null && {
              name: say("promise-when"),
              sign: <Clock3 size={20} />,
              value: say("promise-first", { when: format.dayAndHour(found.starts_at) }),
            },
            {
              name: say("promise-cost"),
              sign: <Wallet size={20} />,
              value: price
                ? say("promise-price", {
                    low: format.money(price.total_cents.low, price.currency),
                    high: format.money(price.total_cents.high, price.currency),
                  })
                : say("promise-price-unknown"),
              detail:
                price &&
                [
                  say(`promise-basis-${price.basis}`, { count: price.counted }),
                  price.tax_credit_percent > 0 &&
                    say("promise-credit", {
                      cost: format.money(price.cost_cents.median, price.currency),
                    }),
                ]
                  .filter(Boolean)
                  .join(" "),
            },
            {
              name: say("promise-answer"),
              sign: <MessageCircle size={20} />,
              value:
                minutes === undefined || minutes === null
                  ? say("promise-wait-unknown")
                  : say("promise-wait", { time: format.minutes(Math.max(1, minutes)) }),
            },
          ]}
        />
      </Card>
    </div>
  );
}
