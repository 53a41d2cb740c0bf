/**
 * Rewording a job, its address, how to get in, and its pictures.
 *
 * Hides: that two windows may do it at once. What is sent names the version it was read in; where
 * another one is there meanwhile, that is said and nothing is written over.
 */
import { useMutation, useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";

import { refresh } from "~/api/act";
import { server } from "~/api/client";
import type { JobAnswer, JobChanges, PhotoAnswer } from "~/api/schema";
import { Button, IconButton, TextArea, TextField } from "~/ui/controls";
import { Failure, Skeleton, toast, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";

import { type DeedProps, LabelledPhotos, useWithPhotos } from "./form";
import css from "./job.module.css";

export function Edit({ job, onClose }: DeedProps) {
  const read = useQuery({
    queryKey: ["job to edit", job.id],
    queryFn: async () => {
      const { data, response } = await server.GET("/api/v1/jobs/{job_id}", {
        params: { path: { job_id: job.id } },
        cache: "no-store",
      });
      return { job: data as JobAnswer, version: response.headers.get("ETag") ?? "" };
    },
    gcTime: 0,
    staleTime: Infinity,
  });
  if (read.error) return <Failure error={read.error} again={read.refetch} />;
  if (!read.data) return <Skeleton />;
  return <Form key={read.data.version} {...read.data} onClose={onClose} />;
}

function Form({ job, version, onClose }: { job: JobAnswer; version: string; onClose: () => void }) {
  const say = useSay();
  const said = typeof job.brief["text"] === "string" ? job.brief["text"] : "";
  const [title, setTitle] = useState(job.title);
  const [text, setText] = useState(said);
  const [address, setAddress] = useState(job.address ?? "");
  const [access, setAccess] = useState(job.access_notes ?? "");
  const [kept, setKept] = useState<PhotoAnswer[]>(job.photos);
  const [missing, setMissing] = useState(false);
  const change = useMutation({
    mutationFn: (body: JobChanges) =>
      server.PATCH("/api/v1/jobs/{job_id}", {
        params: { path: { job_id: job.id }, header: { "If-Match": version } },
        body,
      }),
    onSuccess: () => {
      void refresh();
      onClose();
      toast(say("job-edit-done"));
    },
  });
  const sending = useWithPhotos(async (photos) => {
    const body: JobChanges = {};
    if (title !== job.title) body.title = title.trim();
    if (text !== said) body.brief = { ...job.brief, text: text.trim() };
    if (address !== (job.address ?? "")) body.address = address.trim();
    if (access !== (job.access_notes ?? "")) body.access_notes = access.trim();
    if (photos.length > 0 || kept.length !== job.photos.length)
      body.photos = [...kept.map((each) => each.id), ...photos];
    if (Object.keys(body).length === 0) onClose();
    else await change.mutateAsync(body);
  });
  return (
    <>
      <TextField
        label={say("job-edit-title")}
        value={title}
        maxLength={120}
        wrong={missing ? say("job-edit-title-missing") : undefined}
        onChange={(event) => setTitle(event.target.value)}
      />
      <TextArea
        label={say("job-edit-text")}
        value={text}
        maxLength={4000}
        onChange={(event) => setText(event.target.value)}
      />
      <TextField
        label={say("job-edit-address")}
        hint={say("job-edit-private")}
        value={address}
        maxLength={200}
        autoComplete="street-address"
        onChange={(event) => setAddress(event.target.value)}
      />
      <TextArea
        label={say("job-edit-access")}
        hint={say("job-edit-private")}
        optional
        value={access}
        maxLength={500}
        onChange={(event) => setAccess(event.target.value)}
      />
      {kept.length > 0 && (
        <div className={css.thumbs} role="group" aria-label={say("photos")}>
          {kept.map((photo, at) => (
            <span key={photo.id} className={css.kept}>
              <img
                src={photo.thumbnails?.small.url ?? photo.url}
                alt={say("photo-number", { number: at + 1, of: kept.length })}
              />
              <IconButton
                label={say("photo-remove", { number: at + 1 })}
                look="plain"
                onClick={() => setKept(kept.filter((each) => each.id !== photo.id))}
              >
                <X aria-hidden />
              </IconButton>
            </span>
          ))}
        </div>
      )}
      <LabelledPhotos
        label={say("job-edit-photos")}
        photos={sending.photos}
        onChange={sending.setPhotos}
      />
      <Wrong error={sending.error} />
      <Button
        busy={sending.busy}
        onClick={() => {
          setMissing(!title.trim());
          if (title.trim()) sending.send();
        }}
      >
        {say("job-edit-save")}
      </Button>
    </>
  );
}
