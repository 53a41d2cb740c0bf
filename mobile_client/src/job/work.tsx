/** How the work goes: every word and picture of it, what waits for a network, and the time. */
import { CloudUpload, Flag, Hourglass, MessageSquareText, Pause, Play } from "lucide-react";

import { useWaiting } from "~/api/outbox";
import { useMarket } from "~/api/known";
import { isRefused } from "~/api/problem";
import type { CheckInAnswer, JobAnswer } from "~/api/schema";
import { BlobImage, Photos } from "~/ui/photos";
import { Card, Notice, Section, useNow } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./job.module.css";

const SIGNS = {
  progress: MessageSquareText,
  pause: Pause,
  blocked: Hourglass,
  resume: Play,
  finish: Flag,
} as const;

export function Work({ job }: { job: JobAnswer }) {
  const say = useSay();
  const now = useNow(30);
  const format = useFormat(useMarket(job.market)?.time_zone);
  const progress = job.progress;
  if (!progress) return null;
  const minutes = worked(job, now);
  return (
    <>
      <Card label={say("job-time")}>
        <div className={css.time}>
          <p>
            <strong>{format.minutes(minutes)}</strong>
            <small>{say("job-time-of", { planned: format.minutes(job.duration_minutes) })}</small>
          </p>
          <progress
            max={job.duration_minutes}
            value={Math.min(minutes, job.duration_minutes)}
            aria-label={say("job-time")}
          />
        </div>
      </Card>
      <Section title={say("job-words")}>
        {progress.check_ins.length === 0 && (
          <p className={css.small}>{say(`job-words-none-${job.seen_as}`)}</p>
        )}
        <ol className={css.feed} aria-live="polite">
          {progress.check_ins.map((each) => (
            <Word key={each.id} word={each} zone={job.market} />
          ))}
        </ol>
        <Waiting jobId={job.id} />
      </Section>
    </>
  );
}

/** Minutes at work, with those of the stretch that lasts: the answer may be a while old. */
function worked(job: JobAnswer, now: Date): number {
  let ms = 0;
  for (const each of job.progress?.stretches ?? [])
    ms +=
      (each.ended_at ? new Date(each.ended_at).getTime() : now.getTime()) -
      new Date(each.began_at).getTime();
  return Math.max(0, Math.floor(ms / 60_000));
}

function Word({ word, zone }: { word: CheckInAnswer; zone: string }) {
  const say = useSay();
  const format = useFormat(useMarket(zone)?.time_zone);
  const Sign = SIGNS[word.kind];
  return (
    <li>
      <span className={css.feedSign} aria-hidden>
        <Sign size={18} />
      </span>
      <div>
        <p className={css.feedHead}>
          <strong>
            {word.waits_for ? say(`job-waits-${word.waits_for}`) : say(`job-word-${word.kind}`)}
          </strong>
          <time dateTime={word.at}>{format.hour(word.at)}</time>
        </p>
        {word.text && <p className={css.said}>{word.text}</p>}
        <Photos photos={word.photos} label={say("job-word-photos")} />
      </div>
    </li>
  );
}

/** What this phone has not brought to the server yet, and what the server did not take. */
function Waiting({ jobId }: { jobId: string }) {
  const say = useSay();
  const format = useFormat();
  const waiting = useWaiting(jobId).filter(({ letter }) => letter.kind === "check-in");
  if (waiting.length === 0) return null;
  return (
    <ul className={css.stack} aria-live="polite">
      {waiting.map(({ letter, refused }) => (
        <li key={letter.key}>
          {refused ? (
            <Notice tone="clay">
              <p>
                <strong>{say("job-not-taken")}</strong>{" "}
                {isRefused(refused) ? [refused.title, refused.detail].join(" ") : ""}
              </p>
              {letter.text && <p>{letter.text}</p>}
            </Notice>
          ) : (
            <div className={css.waiting}>
              <CloudUpload size={18} aria-hidden />
              <div>
                <strong>
                  {letter.kind === "check-in" && letter.waitsFor
                    ? say(`job-waits-${letter.waitsFor}`)
                    : letter.kind === "check-in" && say(`job-word-${letter.says}`)}
                </strong>
                {letter.text && <p className={css.said}>{letter.text}</p>}
                {letter.photos.length > 0 && (
                  <div className={css.thumbs}>
                    {letter.photos.map((photo, at) => (
                      <BlobImage
                        key={photo.key}
                        blob={photo.blob}
                        alt={say("photo-number", { number: at + 1, of: letter.photos.length })}
                      />
                    ))}
                  </div>
                )}
                <small>{say("job-sent-later", { hour: format.hour(letter.madeAt) })}</small>
              </div>
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
