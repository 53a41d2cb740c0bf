/**
 * The clock of the town a provider works in: a visit's hour is the hour there.
 *
 * Unknown until the profile is here; no hour is shown before, since one of another clock would lie.
 */
import { useMarket } from "~/api/known";

import { useMine } from "./mine";

export function useZone(): string | undefined {
  const { data } = useMine("profile");
  return useMarket(data?.value.market)?.time_zone;
}
