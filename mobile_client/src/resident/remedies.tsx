/** A job that nobody came for: why, what would help, and each of that with one tap. */
import { useMutation } from "@tanstack/react-query";
import { BellRing, CalendarDays, Coins, RotateCcw, Scale } from "lucide-react";
import type { ReactNode } from "react";

import { refresh, useAct } from "~/api/act";
import { server } from "~/api/client";
import { useMarket } from "~/api/known";
import type { JobAnswer, RemedyAnswer } from "~/api/schema";
import { Button } from "~/ui/controls";
import { Card, Notice, toast, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./remedies.module.css";
import { terms } from "./terms";

const SIGNS: Record<RemedyAnswer["kind"], ReactNode> = {
  "another-day": <CalendarDays aria-hidden />,
  "higher-price": <Coins aria-hidden />,
  choose: <Scale aria-hidden />,
  "wait-list": <BellRing aria-hidden />,
};

/** What would help, each as a large button; also before posting, where it changes the draft. */
export function Remedies({
  remedies,
  zone,
  busy,
  onTake,
}: {
  remedies: readonly RemedyAnswer[];
  zone: string | undefined;
  /** The kind that is under way. */
  busy?: RemedyAnswer["kind"] | undefined;
  onTake: (remedy: RemedyAnswer) => void;
}) {
  const say = useSay();
  const format = useFormat(zone);
  return (
    <ul className={css.remedies}>
      {remedies.map((remedy) => {
        const changed = terms(remedy);
        const detail =
          changed.kind === "another-day" && changed.from && changed.to
            ? format.span(changed.from, changed.to)
            : changed.kind === "higher-price" && changed.cents && changed.currency
              ? format.money(changed.cents, changed.currency)
              : "";
        return (
          <li key={remedy.kind}>
            <button
              type="button"
              className={css.remedy}
              aria-disabled={busy !== undefined}
              aria-busy={busy === remedy.kind}
              onClick={() => busy === undefined && onTake(remedy)}
            >
              <span className={css.sign}>{SIGNS[remedy.kind]}</span>
              <span>
                <strong>{say(`remedy-${remedy.kind}`, { detail })}</strong>
                <small>
                  {remedy.kind === "wait-list"
                    ? say("remedies-might", { count: remedy.would_reach })
                    : say("remedies-reach", { count: remedy.would_reach })}
                </small>
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

export function Unfilled({ job }: { job: JobAnswer }) {
  const say = useSay();
  const zone = useMarket(job.market)?.time_zone;
  const format = useFormat(zone);
  const dispatch = useAct("/api/v1/jobs/{job_id}/dispatch", {
    onSuccess: () => toast(say("unfilled-asked-again")),
  });
  const wait = useAct("/api/v1/jobs/{job_id}/wait-list");
  const stop = useMutation({
    mutationFn: () =>
      server.DELETE("/api/v1/jobs/{job_id}/wait-list", { params: { path: { job_id: job.id } } }),
    onSuccess: () => refresh(),
  });
  const path = { job_id: job.id };
  const remedies = (job.remedies ?? []).filter(
    (each) => each.kind !== "wait-list" || !job.waits_until,
  );
  const under = dispatch.isPending ? dispatch.variables.body : undefined;
  const busy = wait.isPending
    ? ("wait-list" as const)
    : under
      ? remedies.find((each) => each.dispatch === under)?.kind
      : undefined;
  const pressed = dispatch.isPending || wait.isPending;
  const passed = new Date(job.window.to) < new Date();
  return (
    <Card label={say("unfilled-title")}>
      <h2>{say("unfilled-title")}</h2>
      {job.unfilled_advice && <p>{job.unfilled_advice}</p>}
      {job.waits_until && (
        <Notice>
          <p>{say("unfilled-waits", { until: format.dayAndHour(job.waits_until) })}</p>
          <Button look="plain" busy={stop.isPending} onClick={() => stop.mutate()}>
            {say("unfilled-stop-waiting")}
          </Button>
          <Wrong error={stop.error} />
        </Notice>
      )}
      {remedies.length > 0 && (
        <Remedies
          remedies={remedies}
          zone={zone}
          busy={pressed ? (busy ?? "wait-list") : undefined}
          onTake={(remedy) => {
            if (remedy.dispatch) dispatch.mutate({ path, body: remedy.dispatch });
            else wait.mutate({ path });
          }}
        />
      )}
      <Wrong error={dispatch.error ?? wait.error} />
      {!passed && (
        <Button
          look={remedies.length > 0 ? "quiet" : "plain"}
          icon={<RotateCcw size={20} aria-hidden />}
          busy={dispatch.isPending && busy === undefined}
          onClick={() => dispatch.mutate({ path, body: {} })}
        >
          {say("unfilled-same-again")}
        </Button>
      )}
    </Card>
  );
}
