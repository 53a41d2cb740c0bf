/** What is kept of this person, as a file; signing out; and being erased. */
import { useMutation } from "@tanstack/react-query";
import { Download, LogOut, Trash2 } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";

import { server } from "~/api/client";
import { useWaiting } from "~/api/outbox";
import { Unreachable } from "~/api/problem";
import * as session from "~/api/session";
import * as store from "~/api/store";
import { forgetDraft } from "~/resident/draft-store";
import { isNative } from "~/app/native";
import { Button } from "~/ui/controls";
import { Confirm, List, Notice, Row, Section, toast, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";

export function DataAndLeaving() {
  const say = useSay();
  const [asked, setAsked] = useState<"sign-out" | "erase" | undefined>(undefined);
  const close = () => setAsked(undefined);
  const take = useMutation({ mutationFn: () => exported(say("me-export-name")) });
  return (
    <>
      <Section title={say("me-data")}>
        <List>
          <Row
            icon={<Download aria-hidden />}
            title={say("me-export")}
            detail={take.isPending ? say("loading") : say("me-export-detail")}
            onPress={() => {
              if (!take.isPending) take.mutate();
            }}
          />
          <Row
            icon={<Trash2 aria-hidden />}
            title={say("me-erase")}
            detail={say("me-erase-detail")}
            onPress={() => setAsked("erase")}
          />
        </List>
        <Wrong error={take.error} />
      </Section>
      <Button
        look="plain"
        wide
        icon={<LogOut size={20} aria-hidden />}
        onClick={() => setAsked("sign-out")}
      >
        {say("me-sign-out")}
      </Button>
      <p>
        <small>{say("me-version", { version: __BUILD__.split("+")[0] ?? "" })}</small>
      </p>
      <SignOut open={asked === "sign-out"} onClose={close} />
      <Erase open={asked === "erase"} onClose={close} />
    </>
  );
}

/** Nothing of whoever was here stays; the next one begins at the door. */
function useLeave() {
  const navigate = useNavigate();
  return async () => {
    await store.forget();
    forgetDraft();
    session.end();
    await navigate("/welcome", { replace: true });
  };
}

function SignOut({ open, onClose }: { open: boolean; onClose: () => void }) {
  const say = useSay();
  const leave = useLeave();
  const waiting = useWaiting().length;
  const out = useMutation({
    mutationFn: () => server.DELETE("/api/v1/sessions/current"),
    onSuccess: leave,
  });
  return (
    <Confirm
      title={say("me-sign-out-title")}
      text={say("me-sign-out-text")}
      yes={say("me-sign-out")}
      open={open}
      busy={out.isPending}
      error={out.error}
      onYes={() => out.mutate()}
      onClose={onClose}
    >
      {waiting > 0 && (
        <Notice tone="clay">
          <p>{say("me-sign-out-waiting", { count: waiting })}</p>
        </Notice>
      )}
      {out.error instanceof Unreachable && (
        <>
          <p>{say("me-sign-out-here-hint")}</p>
          <Button look="plain" onClick={() => void leave()}>
            {say("me-sign-out-here")}
          </Button>
        </>
      )}
    </Confirm>
  );
}

function Erase({ open, onClose }: { open: boolean; onClose: () => void }) {
  const say = useSay();
  const leave = useLeave();
  const erase = useMutation({
    mutationFn: () => server.DELETE("/api/v1/me"),
    onSuccess: async () => {
      await leave();
      toast(say("me-erased"), undefined, 10_000);
    },
  });
  return (
    <Confirm
      title={say("me-erase-title")}
      text={say("me-erase-text")}
      yes={say("me-erase-yes")}
      open={open}
      busy={erase.isPending}
      error={erase.error}
      onYes={() => erase.mutate()}
      onClose={onClose}
    />
  );
}

async function exported(name: string): Promise<void> {
  const { data } = await server.GET("/api/v1/me/export");
  const file = new File([JSON.stringify(data, null, 2)], name, { type: "application/json" });
  // The shell from a store keeps no downloads: the system's own sheet takes the file.
  if (isNative()) {
    await navigator.share({ files: [file] });
    return;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // A browser reads it after this turn is over.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
