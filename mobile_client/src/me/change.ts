/** Changing something of one's account: what the server answers is the account from now on. */
import { useMutation } from "@tanstack/react-query";

import { server } from "~/api/client";
import type { AccountChanges } from "~/api/schema";
import * as session from "~/api/session";
import { client } from "~/api/store";

export function useAccountChange(onSuccess?: () => void) {
  return useMutation({
    // One after the other, so that what was chosen last is what stays.
    scope: { id: "account" },
    mutationFn: async (body: AccountChanges) => (await server.PATCH("/api/v1/me", { body })).data,
    onSuccess: (changed) => {
      if (changed) session.update(changed);
      void client.invalidateQueries({ queryKey: ["get", "/api/v1/me"] });
      onSuccess?.();
    },
  });
}
