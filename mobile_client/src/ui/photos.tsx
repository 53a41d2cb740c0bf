/** Photos to look at and to take. */
import { Camera, FileText, X } from "lucide-react";
import { useCallback, useState } from "react";

import { shrink } from "~/api/photos";
import type { PhotoAnswer } from "~/api/schema";
import { useSay } from "~/words";

import css from "./marks.module.css";
import { Sheet } from "./surfaces";

/** A strip of photos; one that is pressed is shown large. */
export function Photos({ photos, label }: { photos: readonly PhotoAnswer[]; label: string }) {
  const say = useSay();
  const [shown, setShown] = useState<PhotoAnswer | undefined>(undefined);
  if (photos.length === 0) return null;
  return (
    <div className={css.photos} role="group" aria-label={label}>
      {photos.map((photo, at) =>
        photo.thumbnails ? (
          <button
            key={photo.id}
            type="button"
            className={css.photo}
            onClick={() => setShown(photo)}
          >
            <img
              src={photo.thumbnails.small.url}
              alt={say("photo-number", { number: at + 1, of: photos.length })}
              loading="lazy"
            />
          </button>
        ) : (
          <a
            key={photo.id}
            className={css.addPhoto}
            href={photo.url}
            target="_blank"
            rel="noreferrer"
          >
            <FileText aria-hidden />
            {say("photo-document")}
          </a>
        ),
      )}
      <Sheet title={label} open={shown !== undefined} onClose={() => setShown(undefined)}>
        {shown && <img className={css.large} src={shown.url} alt={label} />}
      </Sheet>
    </div>
  );
}

/** A picture that lies on this device only. */
export function BlobImage({ blob, alt }: { blob: Blob; alt: string }) {
  const show = useCallback(
    (image: HTMLImageElement | null) => {
      if (!image) return undefined;
      const url = URL.createObjectURL(blob);
      image.src = url;
      return () => URL.revokeObjectURL(url);
    },
    [blob],
  );
  return <img ref={show} alt={alt} />;
}

/** Photos to take or to choose; they are made small at once, and leave when the form does. */
export function PhotoPicker({
  photos,
  onChange,
  most = 6,
  accept = "image/*",
}: {
  photos: readonly Blob[];
  onChange: (photos: Blob[]) => void;
  most?: number;
  accept?: string;
}) {
  const say = useSay();
  const [busy, setBusy] = useState(false);
  async function take(files: FileList | null) {
    if (!files?.length) return;
    setBusy(true);
    const taken = await Promise.all([...files].slice(0, most - photos.length).map(shrink));
    onChange([...photos, ...taken]);
    setBusy(false);
  }
  return (
    <div className={css.photos} role="group" aria-label={say("photos")}>
      {photos.map((blob, at) => (
        <div key={at} className={css.photo}>
          {blob.type === "application/pdf" ? (
            <FileText aria-label={say("photo-document")} />
          ) : (
            <BlobImage
              blob={blob}
              alt={say("photo-number", { number: at + 1, of: photos.length })}
            />
          )}
          <button
            type="button"
            className={css.removePhoto}
            aria-label={say("photo-remove", { number: at + 1 })}
            onClick={() => onChange(photos.filter((_, other) => other !== at))}
          >
            <X size={18} aria-hidden />
          </button>
        </div>
      ))}
      {photos.length < most && (
        <label className={css.addPhoto} aria-busy={busy}>
          <Camera aria-hidden />
          {say("photo-add")}
          <input
            type="file"
            accept={accept}
            multiple
            onChange={(event) => {
              void take(event.target.files);
              event.target.value = "";
            }}
          />
        </label>
      )}
    </div>
  );
}
