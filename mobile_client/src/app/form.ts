/**
 * What is written into a short form, and what is wrong with it.
 *
 * Hides: that nobody is told of mistakes before they sent it, that a mistake which is put right goes
 * away at once, and that what the server refused stays until that field is changed. A library for
 * it would weigh more than both screens that need it.
 */
import { type ChangeEvent, type SubmitEvent, useState } from "react";

import { isRefused } from "~/api/problem";
import { type MessageId, useSay } from "~/words";

export type Check = (text: string) => MessageId | undefined;

export const email: Check = (text) =>
  /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(text.trim()) ? undefined : "email-wrong";

/** Between `least` and `most` characters; blanks around do not count. */
export function text(least: number, most: number, short: MessageId): Check {
  return (written) => {
    const { length } = written.trim();
    return length < least ? short : length > most ? "too-long" : undefined;
  };
}

export function useForm<F extends string>(
  checks: Record<F, Check>,
  send: (written: Record<F, string>) => Promise<void>,
) {
  const say = useSay();
  const names = Object.keys(checks) as F[];
  const [written, setWritten] = useState(
    () => Object.fromEntries(names.map((name) => [name, ""])) as Record<F, string>,
  );
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(undefined);
  const [refused, setRefused] = useState<Partial<Record<F, string>>>({});

  function wrong(name: F): string | undefined {
    const mistake = tried ? checks[name](written[name]) : undefined;
    return mistake ? say(mistake) : refused[name];
  }

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    setTried(true);
    if (busy) return;
    if (names.some((name) => checks[name](written[name]))) {
      // After it was drawn anew with what is wrong.
      setTimeout(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    setBusy(true);
    setFailure(undefined);
    setRefused({});
    try {
      await send(written);
    } catch (error) {
      setFailure(error);
      if (isRefused(error)) {
        const said = Object.entries(error.fields).map(([name, texts]) => [name, texts.join(" ")]);
        setRefused(Object.fromEntries(said) as Partial<Record<F, string>>);
      }
    } finally {
      setBusy(false);
    }
  }

  return {
    busy,
    failure,
    submit,
    /** What a field is given. */
    field: (name: F) => ({
      name,
      value: written[name],
      wrong: wrong(name),
      onChange: (event: ChangeEvent<HTMLInputElement>) => {
        const { value } = event.target;
        setWritten((before) => ({ ...before, [name]: value }));
        setRefused((before) => ({ ...before, [name]: undefined }));
      },
    }),
  };
}
