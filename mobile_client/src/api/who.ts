/** Who is at the screen. */
import { useSyncExternalStore } from "react";

import type { AccountAnswer } from "./schema";
import * as session from "./session";

/** The account that is signed in here, as it was last heard of; undefined when nobody is. */
export function useAccount(): AccountAnswer | undefined {
  return useSyncExternalStore(session.subscribe, session.account);
}

/** For the screens behind the sign-in, where somebody always is. */
export function useMe(): AccountAnswer {
  const account = useAccount();
  if (!account) throw new Error("nobody is signed in");
  return account;
}
