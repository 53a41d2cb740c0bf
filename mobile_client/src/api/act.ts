/**
 * Doing something on the server, once.
 *
 * Hides: idempotency keys. A press whose answer was lost is pressed again by whoever pressed it:
 * the same body then goes under the same number, so that a job is not posted twice.
 */
import { useMutation, type UseMutationResult } from "@tanstack/react-query";
import type { MaybeOptionalInit } from "openapi-fetch";
import { useRef } from "react";

import { newKey, server } from "./client";
import { mayPass } from "./problem";
import type { paths } from "./schema";
import { client } from "./store";

type PostPath = {
  [P in keyof paths]: paths[P] extends { post: object } ? P : never;
}[keyof paths];

type Post<P extends PostPath> = paths[P]["post"];

type Body<P extends PostPath> =
  Post<P> extends { requestBody: { content: { "application/json": infer B } } } ? B : undefined;

type Path<P extends PostPath> = Post<P> extends { parameters: { path: infer Q } } ? Q : undefined;

type Ok<R> = R extends { 200: { content: { "application/json": infer A } } }
  ? A
  : R extends { 201: { content: { "application/json": infer A } } }
    ? A
    : undefined;

type Answer<P extends PostPath> = Post<P> extends { responses: infer R } ? Ok<R> : undefined;

/** What is asked for: values of the address, and the body. */
export type Asked<P extends PostPath> = (Path<P> extends undefined
  ? { path?: undefined }
  : { path: Path<P> }) &
  (Body<P> extends undefined ? { body?: undefined } : { body: Body<P> });

export type Act<P extends PostPath> = UseMutationResult<Answer<P>, Error, Asked<P>>;

/**
 * A POST as a mutation: `const accept = useAct("/api/v1/offers/{offer_id}/accept")`.
 *
 * When it went through, everything shown of jobs and offers is looked at again.
 */
export function useAct<P extends PostPath>(
  path: P,
  options: { onSuccess?: (answer: Answer<P>, asked: Asked<P>) => unknown } = {},
): Act<P> {
  const pressed = useRef<{ asked: string; key: string } | undefined>(undefined);
  return useMutation<Answer<P>, Error, Asked<P>>({
    mutationFn: async (asked) => {
      const text = JSON.stringify(asked);
      if (pressed.current?.asked !== text) pressed.current = { asked: text, key: newKey() };
      const init = {
        params: { path: asked.path, header: { "Idempotency-Key": pressed.current.key } },
        ...(asked.body === undefined ? {} : { body: asked.body }),
      } as unknown as MaybeOptionalInit<paths[P], "post">;
      try {
        const { data } = await server.POST(path, init as never);
        pressed.current = undefined;
        return data as Answer<P>;
      } catch (error) {
        // A clear no is an answer: whoever presses again asks anew.
        if (!mayPass(error)) pressed.current = undefined;
        throw error;
      }
    },
    onSuccess: async (answer, asked) => {
      void refresh();
      await options.onSuccess?.(answer, asked);
    },
  });
}

/** What is shown of jobs, offers and one's own figures may have changed. */
export function refresh(): Promise<void> {
  return client.invalidateQueries({
    predicate: (query) => {
      const path = query.queryKey[1];
      return typeof path === "string" && /\/(jobs|offers|series|providers\/me|me)\b/.test(path);
    },
  });
}
