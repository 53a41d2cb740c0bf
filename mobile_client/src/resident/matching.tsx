/** A job that looks for somebody: how far it has come, told as it happens, and what comes next. */
import { Check, Eye, MessageCircle, Radar, Send } from "lucide-react";
import type { ReactNode } from "react";

import { useAct } from "~/api/act";
import { api } from "~/api/client";
import { useMarket } from "~/api/known";
import type { JobAnswer } from "~/api/schema";
import { Button, ButtonLink } from "~/ui/controls";
import { Card, Confirm, useNow, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";
import { useState } from "react";

import css from "./matching.module.css";
import { reached } from "./terms";

const LOOK_AGAIN_MS = 4_000;

/** Those asked about a job, as its resident may see them; looked at again while it is open. */
export function useAsked(jobId: string, every: number | false = LOOK_AGAIN_MS) {
  return api.useQuery(
    "get",
    "/api/v1/jobs/{job_id}/candidates",
    { params: { path: { job_id: jobId } } },
    { refetchInterval: every, meta: { keep: true } },
  );
}

export function Matching({ job }: { job: JobAnswer }) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const now = useNow(30);
  const [ending, setEnding] = useState(false);
  const { data } = useAsked(job.id);
  const cancel = useAct("/api/v1/jobs/{job_id}/cancel", { onSuccess: () => setEnding(false) });
  const far = reached(job.counts);
  const furthest = (data?.asked ?? []).reduce(
    (most, each) => Math.max(most, each.distance_up_to_m),
    0,
  );
  const choosing = job.mode === "choose";
  const steps: { name: string; sign: ReactNode; text: string; detail?: string; done: boolean }[] = [
    {
      name: "asked",
      sign: <Send size={18} aria-hidden />,
      text:
        far.asked > 0
          ? say("matching-asked", { count: far.asked })
          : say("matching-looking-for-whom"),
      ...(furthest > 0 && {
        detail: say("matching-within", { distance: format.distance(furthest) }),
      }),
      done: far.asked > 0,
    },
    {
      name: "looked",
      sign: <Eye size={18} aria-hidden />,
      text:
        far.looked > 0
          ? say("matching-looked", { count: far.looked })
          : say("matching-nobody-looked"),
      done: far.looked > 0,
    },
    {
      name: "answered",
      sign: <MessageCircle size={18} aria-hidden />,
      text: choosing
        ? far.prices > 0
          ? say("matching-prices", { count: far.prices })
          : say("matching-no-price")
        : far.answered > 0
          ? say("matching-declined", { count: job.counts.declined })
          : say("matching-no-answer"),
      done: choosing ? far.prices > 0 : far.answered > 0,
    },
  ];
  return (
    <Card label={say("matching-title")}>
      <div className={css.head}>
        <span className={css.radar} aria-hidden>
          <Radar size={28} />
        </span>
        <div>
          <h2>{say("matching-title")}</h2>
          <p className={css.since}>
            {say("matching-since", { ago: format.ago(job.state_since, now) })}
          </p>
        </div>
      </div>
      <ol className={css.steps} aria-live="polite">
        {steps.map((step) => (
          <li key={step.name} data-done={step.done || undefined}>
            <span className={css.dot}>
              {step.done ? <Check size={18} aria-hidden /> : step.sign}
            </span>
            <span>
              {step.text}
              {step.detail && <small>{step.detail}</small>}
            </span>
          </li>
        ))}
      </ol>
      <p className={css.next}>
        {choosing
          ? say("matching-next-choose")
          : job.urgency === "now"
            ? say("matching-next-now")
            : say("matching-next-instant")}{" "}
        {far.waiting > 0 && say("matching-more-to-come", { count: far.waiting })}
      </p>
      {far.prices > 0 && (
        <ButtonLink to={`/jobs/${job.id}/answers`}>
          {say("matching-compare", { count: far.prices })}
        </ButtonLink>
      )}
      <Button look="quiet" onClick={() => setEnding(true)}>
        {say("matching-end")}
      </Button>
      <Wrong error={!ending && cancel.error} />
      <Confirm
        title={say("matching-end-title")}
        text={say("matching-end-text")}
        yes={say("matching-end-yes")}
        open={ending}
        busy={cancel.isPending}
        error={cancel.error}
        onClose={() => setEnding(false)}
        onYes={() => cancel.mutate({ path: { job_id: job.id }, body: { reason: "" } })}
      />
    </Card>
  );
}
