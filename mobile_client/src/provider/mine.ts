/**
 * The provider's own profile and calendar, with the version they were read in.
 *
 * Hides: ETag and If-Match. What was changed on another device meanwhile is not overwritten: the
 * save is refused as `version-mismatch`, and what is there now is read again.
 */
import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { refresh } from "~/api/act";
import { server } from "~/api/client";
import { isRefused } from "~/api/problem";
import type {
  CalendarAnswer,
  CalendarBody,
  PortfolioAnswer,
  PortfolioBody,
  ProfileAnswer,
  ProfileBody,
} from "~/api/schema";

interface Read {
  profile: ProfileAnswer;
  calendar: CalendarAnswer;
  portfolio: PortfolioAnswer;
}

interface Written {
  profile: ProfileBody;
  calendar: CalendarBody;
  portfolio: PortfolioBody;
}

type What = keyof Read;

export interface Versioned<T> {
  value: T;
  version: string | undefined;
}

const PATHS = {
  profile: "/api/v1/providers/me",
  calendar: "/api/v1/providers/me/calendar",
  portfolio: "/api/v1/providers/me/portfolio",
} as const;

// Three addresses of one shape: which of them it is, the types of each call cannot follow.
const get = server.GET as (path: string) => Promise<{ data?: unknown; response: Response }>;
const put = server.PUT as (path: string, init: object) => Promise<unknown>;

function key(what: What): readonly string[] {
  return ["get", PATHS[what], "with its version"];
}

async function read<W extends What>(what: W): Promise<Versioned<Read[W]> | null> {
  try {
    const { data, response } = await get(PATHS[what]);
    return { value: data as Read[W], version: response.headers.get("ETag") ?? undefined };
  } catch (error) {
    // Nobody has one before it was put for the first time.
    if (isRefused(error) && error.status === 404) return null;
    throw error;
  }
}

/** What is mine; `null` while there is none yet. */
export function useMine<W extends What>(what: W) {
  return useQuery<Versioned<Read[W]> | null>({
    queryKey: key(what),
    queryFn: () => read(what),
    meta: { keep: true },
  });
}

/** Replaces the whole of it, if nobody has changed it since it was read. */
export function useSave<W extends What>(what: W) {
  const client = useQueryClient();
  return useMutation<unknown, Error, { body: Written[W]; version: string | undefined }>({
    mutationFn: ({ body, version }) =>
      put(PATHS[what], {
        body,
        ...(version === undefined ? {} : { params: { header: { "If-Match": version } } }),
      }),
    onSuccess: () => reread(client),
  });
}

/** One of them carries the version of another: after a save all are read again. */
async function reread(client: QueryClient): Promise<void> {
  await Promise.all(
    (["profile", "calendar", "portfolio"] as const).map((each) =>
      client.invalidateQueries({ queryKey: key(each) }),
    ),
  );
  void refresh();
}

/**
 * The first profile, with its hours confirmed: nothing is read again before both are there, since
 * a profile that is there ends the first steps.
 */
export function useBegin() {
  const client = useQueryClient();
  return useMutation<unknown, Error, { profile: ProfileBody; calendar: CalendarBody }>({
    mutationFn: async ({ profile, calendar }) => {
      await put(PATHS.profile, { body: profile });
      await put(PATHS.calendar, { body: calendar });
    },
    onSuccess: () => reread(client),
  });
}

/** Whether somebody else, or another device of mine, was faster. */
export function changedElsewhere(error: unknown): boolean {
  return isRefused(error, "version-mismatch");
}

/** The profile as it is sent: what is only told is left out. */
export function bodyOf(profile: ProfileAnswer): ProfileBody {
  return {
    headline: profile.headline,
    base: profile.base,
    reach_m: profile.reach_m,
    reach_area: profile.reach_area,
    minimum_visit_cents: profile.minimum_visit_cents,
    evening_percent: profile.evening_percent,
    sunday_percent: profile.sunday_percent,
    languages: profile.languages,
    tools: profile.tools,
    skills: profile.skills.map((skill) => ({
      category: skill.category,
      options: skill.options,
      price: {
        kind: skill.price.kind,
        amount_cents: skill.price.amount_cents,
        call_out_fee_cents: skill.price.call_out_fee_cents,
        currency: skill.price.currency,
        steps: skill.price.steps,
      },
    })),
  };
}
