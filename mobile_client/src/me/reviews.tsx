/** What those one worked for said, and the one reply to each. */
import { keepPreviousData } from "@tanstack/react-query";
import { MessageSquareReply, Star } from "lucide-react";
import { useState } from "react";

import { useAct } from "~/api/act";
import { api } from "~/api/client";
import { useCategoryName } from "~/api/known";
import { isRefused } from "~/api/problem";
import type { ReviewAnswer } from "~/api/schema";
import { client } from "~/api/store";
import { useMe } from "~/api/who";
import { Button, TextArea } from "~/ui/controls";
import { Badge } from "~/ui/marks";
import { Card, Section, Sheet, Skeleton, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

const PATH = "/api/v1/providers/{provider_id}/reviews";
const FEW = 3;
const MANY = 50;

export function Reviews() {
  const say = useSay();
  const me = useMe();
  const [limit, setLimit] = useState(FEW);
  const reviews = api.useQuery(
    "get",
    PATH,
    { params: { path: { provider_id: me.id }, query: { limit } } },
    { meta: { keep: true }, placeholderData: keepPreviousData },
  );
  // Who has not written a profile yet is nobody to review.
  const nobody = isRefused(reviews.error) && reviews.error.status === 404;
  return (
    <Section title={say("me-reviews")}>
      {reviews.isPending && <Skeleton lines={2} />}
      {!reviews.data && !nobody && <Wrong error={reviews.error} />}
      {(nobody || reviews.data?.items.length === 0) && <p>{say("me-reviews-none")}</p>}
      {reviews.data?.items.map((review) => (
        <Review key={review.id} review={review} />
      ))}
      {limit === FEW && reviews.data?.next_cursor && (
        <Button look="plain" busy={reviews.isFetching} onClick={() => setLimit(MANY)}>
          {say("me-reviews-all")}
        </Button>
      )}
    </Section>
  );
}

function Review({ review }: { review: ReviewAnswer }) {
  const say = useSay();
  const format = useFormat();
  const name = useCategoryName();
  const [replying, setReplying] = useState(false);
  return (
    <Card>
      <p>
        <Badge tone="sun" icon={<Star size={16} fill="currentColor" aria-hidden />}>
          {say("stars", { stars: review.stars })}
        </Badge>{" "}
        {name(review.category)} · {format.month(review.written_at)}
      </p>
      {review.text && <p>{review.text}</p>}
      {review.reply ? (
        <p>
          <strong>{say("me-review-replied")}</strong>
          <br />
          {review.reply}
        </p>
      ) : (
        <Button
          look="quiet"
          icon={<MessageSquareReply size={20} aria-hidden />}
          onClick={() => setReplying(true)}
        >
          {say("me-review-reply")}
        </Button>
      )}
      <Sheet title={say("me-review-reply")} open={replying} onClose={() => setReplying(false)}>
        <Reply reviewId={review.id} onDone={() => setReplying(false)} />
      </Sheet>
    </Card>
  );
}

function Reply({ reviewId, onDone }: { reviewId: string; onDone: () => void }) {
  const say = useSay();
  const [text, setText] = useState("");
  const reply = useAct("/api/v1/reviews/{review_id}/reply", {
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["get", PATH] });
      onDone();
    },
  });
  return (
    <>
      <TextArea
        label={say("me-review-reply-label")}
        hint={say("me-review-reply-hint")}
        rows={4}
        maxLength={1000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Wrong error={reply.error} />
      <Button
        busy={reply.isPending}
        disabled={!text.trim()}
        onClick={() => reply.mutate({ path: { review_id: reviewId }, body: { text: text.trim() } })}
      >
        {say("me-review-reply")}
      </Button>
    </>
  );
}
