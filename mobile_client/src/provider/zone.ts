/** The clock of the town a provider works in: a visit's hour is the hour there. */
import { useMarket } from "~/api/known";

import { useMine } from "./mine";

export function useZone(): string | undefined {
  const { data } = useMine("profile");
  return useMarket(data?.value.market)?.time_zone;
}
