/** What the sheets of a job have in common: photos that leave with a form, an amount, an hour. */
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { newKey } from "~/api/client";
import { bringPhoto } from "~/api/photos";
import type { JobAnswer } from "~/api/schema";
import { Button, TextField } from "~/ui/controls";
import { PhotoPicker } from "~/ui/photos";
import { useSay } from "~/words";

import { daysLater, instant, type Wall, wall } from "./hours";
import css from "./job.module.css";

export interface DeedProps {
  job: JobAnswer;
  /** It is done, or not to be done. */
  onClose: () => void;
}

/**
 * Sends photos first and what names them after, as one thing that can be pressed again: a photo
 * that arrived is not sent twice.
 */
export function useWithPhotos(then: (ids: string[]) => Promise<unknown>) {
  const [photos, setPhotos] = useState<Blob[]>([]);
  const keys = useRef(new Map<Blob, string>());
  const sending = useMutation({
    mutationFn: async () => {
      const ids: string[] = [];
      for (const blob of photos) {
        const key = keys.current.get(blob) ?? newKey();
        keys.current.set(blob, key);
        ids.push((await bringPhoto(blob, key)).id);
      }
      await then(ids);
    },
  });
  return {
    photos,
    setPhotos,
    send: () => sending.mutate(),
    busy: sending.isPending,
    error: sending.error,
  };
}

export function LabelledPhotos({
  label,
  ...rest
}: {
  label: string;
  photos: readonly Blob[];
  onChange: (photos: Blob[]) => void;
  accept?: string;
  most?: number;
}) {
  return (
    <fieldset className={css.stack}>
      <legend className={css.legend}>{label}</legend>
      <PhotoPicker {...rest} />
    </fieldset>
  );
}

/** "42", "42,50" or "42.5" as cents; undefined for anything else. */
export function cents(text: string): number | undefined {
  const found = /^(\d{1,6})(?:[.,](\d{1,2}))?$/.exec(text.replace(/[\s€]/g, ""));
  if (!found) return undefined;
  return Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
}

export function written(amountCents: number, decimal = ","): string {
  const whole = Math.floor(amountCents / 100);
  const rest = amountCents % 100;
  return rest === 0 ? String(whole) : `${whole}${decimal}${String(rest).padStart(2, "0")}`;
}

export function AmountField({
  label,
  value,
  onChange,
  currency,
  hint,
  wrong,
}: {
  label: string;
  value: string;
  onChange: (text: string) => void;
  currency: string;
  hint?: string;
  wrong?: string | undefined;
}) {
  return (
    <TextField
      label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      inputMode="decimal"
      autoComplete="off"
      suffix={currency === "EUR" ? "€" : currency}
      hint={hint}
      wrong={wrong}
    />
  );
}

/** A day and an hour by the clock of the town, with the likely ones to press. */
export function HourField({
  value,
  onChange,
  zone,
  jumps = [],
}: {
  value: Wall;
  onChange: (value: Wall) => void;
  zone: string | undefined;
  /** Days after what stands there now. */
  jumps?: readonly number[];
}) {
  const say = useSay();
  const [from] = useState(value);
  const [today] = useState(() => wall(new Date(), zone).date);
  return (
    <div className={css.stack}>
      {jumps.length > 0 && (
        <div className={css.buttons}>
          {jumps.map((days) => (
            <Button
              key={days}
              look="plain"
              onClick={() => onChange({ ...value, date: daysLater(from.date, days) })}
            >
              {say("job-days-later", { days })}
            </Button>
          ))}
        </div>
      )}
      <div className={css.pair}>
        <TextField
          label={say("job-day")}
          type="date"
          min={today}
          value={value.date}
          onChange={(event) => onChange({ ...value, date: event.target.value })}
        />
        <TextField
          label={say("job-hour")}
          type="time"
          step={900}
          value={value.time}
          onChange={(event) => onChange({ ...value, time: event.target.value })}
        />
      </div>
    </div>
  );
}

export function isoOf(value: Wall, zone: string | undefined): string | undefined {
  return instant(value, zone)?.toISOString();
}
