/** The sheets once work is over: yes, not yet, we do not agree, how it was, and the same again. */
import { useState } from "react";
import { useNavigate } from "react-router";

import { useAct } from "~/api/act";
import { useMarket } from "~/api/known";
import type { JobAnswer } from "~/api/schema";
import { Button, Chips, Switch, TextArea, TextField } from "~/ui/controls";
import { StarPicker } from "~/ui/marks";
import { Photos } from "~/ui/photos";
import { Notice, toast, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { type DeedProps, HourField, isoOf } from "./form";
import { daysLater, instant, type Part, partOf, wall } from "./hours";
import css from "./job.module.css";
import { otherName } from "./money-deeds";

export function ConfirmDone({ job, onClose }: DeedProps) {
  const say = useSay();
  const confirm = useAct("/api/v1/jobs/{job_id}/confirm", {
    onSuccess: () => {
      onClose();
      toast(say("job-confirm-thanks"));
    },
  });
  const end = job.progress?.check_ins.findLast((each) => each.kind === "finish");
  return (
    <>
      {end?.text && <blockquote>{end.text}</blockquote>}
      {end && <Photos photos={end.photos} label={say("job-word-photos")} />}
      <p>{say("job-confirm-text", { name: otherName(job) })}</p>
      <Wrong error={confirm.error} />
      <Button busy={confirm.isPending} onClick={() => confirm.mutate({ path: { job_id: job.id } })}>
        {say("deed-confirm")}
      </Button>
    </>
  );
}

/** Why something is asked for, in one's own words: a redo, or a person's decision. */
export function Reason({ job, onClose, kind }: DeedProps & { kind: "redo" | "dispute" }) {
  const say = useSay();
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const redo = useAct("/api/v1/jobs/{job_id}/redo", { onSuccess: onClose });
  const dispute = useAct("/api/v1/jobs/{job_id}/dispute", { onSuccess: onClose });
  const act = kind === "redo" ? redo : dispute;
  return (
    <>
      <p>{say(`job-${kind}-text`, { name: otherName(job) })}</p>
      <TextArea
        label={say(`job-${kind}-reason`)}
        value={reason}
        maxLength={500}
        wrong={missing ? say("job-reason-missing") : undefined}
        onChange={(event) => setReason(event.target.value)}
      />
      <Wrong error={act.error} />
      <Button
        look={kind === "redo" ? "main" : "danger"}
        busy={act.isPending}
        onClick={() => {
          setMissing(!reason.trim());
          if (reason.trim())
            act.mutate({ path: { job_id: job.id }, body: { reason: reason.trim() } });
        }}
      >
        {say(`deed-${kind}`)}
      </Button>
    </>
  );
}

export function RedoDate({ job, onClose }: DeedProps) {
  const say = useSay();
  const zone = useMarket(job.market)?.time_zone;
  const [value, setValue] = useState(() => {
    const now = wall(new Date(), zone);
    return { date: daysLater(now.date, 1), time: wall(job.starts_at ?? new Date(), zone).time };
  });
  const [missing, setMissing] = useState(false);
  const come = useAct("/api/v1/jobs/{job_id}/redo-date", { onSuccess: onClose });
  const why = job.timeline.findLast((each) => each.event === "job-redo")?.reason;
  return (
    <>
      {why && <blockquote>{why}</blockquote>}
      <p>{say("job-redo-date-text")}</p>
      <HourField value={value} onChange={setValue} zone={zone} jumps={[1, 2, 3]} />
      {missing && <Notice tone="clay">{say("job-hour-missing")}</Notice>}
      <Wrong error={come.error} />
      <Button
        busy={come.isPending}
        onClick={() => {
          const starts_at = isoOf(value, zone);
          setMissing(!starts_at);
          if (starts_at) come.mutate({ path: { job_id: job.id }, body: { starts_at } });
        }}
      >
        {say("deed-redo-date")}
      </Button>
    </>
  );
}

export function Statement({ job, onClose }: DeedProps) {
  const say = useSay();
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const state = useAct("/api/v1/jobs/{job_id}/dispute/statements", { onSuccess: onClose });
  return (
    <>
      <p>{say("job-statement-text")}</p>
      <TextArea
        label={say("job-statement-label")}
        value={text}
        maxLength={2000}
        wrong={missing ? say("job-reason-missing") : undefined}
        onChange={(event) => setText(event.target.value)}
      />
      <Wrong error={state.error} />
      <Button
        busy={state.isPending}
        onClick={() => {
          setMissing(!text.trim());
          if (text.trim()) state.mutate({ path: { job_id: job.id }, body: { text: text.trim() } });
        }}
      >
        {say("job-send")}
      </Button>
    </>
  );
}

export function WriteReview({ job, onClose }: DeedProps) {
  const say = useSay();
  const [stars, setStars] = useState(0);
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const review = useAct("/api/v1/jobs/{job_id}/reviews", {
    onSuccess: () => {
      onClose();
      toast(say("job-review-kept"));
    },
  });
  return (
    <>
      <p>{say("job-review-text", { name: otherName(job) })}</p>
      <StarPicker label={say("job-review-stars")} value={stars} onChange={setStars} />
      {missing && stars === 0 && <Notice tone="clay">{say("job-review-stars-missing")}</Notice>}
      <TextArea
        label={say("job-review-words")}
        optional
        value={text}
        maxLength={2000}
        onChange={(event) => setText(event.target.value)}
      />
      <p className={css.small}>{say("job-review-promise")}</p>
      <Wrong error={review.error} />
      <Button
        busy={review.isPending}
        onClick={() => {
          setMissing(stars === 0);
          if (stars > 0)
            review.mutate({ path: { job_id: job.id }, body: { stars, text: text.trim() } });
        }}
      >
        {say("job-send")}
      </Button>
    </>
  );
}

const DAYS = ["1", "2", "3", "7", "14"] as const;

/** The day and the part of it, by pressing; any other day by its date. */
function useWindow(job: JobAnswer, first: (typeof DAYS)[number]) {
  const say = useSay();
  const zone = useMarket(job.market)?.time_zone;
  const format = useFormat(zone);
  const [today] = useState(() => wall(new Date(), zone).date);
  const [date, setDate] = useState(() => daysLater(today, Number(first)));
  const [part, setPart] = useState<Part>("day");
  const chosen = DAYS.find((days) => daysLater(today, Number(days)) === date);
  const fields = (
    <>
      <div className={css.stack}>
        <span className={css.legend}>{say("job-day")}</span>
        <Chips
          label={say("job-day")}
          choices={DAYS.map((days) => ({
            value: days,
            label:
              days === "1"
                ? say("job-tomorrow")
                : format.day(
                    instant({ date: daysLater(today, Number(days)), time: "12:00" }, zone) ??
                      new Date(),
                  ),
          }))}
          value={chosen}
          onChange={(days) => setDate(daysLater(today, Number(days)))}
        />
      </div>
      <TextField
        label={say("job-other-day")}
        type="date"
        min={today}
        max={daysLater(today, 59)}
        value={date}
        onChange={(event) => setDate(event.target.value)}
      />
      <div className={css.stack}>
        <span className={css.legend}>{say("job-part")}</span>
        <Chips
          label={say("job-part")}
          choices={(["morning", "afternoon", "day"] as const).map((value) => ({
            value,
            label: say(`job-part-${value}`),
          }))}
          value={part}
          onChange={setPart}
        />
      </div>
    </>
  );
  return {
    fields,
    window: () => {
      const found = partOf(date, part, zone, new Date());
      return found && { from: found.from.toISOString(), to: found.to.toISOString() };
    },
  };
}

export function Again({ job, onClose }: DeedProps) {
  const say = useSay();
  const navigate = useNavigate();
  const [same, setSame] = useState(job.state === "completed" && job.provider !== null);
  const [missing, setMissing] = useState(false);
  const { fields, window } = useWindow(job, "2");
  const repost = useAct("/api/v1/jobs/{job_id}/repost", {
    onSuccess: (posted) => {
      onClose();
      void navigate(`/jobs/${posted.id}`);
    },
  });
  return (
    <>
      <p>{say("job-again-text")}</p>
      {fields}
      {job.provider && (
        <Switch
          label={say("job-again-same", { name: job.provider.display_name })}
          hint={say("job-again-same-hint")}
          checked={same}
          onChange={setSame}
        />
      )}
      {missing && <Notice tone="clay">{say("job-hour-missing")}</Notice>}
      <Wrong error={repost.error} />
      <Button
        busy={repost.isPending}
        onClick={() => {
          const chosen = window();
          setMissing(!chosen);
          if (chosen)
            repost.mutate({
              path: { job_id: job.id },
              body: { window: chosen, same_provider: same && job.provider !== null },
            });
        }}
      >
        {say("deed-again")}
      </Button>
    </>
  );
}

const RHYTHMS = {
  weekly: { frequency: "weekly", interval: 1 },
  fortnightly: { frequency: "weekly", interval: 2 },
  monthly: { frequency: "monthly", interval: 1, by: "weekday" },
} as const;

type Rhythm = keyof typeof RHYTHMS;

export function Series({ job, onClose }: DeedProps) {
  const say = useSay();
  const [rhythm, setRhythm] = useState<Rhythm>("fortnightly");
  const [same, setSame] = useState(job.provider !== null);
  const [missing, setMissing] = useState(false);
  const { fields, window } = useWindow(job, "14");
  const repeat = useAct("/api/v1/jobs/{job_id}/repeat", {
    onSuccess: (series) => {
      onClose();
      toast(series.text);
    },
  });
  return (
    <>
      <p>{say("job-series-text")}</p>
      <Chips
        label={say("job-series-rhythm")}
        choices={(Object.keys(RHYTHMS) as Rhythm[]).map((value) => ({
          value,
          label: say(`job-rhythm-${value}`),
        }))}
        value={rhythm}
        onChange={setRhythm}
      />
      <h3>{say("job-series-first")}</h3>
      {fields}
      {job.provider && (
        <Switch
          label={say("job-again-same", { name: job.provider.display_name })}
          hint={say("job-again-same-hint")}
          checked={same}
          onChange={setSame}
        />
      )}
      {missing && <Notice tone="clay">{say("job-hour-missing")}</Notice>}
      <Wrong error={repeat.error} />
      <Button
        busy={repeat.isPending}
        onClick={() => {
          const chosen = window();
          setMissing(!chosen);
          if (chosen)
            repeat.mutate({
              path: { job_id: job.id },
              body: { ...RHYTHMS[rhythm], same_provider: same, window: chosen },
            });
        }}
      >
        {say("deed-series")}
      </Button>
    </>
  );
}
