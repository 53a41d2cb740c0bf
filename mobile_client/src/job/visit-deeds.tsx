/** The sheets before and at the visit: it stands, I am coming, another hour, somebody else, not at all. */
import { useState } from "react";

import { useAct } from "~/api/act";
import { useMarket } from "~/api/known";
import { Button, Chips, TextArea, TextField } from "~/ui/controls";
import { Notice, toast, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { type DeedProps, HourField, isoOf } from "./form";
import { wall } from "./hours";
import { asksForSubstitute } from "./next";

export function ConfirmVisit({ job, onClose }: DeedProps) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const confirm = useAct("/api/v1/jobs/{job_id}/confirm-visit", {
    onSuccess: () => {
      onClose();
      toast(say("job-confirm-visit-done"));
    },
  });
  return (
    <>
      <p>
        {say(`job-confirm-visit-${job.seen_as === "provider" ? "provider" : "resident"}`, {
          when: format.dayAndHour(job.starts_at ?? job.window.from),
        })}
      </p>
      <Wrong error={confirm.error} />
      <Button busy={confirm.isPending} onClick={() => confirm.mutate({ path: { job_id: job.id } })}>
        {say("job-confirm-visit-yes")}
      </Button>
    </>
  );
}

const MINUTES = ["5", "10", "15", "20", "30", "45", "60", "90"] as const;

export function SetOut({ job, onClose }: DeedProps) {
  const say = useSay();
  const [minutes, setMinutes] = useState<(typeof MINUTES)[number]>("15");
  const setOut = useAct("/api/v1/jobs/{job_id}/on-my-way", { onSuccess: onClose });
  return (
    <>
      <p id="set-out-question">{say("job-set-out-question")}</p>
      <Chips
        label={say("job-set-out-question")}
        choices={MINUTES.map((value) => ({
          value,
          label: say("job-set-out-minutes", { minutes: Number(value) }),
        }))}
        value={minutes}
        onChange={setMinutes}
      />
      <Wrong error={setOut.error} />
      <Button
        busy={setOut.isPending}
        onClick={() =>
          setOut.mutate({ path: { job_id: job.id }, body: { minutes: Number(minutes) } })
        }
      >
        {say(job.on_my_way_at === null ? "deed-set-out" : "job-set-out-again")}
      </Button>
    </>
  );
}

/** The provider types in what the resident reads out. */
export function Start({ job, onClose }: DeedProps) {
  const say = useSay();
  const [code, setCode] = useState("");
  const [missing, setMissing] = useState(false);
  const start = useAct("/api/v1/jobs/{job_id}/start", { onSuccess: onClose });
  return (
    <form
      style={{ display: "contents" }}
      onSubmit={(event) => {
        event.preventDefault();
        setMissing(code.length !== 4);
        if (code.length === 4 && !start.isPending)
          start.mutate({ path: { job_id: job.id }, body: { code } });
      }}
    >
      <TextField
        label={say("job-start-label", { name: job.resident.display_name })}
        hint={say("job-start-hint")}
        wrong={missing ? say("job-start-missing") : undefined}
        inputMode="numeric"
        autoComplete="one-time-code"
        autoFocus
        maxLength={4}
        value={code}
        style={{ fontSize: "2rem", letterSpacing: "0.4em", textAlign: "center" }}
        onChange={(event) => setCode(event.target.value.replace(/\D/g, ""))}
      />
      <Wrong error={start.error} />
      <Button type="submit" busy={start.isPending}>
        {say("deed-start")}
      </Button>
    </form>
  );
}

/** The resident says that they are here: no code is needed. */
export function Here({ job, onClose }: DeedProps) {
  const say = useSay();
  const start = useAct("/api/v1/jobs/{job_id}/start", { onSuccess: onClose });
  return (
    <>
      <p>{say("job-here-text", { name: job.who_comes?.name ?? "" })}</p>
      <Wrong error={start.error} />
      <Button
        busy={start.isPending}
        onClick={() => start.mutate({ path: { job_id: job.id }, body: {} })}
      >
        {say("deed-here")}
      </Button>
    </>
  );
}

export function NoShow({ job, onClose }: DeedProps) {
  const say = useSay();
  const side = job.seen_as === "provider" ? "provider" : "resident";
  const report = useAct("/api/v1/jobs/{job_id}/no-show", { onSuccess: onClose });
  return (
    <>
      <p>{say(`job-no-show-${side}`)}</p>
      <Wrong error={report.error} />
      <Button
        look="danger"
        busy={report.isPending}
        onClick={() => report.mutate({ path: { job_id: job.id } })}
      >
        {say(`job-no-show-${side}-yes`)}
      </Button>
    </>
  );
}

export function Move({ job, onClose }: DeedProps) {
  const say = useSay();
  const zone = useMarket(job.market)?.time_zone;
  const [value, setValue] = useState(() => wall(job.starts_at ?? job.window.from, zone));
  const [missing, setMissing] = useState(false);
  const move = useAct("/api/v1/jobs/{job_id}/reschedule", {
    onSuccess: () => {
      onClose();
      toast(say("job-move-asked"));
    },
  });
  return (
    <>
      <p>{say("job-move-text")}</p>
      <HourField value={value} onChange={setValue} zone={zone} jumps={[1, 2, 7]} />
      {missing && <Notice tone="clay">{say("job-hour-missing")}</Notice>}
      <Wrong error={move.error} />
      <Button
        busy={move.isPending}
        onClick={() => {
          const starts_at = isoOf(value, zone);
          setMissing(starts_at === undefined);
          if (starts_at) move.mutate({ path: { job_id: job.id }, body: { starts_at } });
        }}
      >
        {say("job-ask")}
      </Button>
    </>
  );
}

