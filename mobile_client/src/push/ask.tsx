/**
 * Asking whether this device may ring, at the moment it makes sense and with the reason; and
 * what to do where it cannot.
 */
import { BellRing, Share, SquarePlus } from "lucide-react";
import { useEffect, useState } from "react";

import { Button } from "~/ui/controls";
import { Notice, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";

import { ask, status, type Status } from "./push";

export function usePushStatus(): [Status | undefined, (next: Status) => void] {
  const [found, setFound] = useState<Status | undefined>(undefined);
  useEffect(() => {
    let gone = false;
    void status().then((next) => {
      if (!gone) setFound(next);
    });
    return () => {
      gone = true;
    };
  }, []);
  return [found, setFound];
}

/** For whom it is said: a resident waits for an answer, a provider for work. */
export function AskForPushes({ reason }: { reason: "resident" | "provider" }) {
  const say = useSay();
  const [now, setNow] = usePushStatus();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  if (now === undefined || now === "on") return null;
  if (now === "ask") {
    return (
      <Notice>
        <p>
          <strong>{say(`push-why-${reason}`)}</strong>
        </p>
        <p>{say("push-promise")}</p>
        <Button
          look="plain"
          busy={busy}
          icon={<BellRing size={20} aria-hidden />}
          onClick={async () => {
            setBusy(true);
            setError(undefined);
            try {
              setNow(await ask());
            } catch (failed) {
              setError(failed);
            } finally {
              setBusy(false);
            }
          }}
        >
          {say("push-allow")}
        </Button>
        <Wrong error={error} />
      </Notice>
    );
  }
  if (now === "home-screen") {
    return (
      <Notice tone="sun">
        <p>
          <strong>{say("push-home-screen-title")}</strong>
        </p>
        <ol>
          <li>
            <Share size={18} aria-hidden style={{ display: "inline" }} />{" "}
            {say("push-home-screen-share")}
          </li>
          <li>
            <SquarePlus size={18} aria-hidden style={{ display: "inline" }} />{" "}
            {say("push-home-screen-add")}
          </li>
          <li>{say("push-home-screen-open")}</li>
        </ol>
      </Notice>
    );
  }
  return (
    <Notice tone="sun">
      <p>{say(`push-not-${now}`)}</p>
    </Notice>
  );
}
