/** What both agreed on, item by item, how it changed, and what of it was paid. */
import { FileDown, ReceiptText } from "lucide-react";
import { useState } from "react";
import { useParams } from "react-router";

import { api, authorised, SERVER } from "~/api/client";
import { useCategoryName, useMarket } from "~/api/known";
import { isRefused, Refused, Unreachable } from "~/api/problem";
import type { AgreementAnswer, PaymentAnswer, Problem } from "~/api/schema";
import { Button } from "~/ui/controls";
import { Badge } from "~/ui/marks";
import { Photos } from "~/ui/photos";
import { Card, Empty, Failure, Page, Section, Skeleton, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./job.module.css";
import { Lines } from "./lines";
import { signed } from "./money-deeds";
import { useJob } from "./page";

export default function Order() {
  const say = useSay();
  const { jobId = "" } = useParams();
  const back = `/jobs/${jobId}`;
  const { data: job } = useJob(jobId);
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/jobs/{job_id}/order",
    { params: { path: { job_id: jobId } } },
    { meta: { keep: true }, refetchInterval: 15_000 },
  );
  const title = say("deed-order");
  if (!data)
    return (
      <Page title={title} back={back}>
        {isRefused(error, "not-found") ? (
          <Empty mark={<ReceiptText size={32} />} title={say("order-none")}>
            {say("order-none-text")}
          </Empty>
        ) : error ? (
          <Failure error={error} again={refetch} />
        ) : (
          <Skeleton />
        )}
      </Page>
    );
  return (
    <Page
      title={title}
      back={back}
      foot={<Paper path={`/api/v1/jobs/${jobId}/order.pdf`} label={say("order-pdf")} wide />}
    >
      <Agreement agreement={data} provider={job?.seen_as === "provider"} />
    </Page>
  );
}

function Agreement({ agreement, provider }: { agreement: AgreementAnswer; provider: boolean }) {
  const say = useSay();
  const name = useCategoryName();
  const format = useFormat(useMarket(agreement.market)?.time_zone);
  const { order } = agreement;
  const money = (amount: number) => format.money(amount, order.currency);
  const row = (label: string, amount: number | null, note?: string) =>
    amount === null || amount === 0 ? null : (
      <div>
        <dt>
          {label}
          {note && <small>{note}</small>}
        </dt>
        <dd>{money(amount)}</dd>
      </div>
    );
  return (
    <>
      <Card label={agreement.title}>
        <h2>{agreement.title}</h2>
        <p>
          {name(agreement.category)}
          <br />
          {format.span(order.starts_at, order.ends_at)}
          {agreement.address && (
            <>
              <br />
              {agreement.address}
            </>
          )}
        </p>
        <p className={css.small}>
          {say("order-between", {
            resident: agreement.resident.display_name,
            provider: agreement.provider.display_name,
            when: format.dayAndHour(order.locked_at),
          })}
        </p>
      </Card>
      <Section title={say("order-items")}>
        <Card>
          <Lines
            lines={order.lines}
            currency={order.currency}
            total={{ label: say("order-total"), cents: order.total_cents ?? 0 }}
          />
          <dl className={css.lines}>
            {row(say("order-tax"), order.tax_cents)}
            {row(say("order-credit"), order.credit_cents, say("order-credit-hint"))}
            {order.cost_cents !== order.total_cents && row(say("order-cost"), order.cost_cents)}
            {row(say("order-fee-cancelled"), agreement.fee_cents)}
            {provider && row(say("order-platform-fee"), order.platform_fee_cents)}
            {provider && row(say("order-net"), order.net_cents)}
          </dl>
        </Card>
      </Section>
      <Section title={say("order-paid")}>
        <Card>
          {agreement.payments.length === 0 && <p className={css.small}>{say("order-paid-none")}</p>}
          {agreement.payments.map((each) => (
            <Payment
              key={each.id}
              payment={each}
              jobId={agreement.job_id}
              zone={agreement.market}
            />
          ))}
          <dl className={css.lines}>
            {row(
              say("order-without-receipt"),
              agreement.without_receipt_cents,
              say("order-without-receipt-hint"),
            )}
            <div className={css.total}>
              <dt>{say("order-owed")}</dt>
              <dd>{money(agreement.owed_cents)}</dd>
            </div>
          </dl>
        </Card>
      </Section>
      {agreement.supplies.length > 0 && (
        <Section title={say("order-supplies")}>
          {agreement.supplies.map((each) => (
            <Card key={each.line}>
              <p className={css.feedHead}>
                <strong>{each.label ?? say("line-supplies")}</strong>
                {each.charged_cents === null ? (
                  <Badge tone="sun">{say("order-receipt-awaited")}</Badge>
                ) : (
                  <span>{money(each.charged_cents)}</span>
                )}
              </p>
              <p className={css.small}>{say("line-most", { most: money(each.most_cents) })}</p>
              <Photos photos={each.photos} label={say("job-supplies-receipt")} />
            </Card>
          ))}
        </Section>
      )}
      {agreement.changes.length > 0 && (
        <Section title={say("order-changes")}>
          {agreement.changes.map((each) => (
            <Card key={each.id}>
              <p className={css.feedHead}>
                <strong>{signed(money(Math.abs(each.delta_cents)), each.delta_cents)}</strong>
                <Badge
                  tone={
                    each.state === "agreed" ? "green" : each.state === "asked" ? "sun" : undefined
                  }
                >
                  {say(`change-${each.state}`)}
                </Badge>
              </p>
              {each.text && <p>{each.text}</p>}
              <Lines lines={each.lines} currency={order.currency} />
              <p className={css.small}>
                {say(`change-by-${each.asked_by}`, { when: format.dayAndHour(each.asked_at) })}
              </p>
            </Card>
          ))}
        </Section>
      )}
    </>
  );
}