export function AnswerMove({ job, onClose }: DeedProps) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const agree = useAct("/api/v1/jobs/{job_id}/reschedule/agree", { onSuccess: onClose });
  const refuse = useAct("/api/v1/jobs/{job_id}/reschedule/refuse", { onSuccess: onClose });
  const asked = job.visit?.reschedule;
  if (!asked) return <p>{say("job-nothing-asked")}</p>;
  const busy = agree.isPending || refuse.isPending;
  return (
    <>
      <p>
        {say("job-move-instead", {
          was: format.dayAndHour(job.starts_at ?? asked.starts_at),
          when: format.span(asked.starts_at, asked.ends_at),
        })}
      </p>
      <Wrong error={agree.error ?? refuse.error} />
      <Button busy={busy} onClick={() => agree.mutate({ path: { job_id: job.id } })}>
        {say("job-move-agree")}
      </Button>
      <Button look="plain" busy={busy} onClick={() => refuse.mutate({ path: { job_id: job.id } })}>
        {say("job-move-refuse")}
      </Button>
    </>
  );
}

export function Substitute({ job, onClose }: DeedProps) {
  const say = useSay();
  const [name, setName] = useState("");
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const ask = useAct("/api/v1/jobs/{job_id}/substitute", {
    onSuccess: () => {
      onClose();
      toast(say("job-substitute-asked"));
    },
  });
  return (
    <>
      <p>{say("job-substitute-text")}</p>
      <TextField
        label={say("job-substitute-name")}
        value={name}
        maxLength={80}
        autoComplete="off"
        wrong={tried && !name.trim() ? say("job-substitute-name-missing") : undefined}
        onChange={(event) => setName(event.target.value)}
      />
      <TextArea
        label={say("job-reason")}
        value={reason}
        maxLength={500}
        wrong={tried && !reason.trim() ? say("job-reason-missing") : undefined}
        onChange={(event) => setReason(event.target.value)}
      />
      <Wrong error={ask.error} />
      <Button
        busy={ask.isPending}
        onClick={() => {
          setTried(true);
          if (name.trim() && reason.trim())
            ask.mutate({ path: { job_id: job.id }, body: { name, reason } });
        }}
      >
        {say("job-ask")}
      </Button>
    </>
  );
}

/** A written yes or no: it is kept with the instant. */
export function AnswerSubstitute({ job, onClose }: DeedProps) {
  const say = useSay();
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const agree = useAct("/api/v1/jobs/{job_id}/substitute/{substitution_id}/agree", {
    onSuccess: onClose,
  });
  const refuse = useAct("/api/v1/jobs/{job_id}/substitute/{substitution_id}/refuse", {
    onSuccess: onClose,
  });
  const asked = asksForSubstitute(job);
  if (!asked) return <p>{say("job-nothing-asked")}</p>;
  const path = { job_id: job.id, substitution_id: asked.id };
  const busy = agree.isPending || refuse.isPending;
  return (
    <>
      <p>{say("job-substitute-theirs", { name: asked.name })}</p>
      <blockquote>{asked.reason}</blockquote>
      <TextArea
        label={say("job-substitute-answer")}
        hint={say("job-substitute-answer-hint")}
        value={text}
        maxLength={500}
        wrong={missing ? say("job-substitute-answer-missing") : undefined}
        onChange={(event) => setText(event.target.value)}
      />
      <Wrong error={agree.error ?? refuse.error} />
      <Button
        busy={busy}
        onClick={() => {
          setMissing(!text.trim());
          if (text.trim()) agree.mutate({ path, body: { text } });
        }}
      >
        {say("job-substitute-agree", { name: asked.name })}
      </Button>
      <Button look="plain" busy={busy} onClick={() => refuse.mutate({ path, body: { text } })}>
        {say("job-substitute-refuse")}
      </Button>
    </>
  );
}

/** What it costs and until when it is free is said before anything is pressed. */
export function CallOff({ job, onClose }: DeedProps) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const [reason, setReason] = useState("");
  const cancel = useAct("/api/v1/jobs/{job_id}/cancel", { onSuccess: onClose });
  const costs = job.calling_off;
  const side = job.seen_as === "provider" ? "provider" : "resident";
  const money = format.money(costs?.fee_cents ?? 0, job.budget.currency);
  const free = !costs || (costs.fee_cents === 0 && costs.points === 0);
  return (
    <>
      <p>{say(job.provider ? `job-call-off-${side}` : "job-call-off-nobody")}</p>
      {costs && (
        <Notice tone={free ? "plain" : "sun"}>
          <p>
            <strong>
              {side === "resident"
                ? say(`job-costs-${costs.rule}`, { money })
                : say(free ? "job-points-none" : "job-points", { points: costs.points })}
            </strong>
          </p>
          {costs.free_until && (
            <p>
              {say(free ? "job-free-until" : "job-was-free-until", {
                when: format.dayAndHour(costs.free_until),
              })}
            </p>
          )}
          {side === "provider" && !free && <p>{say("job-points-meaning")}</p>}
        </Notice>
      )}
      <TextArea
        label={say("job-reason")}
        optional
        value={reason}
        maxLength={500}
        onChange={(event) => setReason(event.target.value)}
      />
      <Wrong error={cancel.error} />
      <Button
        look="danger"
        busy={cancel.isPending}
        onClick={() =>
          cancel.mutate({
            path: { job_id: job.id },
            body: {
              reason,
              ...(side === "resident" && costs ? { fee_cents: costs.fee_cents } : {}),
            },
          })
        }
      >
        {side === "provider"
          ? say("deed-give-back")
          : free
            ? say("deed-call-off")
            : say("job-call-off-for", { money })}
      </Button>
      <Button look="plain" onClick={onClose}>
        {say("leave-it")}
      </Button>
    </>
  );
}
