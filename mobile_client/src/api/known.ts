/** What hardly changes and many screens show: towns we work in, kinds of jobs. */
import { useMemo } from "react";

import { api } from "./client";
import type { CategoryAnswer, MarketAnswer } from "./schema";

const HOUR_MS = 3600 * 1000;
const LASTING = { staleTime: HOUR_MS, meta: { keep: true } } as const;

/** Every kind of job, in the language of the screen. */
export function useCategories(): CategoryAnswer[] {
  const { data } = api.useQuery("get", "/api/v1/categories", {}, LASTING);
  return data?.items ?? NOTHING;
}

export function useCategory(slug: string | undefined): CategoryAnswer | undefined {
  const all = useCategories();
  return useMemo(() => all.find((each) => each.slug === slug), [all, slug]);
}

/** The name of a kind of job; its slug until the names are here. */
export function useCategoryName(): (slug: string) => string {
  const all = useCategories();
  return useMemo(() => {
    const names = new Map(all.map((each) => [each.slug, each.name]));
    return (slug: string) => names.get(slug) ?? slug;
  }, [all]);
}

export function useMarkets(): MarketAnswer[] {
  const { data } = api.useQuery("get", "/api/v1/markets", {}, LASTING);
  return data?.items ?? NOTHING;
}

export function useMarket(slug: string | undefined): MarketAnswer | undefined {
  const all = useMarkets();
  return useMemo(() => all.find((each) => each.slug === slug), [all, slug]);
}

const NOTHING: never[] = [];
