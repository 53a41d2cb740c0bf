/** What went wrong with a request, in words the person at the screen can use. */
import type { Problem } from "./schema";

/** The server's refusal: RFC 9457 problem details. */
export class Refused extends Error {
  override name = "Refused";
  /** The stable end of the problem's type, such as `already-taken`. */
  readonly slug: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** What is wrong with which field of the body. */
  readonly fields: Readonly<Record<string, readonly string[]>>;

  constructor(problem: Problem) {
    super(problem.title);
    this.slug = problem.type.split("/").at(-1) ?? problem.type;
    this.status = problem.status;
    this.title = problem.title;
    this.detail = problem.detail;
    this.fields = problem.errors ?? {};
  }
}

/** Nobody answered: no network, or a server that is away. Nothing is known of what became of it. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

export function isRefused(error: unknown, ...slugs: string[]): error is Refused {
  return error instanceof Refused && (slugs.length === 0 || slugs.includes(error.slug));
}

/** Whether asking again may go better. */
export function mayPass(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && error.status >= 500);
}
