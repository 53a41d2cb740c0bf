/**
 * The page of one job, for both its people.
 *
 * Hides: which of the two reads it. What is to be done now is under the thumb, what can be done
 * besides is a press further, and what the job is comes below.
 */
import { CircleEllipsis, FileText, MessageCircle } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useNavigate, useParams } from "react-router";

import { api } from "~/api/client";
import { useMarket } from "~/api/known";
import { useWaiting } from "~/api/outbox";
import type { JobAnswer } from "~/api/schema";
import { AskForPushes } from "~/push/ask";
import { Matching } from "~/resident/matching";
import { Unfilled } from "~/resident/remedies";
import { Button, IconButton } from "~/ui/controls";
import { Badge } from "~/ui/marks";
import { Failure, List, Notice, Page, Row, Section, Sheet, Skeleton, useNow } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { Dispute, Favourite, Reviews, useReviews } from "./after";
import type { SheetDeed } from "./deeds";
import { JobFacts } from "./facts";
import css from "./job.module.css";
import { Money } from "./money";
import { otherName } from "./money-deeds";
import { type Deed, lookAgain, type Next, redoAt, stage, whatIsNext } from "./next";
import { isWords, Timeline } from "./timeline";
import { People, Visit, Where } from "./visit";
import { Work } from "./work";

const DeedForm = lazy(() => import("./deeds"));

/** A job, looked at again while its page is open. */
export function useJob(jobId: string) {
  return api.useQuery(
    "get",
    "/api/v1/jobs/{job_id}",
    { params: { path: { job_id: jobId } } },
    { meta: { keep: true }, refetchInterval: ({ state }) => lookAgain(state.data) },
  );
}

export default function JobPage() {
  const say = useSay();
  const { jobId = "" } = useParams();
  const { data: job, error, refetch } = useJob(jobId);
  if (!job)
    return (
      <Page title={say("job-title")} back="/">
        {error ? <Failure error={error} again={refetch} /> : <Skeleton lines={4} />}
      </Page>
    );
  return <Told key={job.id} job={job} />;
}

function Told({ job }: { job: JobAnswer }) {
  const say = useSay();
  const now = useNow(15);
  const navigate = useNavigate();
  const [doing, setDoing] = useState<Deed | undefined>(undefined);
  const [more, setMore] = useState(false);
  const { data: reviews } = useReviews(job);
  const next = whatIsNext(job, now, reviews?.items);

  function onDeed(deed: Deed) {
    setMore(false);
    if (deed === "write") void navigate(`/jobs/${job.id}/messages`);
    else if (deed === "order") void navigate(`/jobs/${job.id}/order`);
    else if (deed === "compare") void navigate(`/jobs/${job.id}/answers`);
    else setDoing(deed);
  }

  const words = useDeedWords(job);
  return (
    <Page
      title={job.title}
      back={job.seen_as === "provider" ? "/day" : "/jobs"}
      wide
      foot={<Foot next={next} words={words} onDeed={onDeed} onMore={() => setMore(true)} />}
    >
      <div className={css.columns}>
        <div className={css.column}>
          <Stage job={job} now={now} />
          <Now job={job} onDeed={onDeed} />
        </div>
        <div className={css.column}>
          <JobFacts job={job} />
          <Timeline job={job} />
        </div>
      </div>
      <Sheet title={say("job-more")} open={more} onClose={() => setMore(false)}>
        <List>
          {next.also.map((deed) => (
            <Row key={deed} title={words(deed)} onPress={() => onDeed(deed)} />
          ))}
        </List>
      </Sheet>
      <Sheet
        title={doing ? words(doing) : ""}
        open={doing !== undefined}
        onClose={() => setDoing(undefined)}
      >
        {doing && (
          <Suspense fallback={<Skeleton lines={2} />}>
            <DeedForm deed={doing as SheetDeed} job={job} onClose={() => setDoing(undefined)} />
          </Suspense>
        )}
      </Sheet>
    </Page>
  );
}

/** What a deed is called for whoever reads it. */
function useDeedWords(job: JobAnswer): (deed: Deed) => string {
  const say = useSay();
  const provider = job.seen_as === "provider";
  return (deed) => {
    if (deed === "compare") return say("deed-compare", { count: job.counts.quoted });
    if (deed === "pay") return say(provider ? "deed-paid" : "deed-pay");
    if (deed === "no-show") return say(provider ? "deed-nobody-home" : "deed-no-show");
    if (deed === "call-off" && provider) return say("deed-give-back");
    if (deed === "set-out" && job.on_my_way_at !== null) return say("job-set-out-again");
    return say(`deed-${deed}`);
  };
}

/** Under the thumb one word is enough: what is asked stands above it. */
function isAnswer(deed: Deed): boolean {
  return deed.startsWith("answer-");
}

