/** What is asked about the price, and what of it is paid, where something is open. */
import { useAct } from "~/api/act";
import type { JobAnswer } from "~/api/schema";
import { Button } from "~/ui/controls";
import { Notice, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { signed } from "./money-deeds";
import { type Deed, unansweredPayment } from "./next";

export function Money({ job, onDeed }: { job: JobAnswer; onDeed: (deed: Deed) => void }) {
  const say = useSay();
  const format = useFormat();
  const takeBack = useAct("/api/v1/jobs/{job_id}/change-orders/{change_id}/refuse");
  if (!job.bill || job.seen_as === "operator") return null;
  const currency = job.order?.currency ?? job.budget.currency;
  const asked = job.bill.changes.find((each) => each.state === "asked");
  const owed = job.bill.owed_cents ?? 0;
  const payment = unansweredPayment(job);
  const over = job.state === "completed" || job.state === "cancelled";
  return (
    <>
      {asked && (
        <Notice tone="sun" live>
          <p>
            <strong>
              {say(asked.asked_by === job.seen_as ? "job-change-mine" : "job-change-theirs", {
                delta: signed(
                  format.money(Math.abs(asked.delta_cents), currency),
                  asked.delta_cents,
                ),
              })}
            </strong>
          </p>
          {asked.text && <p>{asked.text}</p>}
          {asked.asked_by === job.seen_as ? (
            <Button
              look="plain"
              busy={takeBack.isPending}
              onClick={() => takeBack.mutate({ path: { job_id: job.id, change_id: asked.id } })}
            >
              {say("job-take-back")}
            </Button>
          ) : (
            <Button look="plain" onClick={() => onDeed("answer-change")}>
              {say("deed-answer-change")}
            </Button>
          )}
          <Wrong error={takeBack.error} />
        </Notice>
      )}
      {payment && (
        <Notice tone="sun" live>
          <p>
            <strong>
              {say("job-payment-said", {
                money: format.money(payment.amount_cents, payment.currency),
              })}
            </strong>
          </p>
          <Button look="plain" onClick={() => onDeed("answer-payment")}>
            {say("deed-answer-payment")}
          </Button>
        </Notice>
      )}
      {over && owed > 0 && (
        <Notice>
          <p>
            <strong>{say("job-owed", { money: format.money(owed, currency) })}</strong>
          </p>
          <p>{say(job.seen_as === "provider" ? "job-owed-provider" : "job-owed-resident")}</p>
        </Notice>
      )}
      {over && owed === 0 && job.bill.payments.some((each) => each.receipt_number !== null) && (
        <Notice>{say("job-all-paid")}</Notice>
      )}
    </>
  );
}
