/** Once it is done: what was said about it, what is disputed, and whom one would have again. */
import { useQueryClient } from "@tanstack/react-query";
import { useMutation } from "@tanstack/react-query";
import { Heart } from "lucide-react";
import { useState } from "react";

import { useAct } from "~/api/act";
import { api, server } from "~/api/client";
import { useMarket } from "~/api/known";
import type { JobAnswer, JobReviewAnswer } from "~/api/schema";
import { Button, TextArea } from "~/ui/controls";
import { Badge, Stars } from "~/ui/marks";
import { Photos } from "~/ui/photos";
import { Card, Failure, Notice, Section, Skeleton, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./job.module.css";
import { otherName } from "./money-deeds";

export function useReviews(job: JobAnswer | undefined) {
  return api.useQuery(
    "get",
    "/api/v1/jobs/{job_id}/reviews",
    { params: { path: { job_id: job?.id ?? "" } } },
    { enabled: job?.state === "completed" && job.seen_as !== "operator", meta: { keep: true } },
  );
}

export function Reviews({ job }: { job: JobAnswer }) {
  const say = useSay();
  const { data } = useReviews(job);
  const items = data?.items ?? [];
  const mine = items.find((each) => each.mine);
  const theirs = items.find((each) => !each.mine);
  if (items.length === 0) return null;
  return (
    <Section title={say("job-reviews")}>
      {mine && <Review job={job} review={mine} />}
      {theirs ? (
        <Review job={job} review={theirs} />
      ) : (
        mine && <Notice>{say("job-review-hidden", { name: otherName(job) })}</Notice>
      )}
    </Section>
  );
}

function Review({ job, review }: { job: JobAnswer; review: JobReviewAnswer }) {
  const say = useSay();
  const [writing, setWriting] = useState(false);
  const [text, setText] = useState("");
  const reply = useAct("/api/v1/reviews/{review_id}/reply", {
    onSuccess: () => setWriting(false),
  });
  return (
    <Card>
      <p className={css.feedHead}>
        <strong>
          {review.mine ? say("job-review-mine") : say("job-review-of", { name: otherName(job) })}
        </strong>
        <Stars stars={review.stars} />
      </p>
      {review.text && <p className={css.said}>{review.text}</p>}
      {review.reply && (
        <blockquote>
          <small>{say("job-review-reply")}</small>
          <br />
          {review.reply}
        </blockquote>
      )}
      {!review.mine &&
        review.reply === null &&
        (writing ? (
          <>
            <TextArea
              label={say("job-review-reply")}
              value={text}
              maxLength={1000}
              onChange={(event) => setText(event.target.value)}
            />
            <Wrong error={reply.error} />
            <Button
              busy={reply.isPending}
              disabled={!text.trim()}
              onClick={() =>
                reply.mutate({ path: { review_id: review.id }, body: { text: text.trim() } })
              }
            >
              {say("job-send")}
            </Button>
          </>
        ) : (
          <Button look="plain" onClick={() => setWriting(true)}>
            {say("job-review-answer")}
          </Button>
        ))}
    </Card>
  );
}

/** Of those who can do the next job, this one hears of it first. */
export function Favourite({ job }: { job: JobAnswer }) {
  const say = useSay();
  const client = useQueryClient();
  const { data } = api.useQuery("get", "/api/v1/me/favourites", {});
  const id = job.provider?.id ?? "";
  const mine = data?.items.some((each) => each.account_id === id) ?? false;
  const change = useMutation({
    mutationFn: async () => {
      const params = { params: { path: { account_id: id } } };
      if (mine) await server.DELETE("/api/v1/me/favourites/{account_id}", params);
      else await server.PUT("/api/v1/me/favourites/{account_id}", params);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["get", "/api/v1/me/favourites"] }),
  });
  if (!job.provider || !data) return null;
  return (
    <div>
      <Button
        look="plain"
        aria-pressed={mine}
        busy={change.isPending}
        icon={<Heart size={20} aria-hidden fill={mine ? "currentColor" : "none"} />}
        onClick={() => change.mutate()}
      >
        {say(mine ? "job-favourite-yes" : "job-favourite-no", { name: job.provider.display_name })}
      </Button>
      <Wrong error={change.error} />
    </div>
  );
}

/** Who said and showed what, and by when a person answers. */
export function Dispute({ job }: { job: JobAnswer }) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/jobs/{job_id}/dispute",
    { params: { path: { job_id: job.id } } },
    { refetchInterval: 30_000, meta: { keep: true } },
  );
  if (error && !data) return <Failure error={error} again={refetch} />;
  if (!data) return <Skeleton lines={2} />;
  return (
    <Section title={say("job-dispute")}>
      <ol className={css.steps}>
        <li data-done>{say("job-dispute-opened", { when: format.dayAndHour(data.opened_at) })}</li>
        <li data-done={data.answered_at !== null || undefined}>
          {data.answered_at
            ? say("job-dispute-answered", { when: format.dayAndHour(data.answered_at) })
            : say("job-dispute-answer-by", { when: format.dayAndHour(data.answer_due_at) })}
        </li>
        <li data-done={data.decided_at !== null || undefined}>
          {data.decided_at
            ? say(`job-dispute-${data.outcome ?? "completed"}`, {
                when: format.dayAndHour(data.decided_at),
              })
            : say("job-dispute-decide-by", { when: format.dayAndHour(data.decide_due_at) })}
        </li>
      </ol>
      <ol className={css.feed} aria-live="polite">
        {data.statements.map((each, at) => (
          <li key={at}>
            <div>
              <p className={css.feedHead}>
                <Badge tone={each.by === "operator" ? "sun" : undefined}>
                  {each.by === "operator"
                    ? say("job-operator")
                    : each.by === job.seen_as
                      ? say("job-you")
                      : (each.by === "resident" ? job.resident : job.provider)?.display_name}
                </Badge>
                <time dateTime={each.at}>{format.dayAndHour(each.at)}</time>
              </p>
              <p className={css.said}>{each.text}</p>
            </div>
          </li>
        ))}
      </ol>
      {data.photos.length > 0 && (
        <>
          <h3>{say("job-dispute-photos")}</h3>
          <Photos
            photos={data.photos.map((each) => each.photo)}
            label={say("job-dispute-photos")}
          />
        </>
      )}
    </Section>
  );
}