function Foot({
  next,
  words,
  onDeed,
  onMore,
}: {
  next: Next;
  words: (deed: Deed) => string;
  onDeed: (deed: Deed) => void;
  onMore: () => void;
}) {
  const say = useSay();
  const [first, second] = next.first;
  if (!first && next.also.length === 0) return null;
  return (
    <div className={css.foot}>
      {next.also.length > 0 &&
        (first ? (
          <IconButton label={say("job-more")} look="plain" onClick={onMore}>
            <CircleEllipsis aria-hidden />
          </IconButton>
        ) : (
          <Button look="plain" wide onClick={onMore}>
            {say("job-more")}
          </Button>
        ))}
      {second === "write" && (
        <IconButton label={words("write")} look="plain" onClick={() => onDeed("write")}>
          <MessageCircle aria-hidden />
        </IconButton>
      )}
      {second && second !== "write" && (
        <Button look="plain" onClick={() => onDeed(second)}>
          {isAnswer(second) ? say("deed-answer") : words(second)}
        </Button>
      )}
      {first && (
        <Button
          className={css.first}
          icon={first === "write" && <MessageCircle size={20} aria-hidden />}
          onClick={() => onDeed(first)}
        >
          {isAnswer(first) ? say("deed-answer") : words(first)}
        </Button>
      )}
    </div>
  );
}

/** Where it stands and what that means for the reader, in a sentence. */
function Stage({ job, now }: { job: JobAnswer; now: Date }) {
  const say = useSay();
  const at = stage(job, now);
  const tone = at === "blocked" || at === "disputed" || at === "late" ? "sun" : "green";
  return (
    <div className={css.stage} role="status">
      <Badge tone={job.state === "cancelled" || job.state === "unfilled" ? "clay" : tone}>
        {say(`job-stage-${at}`)}
      </Badge>
      <p>
        {job.seen_as === "provider"
          ? say(`job-provider-${at}`, { name: otherName(job) })
          : say(`job-resident-${at}`, { name: job.who_comes?.name ?? otherName(job) })}
      </p>
    </div>
  );
}

/** What belongs to the state it is in. */
function Now({ job, onDeed }: { job: JobAnswer; onDeed: (deed: Deed) => void }) {
  const say = useSay();
  const resident = job.seen_as === "resident";
  const waits = useWaiting(job.id).some(
    ({ letter, refused }) => letter.kind === "message" && !refused,
  );
  return (
    <>
      {waits && <Notice>{say("job-messages-waiting")}</Notice>}
      {job.state === "open" && resident && <Matching job={job} />}
      {job.state === "unfilled" && resident && <Unfilled job={job} />}
      {job.state === "assigned" && <Visit job={job} onDeed={onDeed} />}
      {job.state === "cancelled" && <WhyCancelled job={job} />}
      {job.state === "disputed" && <Dispute job={job} />}
      {job.state === "in_progress" && <RedoWanted job={job} />}
      <Money job={job} onDeed={onDeed} />
      {(job.state === "in_progress" || job.state === "finished") && job.provider && (
        <Section title={say("job-people")}>
          <People job={job} />
          {job.seen_as === "provider" && <Where job={job} />}
        </Section>
      )}
      {job.state === "completed" && (
        <>
          <People job={job} />
          {resident && <Favourite job={job} />}
          <Reviews job={job} />
        </>
      )}
      <Work job={job} />
      {job.order && (
        <List>
          <Row
            icon={<FileText size={22} aria-hidden />}
            title={say("deed-order")}
            to={`/jobs/${job.id}/order`}
          />
          {job.provider && job.seen_as !== "operator" && (
            <Row
              icon={<MessageCircle size={22} aria-hidden />}
              title={say("deed-write")}
              to={`/jobs/${job.id}/messages`}
            />
          )}
        </List>
      )}
      {job.state === "assigned" && <AskForPushes reason={resident ? "resident" : "provider"} />}
    </>
  );
}

function WhyCancelled({ job }: { job: JobAnswer }) {
  const say = useSay();
  const ended = job.timeline.findLast((each) => each.state === "cancelled");
  if (!ended) return null;
  return (
    <Notice>
      <p>
        <strong>
          {ended.by === job.seen_as
            ? say("job-cancelled-by-you")
            : say(`job-cancelled-by-${ended.by}`, { name: otherName(job) })}
        </strong>
      </p>
      {isWords(ended.reason) && <p>{say("job-quoted", { text: ended.reason })}</p>}
    </Notice>
  );
}

function RedoWanted({ job }: { job: JobAnswer }) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const wanted = job.timeline.findLast((each) => each.event === "job-redo");
  const at = redoAt(job);
  if (!wanted) return null;
  return (
    <Notice tone="sun">
      <p>
        <strong>{say("job-redo-wanted")}</strong>
      </p>
      {isWords(wanted.reason) && <p>{say("job-quoted", { text: wanted.reason })}</p>}
      {at !== undefined && <p>{say("job-redo-at", { when: format.dayAndHour(at) })}</p>}
    </Notice>
  );
}
