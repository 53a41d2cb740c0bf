/** The sheets of work under way: a word, a rest, what blocks it, and the end. */
import { useState } from "react";

import { useAct } from "~/api/act";
import { numbered, useSend } from "~/api/outbox";
import type { CheckInBody } from "~/api/schema";
import { Button, Chips, TextArea } from "~/ui/controls";
import { Notice, toast, useOnline, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";

import { type DeedProps, LabelledPhotos, useWithPhotos } from "./form";

const WAITS_FOR = [
  "material",
  "weather",
  "access",
  "resident",
  "another-trade",
  "other",
] as const satisfies readonly NonNullable<CheckInBody["waits_for"]>[];

function useCheckIn({ job, onClose }: DeedProps) {
  const say = useSay();
  const online = useOnline();
  const send = useSend(job.id);
  return (
    says: CheckInBody["kind"],
    text: string,
    photos: Blob[] = [],
    waitsFor?: CheckInBody["waits_for"],
  ) => {
    send.mutate(
      numbered({ kind: "check-in" as const, jobId: job.id, says, text, photos, waitsFor }),
    );
    onClose();
    toast(say(online ? "job-word-sent" : "job-word-kept"));
  };
}

export function CheckIn(props: DeedProps) {
  const say = useSay();
  const checkIn = useCheckIn(props);
  const [text, setText] = useState("");
  const [photos, setPhotos] = useState<Blob[]>([]);
  const [empty, setEmpty] = useState(false);
  return (
    <>
      <LabelledPhotos label={say("job-check-in-photos")} photos={photos} onChange={setPhotos} />
      <TextArea
        label={say("job-check-in-text")}
        value={text}
        maxLength={2000}
        wrong={empty ? say("job-check-in-empty") : undefined}
        onChange={(event) => setText(event.target.value)}
      />
      <Button
        onClick={() => {
          const nothing = !text.trim() && photos.length === 0;
          setEmpty(nothing);
          if (!nothing) checkIn("progress", text.trim(), photos);
        }}
      >
        {say("job-send")}
      </Button>
    </>
  );
}

export function Rest({ kind, ...props }: DeedProps & { kind: "pause" | "resume" }) {
  const say = useSay();
  const checkIn = useCheckIn(props);
  const [text, setText] = useState("");
  return (
    <>
      <p>{say(`job-rest-${kind}`)}</p>
      <TextArea
        label={say("job-check-in-text")}
        optional
        value={text}
        maxLength={2000}
        onChange={(event) => setText(event.target.value)}
      />
      <Button onClick={() => checkIn(kind, text.trim())}>{say(`deed-${kind}`)}</Button>
    </>
  );
}

export function Blocked(props: DeedProps) {
  const say = useSay();
  const checkIn = useCheckIn(props);
  const [waitsFor, setWaitsFor] = useState<(typeof WAITS_FOR)[number] | undefined>(undefined);
  const [text, setText] = useState("");
  const [photos, setPhotos] = useState<Blob[]>([]);
  const [missing, setMissing] = useState(false);
  return (
    <>
      <p>{say("job-blocked-text")}</p>
      <Chips
        label={say("job-blocked-text")}
        choices={WAITS_FOR.map((value) => ({ value, label: say(`job-waits-${value}`) }))}
        value={waitsFor}
        onChange={setWaitsFor}
      />
      {missing && !waitsFor && <Notice tone="clay">{say("job-blocked-missing")}</Notice>}
      <TextArea
        label={say("job-check-in-text")}
        optional
        value={text}
        maxLength={2000}
        onChange={(event) => setText(event.target.value)}
      />
      <LabelledPhotos label={say("job-check-in-photos")} photos={photos} onChange={setPhotos} />
      <Button
        onClick={() => {
          setMissing(!waitsFor);
          if (waitsFor) checkIn("blocked", text.trim(), photos, waitsFor);
        }}
      >
        {say("job-send")}
      </Button>
    </>
  );
}

export function Finish({ job, onClose }: DeedProps) {
  const say = useSay();
  const [text, setText] = useState("");
  const finish = useAct("/api/v1/jobs/{job_id}/finish", { onSuccess: onClose });
  const sending = useWithPhotos((photos) =>
    finish.mutateAsync({ path: { job_id: job.id }, body: { text: text.trim(), photos } }),
  );
  return (
    <>
      <p>{say("job-finish-text", { name: job.resident.display_name })}</p>
      <LabelledPhotos
        label={say("job-finish-photos")}
        photos={sending.photos}
        onChange={sending.setPhotos}
      />
      <TextArea
        label={say("job-finish-words")}
        optional
        value={text}
        maxLength={2000}
        onChange={(event) => setText(event.target.value)}
      />
      <Wrong error={sending.error} />
      <Button busy={sending.busy} onClick={sending.send}>
        {say("deed-finish")}
      </Button>
    </>
  );
}
