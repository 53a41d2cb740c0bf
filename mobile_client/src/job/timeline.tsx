/** What happened to a job, latest last, each with its hour; folded away until somebody wants it. */
import { useMarket } from "~/api/known";
import type { JobAnswer } from "~/api/schema";
import { Photos } from "~/ui/photos";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./job.module.css";

/** What is told; anything else is for those who run the place. */
const TOLD = [
  "job-post",
  "job-edit",
  "job-assign",
  "job-reopen",
  "job-give-up",
  "job-dispatch",
  "job-cancel",
  "job-start",
  "job-finish",
  "job-redo",
  "job-confirm",
  "job-dispute",
  "job-settle-completed",
  "job-settle-cancelled",
  "visit-confirm",
  "visit-late",
  "on-my-way",
  "reschedule-ask",
  "reschedule-agree",
  "reschedule-refuse",
  "change-ask",
  "change-agree",
  "change-refuse",
  "substitute-ask",
  "substitute-agree",
  "substitute-refuse",
  "supplies-charged",
  "paid-resident",
  "paid-provider",
  "paid-refused-resident",
  "paid-refused-provider",
  "redo-date",
  "work-progress",
  "work-pause",
  "work-blocked",
  "work-resume",
  "work-stalled",
  "reviews-visible",
] as const;

type Told = (typeof TOLD)[number];

export function Timeline({ job }: { job: JobAnswer }) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const told = job.timeline.filter((each): each is typeof each & { event: Told } =>
    (TOLD as readonly string[]).includes(each.event),
  );
  if (told.length === 0) return null;
  return (
    <details className={css.timeline}>
      <summary>
        <h2>{say("job-timeline")}</h2>
      </summary>
      <ol>
        {told.map((each, at) => (
          <li key={at}>
            <time dateTime={each.at}>{format.dayAndHour(each.at)}</time>
            <span>
              {say(`event-${each.event}`)}
              {isWords(each.reason) && <small>{say("job-quoted", { text: each.reason })}</small>}
            </span>
            <Photos photos={each.photos} label={say(`event-${each.event}`)} />
          </li>
        ))}
      </ol>
    </details>
  );
}

/** Somebody's own words, not a code of the server's. */
export function isWords(reason: string | null | undefined): reason is string {
  return !!reason && !/^[a-z]+([-_][a-z]+)*$/.test(reason);
}
