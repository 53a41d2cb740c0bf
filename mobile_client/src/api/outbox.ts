/**
 * What is sent later when there is no network: check-ins and messages, each once.
 *
 * Hides: TanStack Query's paused mutations. Each carries the number it is sent under, and so does
 * each of its photos: the server does it once however often it arrives. Those of one job leave in
 * the order they were made. Accepting an offer is never here: an hour later it may mean something
 * else.
 */
import { useMutation, useMutationState } from "@tanstack/react-query";
import { useMemo } from "react";

import { newKey, server } from "./client";
import { bringPhoto } from "./photos";
import { mayPass } from "./problem";
import type { CheckInBody, JobAnswer, MessageAnswer } from "./schema";
import { client, OUTBOX } from "./store";

export interface Picture {
  blob: Blob;
  key: string;
}

export interface CheckIn {
  kind: "check-in";
  jobId: string;
  key: string;
  madeAt: string;
  says: CheckInBody["kind"];
  waitsFor: CheckInBody["waits_for"];
  text: string;
  photos: Picture[];
}

export interface Message {
  kind: "message";
  jobId: string;
  key: string;
  madeAt: string;
  /** Whom it is to, where a resident writes to one of several who answered. */
  providerId: string | undefined;
  text: string;
  photos: Picture[];
}

export type Letter = CheckIn | Message;

/** A letter under which nothing was sent yet. */
export function numbered<T extends { photos: Blob[] }>(
  written: T,
): Omit<T, "photos"> & { key: string; madeAt: string; photos: Picture[] } {
  return {
    ...written,
    key: newKey(),
    madeAt: new Date().toISOString(),
    photos: written.photos.map((blob) => ({ blob, key: newKey() })),
  };
}

async function deliver(letter: Letter): Promise<JobAnswer | MessageAnswer> {
  const photos: string[] = [];
  for (const picture of letter.photos)
    photos.push((await bringPhoto(picture.blob, picture.key)).id);
  const params = {
    path: { job_id: letter.jobId },
    header: { "Idempotency-Key": letter.key },
  };
  if (letter.kind === "check-in") {
    const { data } = await server.POST("/api/v1/jobs/{job_id}/check-ins", {
      params,
      body: {
        kind: letter.says,
        text: letter.text,
        photos,
        ...(letter.waitsFor ? { waits_for: letter.waitsFor } : {}),
      },
    });
    return data as JobAnswer;
  }
  const { data } = await server.POST("/api/v1/jobs/{job_id}/messages", {
    params,
    body: {
      text: letter.text,
      photos,
      ...(letter.providerId ? { provider_id: letter.providerId } : {}),
    },
  });
  return data as MessageAnswer;
}

/** Known before anything is restored: a letter written yesterday must find its way. */
export function open(): void {
  client.setMutationDefaults([OUTBOX], {
    mutationFn: (letter: Letter) => deliver(letter),
    // Tried at once, also where the device believes itself offline: it may be wrong.
    networkMode: "offlineFirst",
    retry: (_failures, error) => mayPass(error),
    retryDelay: (failures) => Math.min(1000 * 2 ** failures, 30_000),
    onSettled: (_data, _error, letter: Letter) =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["get", "/api/v1/jobs/{job_id}"] }),
        letter.kind === "message"
          ? client.invalidateQueries({ queryKey: ["get", "/api/v1/jobs/{job_id}/messages"] })
          : undefined,
      ]),
  });
}

/** Send a letter now, or as soon as there is a network. */
export function useSend(jobId: string) {
  return useMutation<JobAnswer | MessageAnswer, Error, Letter>({
    mutationKey: [OUTBOX, jobId],
    scope: { id: `${OUTBOX} ${jobId}` },
  });
}

export interface Waiting {
  letter: Letter;
  /** Refused for good: it is shown until whoever wrote it has read why. */
  refused: Error | null;
}

/** The letters of a job that have not arrived yet, oldest first; of all jobs without `jobId`. */
export function useWaiting(jobId?: string): Waiting[] {
  const all = useMutationState({
    filters: {
      mutationKey: jobId === undefined ? [OUTBOX] : [OUTBOX, jobId],
      predicate: (mutation) => mutation.state.status !== "success",
    },
    select: (mutation) => ({
      letter: mutation.state.variables as Letter | undefined,
      refused: mutation.state.status === "error" ? mutation.state.error : null,
    }),
  });
  return useMemo(() => all.filter((each): each is Waiting => each.letter !== undefined), [all]);
}
