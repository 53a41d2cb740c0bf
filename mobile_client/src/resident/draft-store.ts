/**
 * The draft on this device: it survives a reload, a flat battery and a lost network.
 *
 * Hides: that words lie in localStorage and photos in IndexedDB, and that what one person wrote is
 * not there for whoever signs in after them. What nobody in particular wrote belongs to whoever
 * signs in to send it.
 */
import { createStore, del, get, set } from "idb-keyval";
import { useEffect, useState, useSyncExternalStore } from "react";

import { newKey } from "~/api/client";
import type { JobBody } from "~/api/schema";
import * as session from "~/api/session";

import { type Draft, EMPTY } from "./draft";

export interface Picture {
  /** Under which it is stored once. */
  key: string;
  blob: Blob;
}

interface Kept {
  by: string | undefined;
  draft: Draft;
  /** What was sent without an answer: it is sent again as it was, under the same number. */
  sending?: { key: string; body: JobBody } | undefined;
}

const KEY = "jobbing.draft";
const store = createStore("jobbing-draft", "photos");
const listeners = new Set<() => void>();
let kept: Kept | undefined;
let pictures: Picture[] = [];

function read(): Kept {
  if (kept === undefined) {
    try {
      kept = JSON.parse(localStorage.getItem(KEY) ?? "null") as Kept | undefined;
    } catch {
      kept = undefined;
    }
  }
  const now = session.account()?.id;
  // Whoever has only to sign in again finds what they wrote.
  if (kept?.by !== undefined && now !== undefined && kept.by !== now) {
    kept = undefined;
    void del("photos", store);
    pictures = [];
  }
  kept ??= { by: now, draft: EMPTY };
  // A draft of an older build lacks what was added since.
  if (!("titleSuggested" in kept.draft)) kept = { by: now, draft: EMPTY };
  return kept;
}

function write(next: Kept): void {
  kept = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // A full or forbidden store costs the draft its second life, not its first.
  }
  for (const tell of listeners) tell();
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** The draft, and a way to change it. */
export function useDraft(): [Draft, (change: (draft: Draft) => Draft) => void] {
  const draft = useSyncExternalStore(subscribe, () => read().draft);
  return [draft, change];
}

function change(to: (draft: Draft) => Draft): void {
  const next = to(read().draft);
  write({ by: session.account()?.id, draft: next });
}

/** What to send, and under which number: the same as last time if nobody said no to that. */
export function sendingOf(body: () => JobBody): { key: string; body: JobBody } {
  const before = read();
  if (before.sending) return before.sending;
  const sending = { key: newKey(), body: body() };
  write({ ...before, by: session.account()?.id, sending });
  return sending;
}

/** It was refused: whatever is sent next is another thing. */
export function refusedSending(): void {
  write({ ...read(), sending: undefined });
}

export function waitsToSend(): boolean {
  return read().sending !== undefined;
}

/** It is posted, or thrown away. */
export function forgetDraft(): void {
  pictures = [];
  void del("photos", store);
  write({ by: session.account()?.id, draft: EMPTY });
  localStorage.removeItem(KEY);
}

/** The photos of the draft, and a way to change them. */
export function usePictures(): [readonly Picture[], (blobs: Blob[]) => void] {
  const [now, setNow] = useState<readonly Picture[]>(pictures);
  useEffect(() => {
    let gone = false;
    void get<Picture[]>("photos", store).then((found) => {
      if (gone || !found) return;
      pictures = found;
      setNow(found);
    });
    return () => {
      gone = true;
    };
  }, []);
  return [
    now,
    (blobs) => {
      pictures = blobs.map(
        (blob) => pictures.find((each) => each.blob === blob) ?? { key: newKey(), blob },
      );
      setNow(pictures);
      void set("photos", pictures, store);
      // Another set of photos is another job to send.
      write({ ...read(), sending: undefined });
    },
  ];
}
