/** What is shown instead of a screen that is not there, or that broke. */
import { Compass, Wrench } from "lucide-react";
import { useRouteError } from "react-router";

import { SignedOut } from "~/api/session";
import { Button, ButtonLink } from "~/ui/controls";
import { Empty, Page } from "~/ui/surfaces";
import { useSay } from "~/words";

import { SignInAgain } from "./shell";

export function Missing() {
  const say = useSay();
  return (
    <Page title={say("missing-title")} back="/">
      <Empty
        mark={<Compass size={32} />}
        title={say("missing-title")}
        action={<ButtonLink to="/">{say("go-home")}</ButtonLink>}
      >
        {say("missing-text")}
      </Empty>
    </Page>
  );
}

export function Broken() {
  const say = useSay();
  const error = useRouteError();
  if (error instanceof SignedOut) return <SignInAgain />;
  console.error(error);
  return (
    <Page title={say("failure-title")}>
      <Empty
        mark={<Wrench size={32} />}
        title={say("failure-title")}
        action={<Button onClick={() => location.reload()}>{say("try-again")}</Button>}
      >
        {say("broken-text")}
      </Empty>
    </Page>
  );
}
