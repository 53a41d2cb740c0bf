/** What the two wrote to each other: the newest below, what is not sent yet at the very end. */
import { CloudUpload, EllipsisVertical, ImagePlus, MessageCircle, Send } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useParams, useSearchParams } from "react-router";

import { useAct } from "~/api/act";
import { api } from "~/api/client";
import { useMarket } from "~/api/known";
import { numbered, useSend, useWaiting } from "~/api/outbox";
import { isRefused } from "~/api/problem";
import type { JobAnswer, MessageAnswer, ReportBody } from "~/api/schema";
import { Button, Chips, IconButton, TextArea } from "~/ui/controls";
import { BlobImage, PhotoPicker, Photos } from "~/ui/photos";
import { Empty, Failure, Notice, Page, Sheet, Skeleton, toast, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./messages.module.css";
import { otherName } from "./money-deeds";
import { useJob } from "./page";

const LOOK_AGAIN_MS = 5_000;

export default function Messages() {
  const say = useSay();
  const { jobId = "" } = useParams();
  const [query] = useSearchParams();
  const { data: job, error, refetch } = useJob(jobId);
  const title = job
    ? (query.get("name") ?? otherName(job)) || say("deed-write")
    : say("deed-write");
  if (!job)
    return (
      <Page title={title} back={`/jobs/${jobId}`}>
        {error ? <Failure error={error} again={refetch} /> : <Skeleton />}
      </Page>
    );
  // Somebody else than who has the job: one of several who answered.
  const asked = query.get("provider") ?? undefined;
  return (
    <Thread job={job} title={title} providerId={asked === job.provider?.id ? undefined : asked} />
  );
}

function Thread({
  job,
  title,
  providerId,
}: {
  job: JobAnswer;
  title: string;
  providerId: string | undefined;
}) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const talk = api.useInfiniteQuery(
    "get",
    "/api/v1/jobs/{job_id}/messages",
    {
      params: {
        path: { job_id: job.id },
        query: { limit: 30, ...(providerId ? { provider_id: providerId } : {}) },
      },
    },
    {
      pageParamName: "cursor",
      // Null, because the library takes undefined for page 0.
      initialPageParam: null as unknown as string,
      getNextPageParam: (page) => page.next_cursor ?? undefined,
      refetchInterval: LOOK_AGAIN_MS,
      meta: { keep: true },
    },
  );
  const items = (talk.data?.pages ?? []).flatMap((page) => page.items).reverse();
  const waiting = useWaiting(job.id).filter(
    ({ letter }) => letter.kind === "message" && letter.providerId === providerId,
  );
  const me = job.seen_as;
  useRead(job.id, providerId, items, me);
  const end = useStayBelow(items, waiting.length);
  const [reported, setReported] = useState<MessageAnswer | undefined>(undefined);
  const over = job.state === "cancelled";

  const days = items.map((each) => format.longDay(each.at));
  return (
    <Page
      title={title}
      back={`/jobs/${job.id}`}
      foot={
        me === "operator" || over ? undefined : <Composer jobId={job.id} providerId={providerId} />
      }
    >
      {talk.error && items.length === 0 ? (
        <Failure error={talk.error} again={talk.refetch} />
      ) : !talk.data ? (
        <Skeleton />
      ) : (
        <>
          {talk.hasNextPage && (
            <Button
              look="quiet"
              busy={talk.isFetchingNextPage}
              onClick={() => void talk.fetchNextPage()}
            >
              {say("message-earlier")}
            </Button>
          )}
          {items.length === 0 && waiting.length === 0 && (
            <Empty mark={<MessageCircle size={32} />} title={say("message-none")}>
              {say("message-none-text")}
            </Empty>
          )}
          <ol className={css.thread} role="log" aria-label={say("message-thread")}>
            {items.map((each, at) => {
              const on = days[at];
              const first = on !== days[at - 1];
              const mine = each.author === me;
              return (
                <li key={each.id} data-mine={mine || undefined}>
                  {first && <p className={css.day}>{on}</p>}
                  <div className={css.bubble}>
                    <span className="unseen">{mine ? say("job-you") : title}</span>
                    {each.text === null ? (
                      <em>{say("message-taken-down")}</em>
                    ) : (
                      each.text && <p>{each.text}</p>
                    )}
                    <Photos photos={each.photos} label={say("message-photos")} />
                    <small>
                      <time dateTime={each.at}>{format.hour(each.at)}</time>
                      {mine && each.read && ` · ${say("message-read")}`}
                    </small>
                  </div>
                  {!mine && me !== "operator" && (
                    <IconButton label={say("message-report")} onClick={() => setReported(each)}>
                      <EllipsisVertical size={18} aria-hidden />
                    </IconButton>
                  )}
                </li>
              );
            })}
            {waiting.map(({ letter, refused }) => (
              <li key={letter.key} data-mine>
                {refused ? (
                  <Notice tone="clay" live>
                    <p>
                      <strong>{say("job-not-taken")}</strong>{" "}
                      {isRefused(refused) ? [refused.title, refused.detail].join(" ") : ""}
                    </p>
                    <p>{letter.text}</p>
                  </Notice>
                ) : (
                  <div className={css.bubble} data-waits>
                    {letter.text && <p>{letter.text}</p>}
                    {letter.photos.map((photo, at) => (
                      <BlobImage
                        key={photo.key}
                        blob={photo.blob}
                        alt={say("photo-number", { number: at + 1, of: letter.photos.length })}
                      />
                    ))}
                    <small>
                      <CloudUpload size={15} aria-hidden /> {say("message-waits")}
                    </small>
                  </div>
                )}
              </li>
            ))}
          </ol>
          {over && <Notice>{say("message-over")}</Notice>}
          <div ref={end} />
        </>
      )}
      <Sheet
        title={say("message-report")}
        open={reported !== undefined}
        onClose={() => setReported(undefined)}
      >
        {reported && <Report message={reported} onClose={() => setReported(undefined)} />}
      </Sheet>
    </Page>
  );
}

