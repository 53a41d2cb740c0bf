/** All one's jobs: what waits for oneself first, then what is to come, is looked for, is over. */
import { ClipboardList, Plus } from "lucide-react";

import { api } from "~/api/client";
import { useCategory, useMarket } from "~/api/known";
import type { JobSummaryAnswer } from "~/api/schema";
import { AskForPushes } from "~/push/ask";
import { Button, ButtonLink } from "~/ui/controls";
import { Badge } from "~/ui/marks";
import { CardLink, Empty, Failure, Page, Section, Skeleton } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./board.module.css";
import { Drawing } from "./post-what";
import { AllSeries } from "./series";
import { next, type Shelf, SHELVES, shelves } from "./standing";

const LOOK_AGAIN_MS = 20_000;
const PAGE = 30;

export default function Board() {
  const say = useSay();
  const found = api.useInfiniteQuery(
    "get",
    "/api/v1/jobs",
    { params: { query: { limit: PAGE } } },
    {
      pageParamName: "cursor",
      initialPageParam: null as string | null,
      getNextPageParam: (last: { next_cursor: string | null }) => last.next_cursor,
      refetchInterval: LOOK_AGAIN_MS,
      meta: { keep: true },
    },
  );
  // Whoever works as well has their visits on other screens.
  const mine = found.data?.pages
    .flatMap((page) => page.items)
    .filter((job) => job.seen_as === "resident");
  const sorted = shelves(mine ?? []);
  const open = ["mine", "coming", "matching"].some(
    (shelf) => (sorted.get(shelf as Shelf)?.length ?? 0) > 0,
  );
  const post = (
    <ButtonLink to="/post" icon={<Plus size={20} aria-hidden />}>
      {say("board-post")}
    </ButtonLink>
  );
  return (
    <Page title={say("board-title")} wide foot={mine?.length ? post : undefined}>
      {mine === undefined ? (
        found.error ? (
          <Failure error={found.error} again={() => found.refetch()} />
        ) : (
          <Skeleton lines={3} height="7rem" />
        )
      ) : (
        <>
          {mine.length === 0 && !found.hasNextPage ? (
            <Empty
              mark={<ClipboardList size={32} />}
              title={say("board-empty-title")}
              action={post}
            >
              {say("board-empty-text")}
            </Empty>
          ) : (
            open && <AskForPushes reason="resident" />
          )}
          {SHELVES.map((shelf) => {
            const jobs = sorted.get(shelf) ?? [];
            if (jobs.length === 0) return null;
            return (
              <Section
                key={shelf}
                title={say(`board-shelf-${shelf}`)}
                action={<Badge tone={shelf === "mine" ? "sun" : undefined}>{jobs.length}</Badge>}
              >
                <ul className={css.jobs}>
                  {jobs.map((job) => (
                    <li key={job.id}>
                      <JobCard job={job} />
                    </li>
                  ))}
                </ul>
              </Section>
            );
          })}
          {found.hasNextPage && (
            <Button
              look="plain"
              busy={found.isFetchingNextPage}
              onClick={() => void found.fetchNextPage()}
            >
              {say("board-more")}
            </Button>
          )}
          <AllSeries />
        </>
      )}
    </Page>
  );
}

const TONES: Record<JobSummaryAnswer["state"], "green" | "sun" | "clay" | undefined> = {
  open: "sun",
  assigned: "green",
  in_progress: "green",
  finished: "sun",
  completed: undefined,
  unfilled: "clay",
  cancelled: undefined,
  disputed: "clay",
};

function JobCard({ job }: { job: JobSummaryAnswer }) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const template = useCategory(job.category)?.brief_template;
  const picture = job.brief_read.preset ?? template?.presets[0];
  const doing = next(job);
  const over = doing === "over" || doing === "called-off";
  const to = doing === "compare" ? `/jobs/${job.id}/answers` : `/jobs/${job.id}`;
  return (
    <CardLink to={to}>
      <span className={css.job}>
        <Drawing picture={picture?.picture} />
        <span className={css.text}>
          <strong>{job.title}</strong>
          <span className={css.when}>
            {over
              ? format.longDay(job.state_since)
              : job.starts_at && job.ends_at
                ? format.span(job.starts_at, job.ends_at)
                : format.span(job.window.from, job.window.to)}
          </span>
          {job.provider && (
            <span className={css.when}>
              {say("board-with", { name: job.who_comes?.name ?? job.provider.display_name })}
            </span>
          )}
          <span className={css.next}>
            <Badge tone={TONES[job.state]}>{say(`job-state-${job.state}`)}</Badge>
            {!over && (
              <span>
                {doing === "compare"
                  ? say("matching-compare", { count: job.counts.quoted })
                  : say(`board-next-${doing}`)}
              </span>
            )}
          </span>
        </span>
      </span>
    </CardLink>
  );
}