function Payment({
  payment,
  jobId,
  zone,
}: {
  payment: PaymentAnswer;
  jobId: string;
  zone: string;
}) {
  const say = useSay();
  const format = useFormat(useMarket(zone)?.time_zone);
  const said = payment.received_at ?? payment.paid_at;
  const state =
    payment.refused_at !== null
      ? "refused"
      : payment.paid_at && payment.received_at
        ? "agreed"
        : payment.paid_at
          ? "paid"
          : "received";
  return (
    <div className={css.payment}>
      <p>
        <strong>{format.money(payment.amount_cents, payment.currency)}</strong>{" "}
        {say(`paid-by-${payment.method}`)}
        {said && <small>{format.dayAndHour(said)}</small>}
      </p>
      <Badge tone={state === "agreed" ? "green" : state === "refused" ? "clay" : "sun"}>
        {say(`paid-state-${state}`)}
      </Badge>
      {payment.receipt_number !== null && (
        <Paper
          path={`/api/v1/jobs/${jobId}/receipts/${payment.receipt_number}.pdf`}
          label={say("order-receipt", { number: payment.receipt_number })}
        />
      )}
    </div>
  );
}

/**
 * A paper behind the sign-in: it is fetched as whoever reads it, then shown.
 *
 * The window is opened at the press, because one opened once the paper is here is kept away.
 */
function Paper({ path, label, wide = false }: { path: string; label: string; wide?: boolean }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  async function show() {
    const page = window.open("", "_blank");
    setBusy(true);
    setError(undefined);
    try {
      const response = await authorised(new Request(`${SERVER || location.origin}${path}`));
      if (!response.ok) throw new Refused((await response.json()) as Problem);
      const url = URL.createObjectURL(await response.blob());
      if (page) page.location.href = url;
      else {
        const link = document.createElement("a");
        link.href = url;
        link.download = path.split("/").at(-1) ?? "order.pdf";
        link.click();
      }
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (failed) {
      page?.close();
      setError(failed instanceof Error ? failed : new Unreachable(path));
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className={css.stack}>
      <Wrong error={error} />
      <Button
        look="plain"
        wide={wide}
        busy={busy}
        icon={<FileDown size={20} aria-hidden />}
        onClick={() => void show()}
      >
        {label}
      </Button>
    </div>
  );
}
