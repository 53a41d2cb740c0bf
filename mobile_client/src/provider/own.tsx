/** A screen that changes something of the provider's own: until it is here, and where there is none. */
import type { ReactNode } from "react";

import { ButtonLink } from "~/ui/controls";
import { Empty, Failure, Page, Skeleton } from "~/ui/surfaces";
import { useSay } from "~/words";

/** Shown in the place of the screen; `none` says that there is no profile yet. */
export function NotHere({
  title,
  mark,
  none,
  error,
  again,
  waiting,
}: {
  title: string;
  mark: ReactNode;
  none: boolean;
  error: unknown;
  again: () => unknown;
  waiting: { lines: number; height?: string };
}) {
  const say = useSay();
  return (
    <Page title={title} back="/profile">
      {none ? (
        <Empty
          mark={mark}
          title={say("offers-no-profile-title")}
          action={<ButtonLink to="/profile">{say("offers-no-profile-go")}</ButtonLink>}
        >
          {say("offers-no-profile-text")}
        </Empty>
      ) : error ? (
        <Failure error={error} again={again} />
      ) : (
        <Skeleton {...waiting} />
      )}
    </Page>
  );
}
