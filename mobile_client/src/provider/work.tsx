/** Work one is proud of: before, after, and a line about it. */
import { Trash2 } from "lucide-react";
import { useState } from "react";

import { newKey } from "~/api/client";
import { bringPhoto } from "~/api/photos";
import type { PortfolioAnswer, PortfolioBody } from "~/api/schema";
import { Button, IconButton, TextField } from "~/ui/controls";
import { Photos, PhotoPicker } from "~/ui/photos";
import { Failure, Section, Sheet, Skeleton, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";

import { Refusal } from "./calendar";
import { useMine, useSave } from "./mine";
import css from "./provider.module.css";

function bodyOf(items: PortfolioAnswer["items"]): PortfolioBody["items"] {
  return items.map((work) => ({
    after: work.after.id,
    before: work.before?.id ?? null,
    caption: work.caption,
    category: work.category,
  }));
}

export function Work() {
  const say = useSay();
  const { data, error, refetch } = useMine("portfolio");
  const save = useSave("portfolio");
  const [adding, setAdding] = useState(false);
  const items = data?.value.items ?? [];
  return (
    <Section title={say("profile-work")}>
      <p className={css.muted}>{say("profile-work-text")}</p>
      {data === undefined &&
        (error ? <Failure error={error} again={refetch} /> : <Skeleton lines={1} />)}
      <div className={css.works}>
        {items.map((work, at) => (
          <figure key={work.after.id} className={css.work}>
            <Photos
              photos={work.before ? [work.before, work.after] : [work.after]}
              label={work.caption || say("profile-work-after")}
            />
            <figcaption>
              <span>{work.caption}</span>
              <IconButton
                label={say("profile-work-remove")}
                busy={save.isPending}
                onClick={() =>
                  save.mutate({
                    version: data?.version,
                    body: { items: bodyOf(items.filter((_, other) => other !== at)) },
                  })
                }
              >
                <Trash2 size={20} aria-hidden />
              </IconButton>
            </figcaption>
          </figure>
        ))}
      </div>
      <Refusal
        error={save.error}
        again={() => {
          save.reset();
          void refetch();
        }}
      />
      {items.length < 30 && (
        <Button look="plain" onClick={() => setAdding(true)}>
          {say("profile-work-add")}
        </Button>
      )}
      <Sheet title={say("profile-work-add")} open={adding} onClose={() => setAdding(false)}>
        <Add
          onAdd={async (work) => {
            await save.mutateAsync({
              version: data?.version,
              body: { items: [...bodyOf(items), work] },
            });
            setAdding(false);
          }}
        />
      </Sheet>
    </Section>
  );
}

function Add({ onAdd }: { onAdd: (work: PortfolioBody["items"][number]) => Promise<void> }) {
  const say = useSay();
  const [before, setBefore] = useState<Blob[]>([]);
  const [after, setAfter] = useState<Blob[]>([]);
  const [caption, setCaption] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  async function send() {
    setTried(true);
    const [how, was] = [after[0], before[0]];
    if (!how) return;
    setBusy(true);
    setError(undefined);
    try {
      const shown = await bringPhoto(how, newKey());
      const first = was ? await bringPhoto(was, newKey()) : undefined;
      await onAdd({ after: shown.id, before: first?.id ?? null, caption: caption.trim() });
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(false);
    }
  }
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div className={css.pair}>
        <div className={css.stack}>
          <strong>{say("profile-work-before")}</strong>
          <PhotoPicker photos={before} onChange={setBefore} most={1} />
        </div>
        <div className={css.stack}>
          <strong>{say("profile-work-after")}</strong>
          <PhotoPicker photos={after} onChange={setAfter} most={1} />
        </div>
      </div>
      {tried && after.length === 0 && <p role="alert">{say("profile-work-photo-missing")}</p>}
      <TextField
        label={say("profile-work-caption")}
        maxLength={300}
        value={caption}
        onChange={(event) => setCaption(event.target.value)}
      />
      <Wrong error={error} />
      <Button type="submit" wide busy={busy}>
        {say("profile-work-send")}
      </Button>
    </form>
  );
}
