/**
 * Sending a draft: photos first, then the job, each under a number of its own, so that pressing
 * twice, a lost answer or a reload in between post it once.
 */
import { refresh } from "~/api/act";
import { server } from "~/api/client";
import { bringPhoto } from "~/api/photos";
import { isRefused, mayPass } from "~/api/problem";
import type { JobAnswer, JobBody } from "~/api/schema";
import * as session from "~/api/session";

import type { Step } from "./draft";
import { forgetDraft, type Picture, refusedSending, sendingOf } from "./draft-store";

/** Whoever only worked so far may have a job of their own done. */
async function becomeResident(): Promise<void> {
  if (session.account()?.roles.includes("resident")) return;
  const { data } = await server.PUT("/api/v1/me/roles/{role}", {
    params: { path: { role: "resident" } },
  });
  if (data) session.update(data);
}

export async function send(
  pictures: readonly Picture[],
  body: (photos: string[]) => JobBody,
): Promise<JobAnswer> {
  await becomeResident();
  const photos: string[] = [];
  for (const picture of pictures) photos.push((await bringPhoto(picture.blob, picture.key)).id);
  const sending = sendingOf(() => body(photos));
  try {
    const { data } = await server.POST("/api/v1/jobs", {
      params: { header: { "Idempotency-Key": sending.key } },
      body: sending.body,
    });
    if (!data) throw new Error("a job that was posted is told");
    forgetDraft();
    void refresh();
    return data;
  } catch (error) {
    if (!mayPass(error)) refusedSending();
    throw error;
  }
}

/** Where on the way what was refused can be put right. */
export function stepOf(error: unknown): Step | undefined {
  if (!isRefused(error)) return undefined;
  if (error.slug === "outside-markets") return "where";
  const [field = ""] = Object.keys(error.fields);
  if (/^(location|window|address|access_notes)/.test(field)) return "where";
  if (/^(title|brief|needs|photos|duration)/.test(field)) return "details";
  if (field.startsWith("category")) return "what";
  return /^(budget|mode|languages)/.test(field) ? "price" : undefined;
}
