/** Papers of a provider: handed in with a photo, looked at by a person. */
import { FileCheck2, Trash2 } from "lucide-react";
import { useState } from "react";

import { useAct } from "~/api/act";
import { api, newKey, server } from "~/api/client";
import { bringPhoto } from "~/api/photos";
import type { PaperAnswer, PaperBody } from "~/api/schema";
import { Button, IconButton, Select, TextField } from "~/ui/controls";
import { Badge } from "~/ui/marks";
import { PhotoPicker } from "~/ui/photos";
import { Confirm, Failure, List, Row, Section, Sheet, Skeleton, toast, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./provider.module.css";

const KINDS = ["identity", "registration", "R", "Q", "D", "T", "A", "C", "S"] as const;
const ENDING = new Set<string>(["R", "D", "T", "C", "identity"]);
const TONES = { waiting: "sun", verified: "green", refused: "clay", expired: "clay" } as const;

export function Papers() {
  const say = useSay();
  const format = useFormat();
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/providers/me/papers",
    {},
    { meta: { keep: true } },
  );
  const [adding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<PaperAnswer | undefined>(undefined);
  const [wrong, setWrong] = useState<unknown>(undefined);
  return (
    <Section title={say("profile-papers")}>
      <p className={css.muted}>{say("profile-papers-text")}</p>
      {!data && (error ? <Failure error={error} again={refetch} /> : <Skeleton lines={1} />)}
      {data?.items.length === 0 && <p>{say("profile-papers-none")}</p>}
      {data && data.items.length > 0 && (
        <List label={say("profile-papers")}>
          {data.items.map((paper) => (
            <Row
              key={paper.id}
              icon={<FileCheck2 aria-hidden />}
              title={say(`paper-${paper.kind}`)}
              detail={
                <>
                  <Badge tone={TONES[paper.state]}>{say(`paper-state-${paper.state}`)}</Badge>{" "}
                  {paper.issuer}
                  {paper.expires_on &&
                    ` · ${say("paper-until", { day: format.day(`${paper.expires_on}T12:00:00Z`, "UTC") })}`}
                  {paper.refused_because && ` · ${paper.refused_because}`}
                </>
              }
              end={
                <IconButton label={say("profile-paper-remove")} onClick={() => setRemoved(paper)}>
                  <Trash2 size={20} aria-hidden />
                </IconButton>
              }
            />
          ))}
        </List>
      )}
      <Button look="plain" onClick={() => setAdding(true)}>
        {say("profile-paper-add")}
      </Button>
      <Sheet title={say("profile-paper-add")} open={adding} onClose={() => setAdding(false)}>
        <HandIn onDone={() => setAdding(false)} />
      </Sheet>
      <Confirm
        title={say("profile-paper-remove-title")}
        text={say("profile-paper-remove-text")}
        yes={say("profile-paper-remove")}
        open={removed !== undefined}
        error={wrong}
        onClose={() => {
          setRemoved(undefined);
          setWrong(undefined);
        }}
        onYes={async () => {
          if (!removed) return;
          try {
            await server.DELETE("/api/v1/providers/me/papers/{paper_id}", {
              params: { path: { paper_id: removed.id } },
            });
            setRemoved(undefined);
            await refetch();
          } catch (failed) {
            setWrong(failed);
          }
        }}
      />
    </Section>
  );
}

function HandIn({ onDone }: { onDone: () => void }) {
  const say = useSay();
  const [kind, setKind] = useState<PaperBody["kind"]>("identity");
  const [issuer, setIssuer] = useState("");
  const [number, setNumber] = useState("");
  const [expires, setExpires] = useState("");
  const [photos, setPhotos] = useState<Blob[]>([]);
  const [tried, setTried] = useState(false);
  const [bringing, setBringing] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const hand = useAct("/api/v1/providers/me/papers", {
    onSuccess: () => {
      toast(say("profile-paper-sent"));
      onDone();
    },
  });
  const ends = ENDING.has(kind);
  const right = issuer.trim() !== "" && photos.length > 0 && (!ends || expires !== "");
  async function send() {
    setTried(true);
    if (!right) return;
    setBringing(true);
    setError(undefined);
    try {
      const brought = await Promise.all(photos.map((photo) => bringPhoto(photo, newKey())));
      await hand.mutateAsync({
        body: {
          kind,
          issuer: issuer.trim(),
          photos: brought.map((photo) => photo.id),
          ...(number.trim() ? { number: number.trim() } : {}),
          ...(expires ? { expires_on: expires } : {}),
        },
      });
    } catch (failed) {
      setError(failed);
    } finally {
      setBringing(false);
    }
  }
  return (
    <form
      className={css.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Select
        label={say("profile-paper-kind")}
        value={kind}
        onChange={(event) => setKind(event.target.value as PaperBody["kind"])}
      >
        {KINDS.map((each) => (
          <option key={each} value={each}>
            {say(`paper-${each}`)}
          </option>
        ))}
      </Select>
      <TextField
        label={say("profile-paper-issuer")}
        maxLength={120}
        value={issuer}
        wrong={tried && !issuer.trim() ? say("profile-paper-issuer-missing") : undefined}
        onChange={(event) => setIssuer(event.target.value)}
      />
      <TextField
        label={say("profile-paper-number")}
        optional
        maxLength={80}
        value={number}
        onChange={(event) => setNumber(event.target.value)}
      />
      <TextField
        label={say("profile-paper-expires")}
        type="date"
        optional={!ends}
        value={expires}
        wrong={tried && ends && !expires ? say("profile-paper-expires-missing") : undefined}
        onChange={(event) => setExpires(event.target.value)}
      />
      <div className={css.stack}>
        <strong>{say("profile-paper-scan")}</strong>
        <PhotoPicker
          photos={photos}
          onChange={setPhotos}
          most={4}
          accept="image/*,application/pdf"
        />
        {tried && photos.length === 0 && <p role="alert">{say("profile-paper-scan-missing")}</p>}
      </div>
      <Wrong error={error} />
      <Button type="submit" wide busy={bringing}>
        {say("profile-paper-send")}
      </Button>
    </form>
  );
}