/** Says once that all of it was read, while somebody looks. */
function useRead(
  jobId: string,
  providerId: string | undefined,
  items: readonly MessageAnswer[],
  me: JobAnswer["seen_as"],
): void {
  const { mutate } = useAct("/api/v1/jobs/{job_id}/messages/read");
  const said = useRef<string | undefined>(undefined);
  const newest = items.findLast((each) => each.author !== me && !each.read)?.id;
  useEffect(() => {
    if (!newest || me === "operator" || said.current === newest) return;
    if (document.visibilityState !== "visible") return;
    said.current = newest;
    mutate({
      path: { job_id: jobId },
      body: providerId ? { provider_id: providerId } : {},
    });
  }, [newest, me, jobId, providerId, mutate]);
}

/** Who reads the newest goes on reading the newest; who reads earlier ones stays where they are. */
function useStayBelow(items: readonly MessageAnswer[], waiting: number) {
  const end = useRef<HTMLDivElement>(null);
  const before = useRef({ height: 0, first: "", count: 0 });
  const first = items[0]?.id ?? "";
  const count = items.length + waiting;
  useLayoutEffect(() => {
    const root = document.documentElement;
    const was = before.current;
    const grown = root.scrollHeight - was.height;
    if (was.count === 0 || (first === was.first && count > was.count)) {
      const nearEnd = root.scrollHeight - window.scrollY - window.innerHeight < grown + 200;
      if (was.count === 0 || nearEnd) window.scrollTo({ top: root.scrollHeight });
    } else if (first !== was.first) {
      window.scrollBy({ top: grown });
    }
    before.current = { height: root.scrollHeight, first, count };
  }, [first, count]);
  return end;
}

function Composer({ jobId, providerId }: { jobId: string; providerId: string | undefined }) {
  const say = useSay();
  const send = useSend(jobId);
  const [text, setText] = useState("");
  const [photos, setPhotos] = useState<Blob[]>([]);
  const [adding, setAdding] = useState(false);
  const nothing = !text.trim() && photos.length === 0;
  function leave() {
    if (nothing) return;
    send.mutate(
      numbered({ kind: "message" as const, jobId, providerId, text: text.trim(), photos }),
    );
    setText("");
    setPhotos([]);
    setAdding(false);
  }
  return (
    <form
      className={css.composer}
      onSubmit={(event) => {
        event.preventDefault();
        leave();
      }}
    >
      {adding && <PhotoPicker photos={photos} onChange={setPhotos} />}
      <div className={css.line}>
        <IconButton
          label={say("photo-add")}
          aria-expanded={adding}
          onClick={() => setAdding(!adding)}
        >
          <ImagePlus aria-hidden />
        </IconButton>
        <textarea
          aria-label={say("message-label")}
          placeholder={say("message-label")}
          rows={1}
          maxLength={2000}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            // On a desk the Enter key sends; a phone's makes a new line.
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            if (!matchMedia("(pointer: fine)").matches) return;
            event.preventDefault();
            leave();
          }}
        />
        <IconButton type="submit" label={say("job-send")} look="main" disabled={nothing}>
          <Send size={20} aria-hidden />
        </IconButton>
      </div>
    </form>
  );
}

const REASONS: readonly ReportBody["reason"][] = [
  "insult",
  "fraud",
  "private",
  "false",
  "spam",
  "other",
];

function Report({ message, onClose }: { message: MessageAnswer; onClose: () => void }) {
  const say = useSay();
  const [reason, setReason] = useState<ReportBody["reason"] | undefined>(undefined);
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const report = useAct("/api/v1/reports", {
    onSuccess: () => {
      onClose();
      toast(say("message-report-sent"));
    },
  });
  return (
    <>
      {message.text && <blockquote>{message.text}</blockquote>}
      <p>{say("message-report-text")}</p>
      <Chips
        label={say("message-report-why")}
        choices={REASONS.map((value) => ({ value, label: say(`message-report-${value}`) }))}
        value={reason}
        onChange={setReason}
      />
      {missing && !reason && <Notice tone="clay">{say("message-report-why")}</Notice>}
      <TextArea
        label={say("job-reason")}
        optional
        value={text}
        maxLength={1000}
        onChange={(event) => setText(event.target.value)}
      />
      <Wrong error={report.error} />
      <Button
        busy={report.isPending}
        onClick={() => {
          setMissing(!reason);
          if (reason)
            report.mutate({
              body: { subject: "message", subject_id: message.id, reason, text: text.trim() },
            });
        }}
      >
        {say("message-report")}
      </Button>
    </>
  );
}
