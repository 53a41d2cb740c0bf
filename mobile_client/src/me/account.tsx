/** Name, e-mail address and telephone, and the proof that the last two are one's own. */
import { AtSign, BadgeCheck, Phone, UserRound } from "lucide-react";
import { type ReactNode, useState } from "react";

import { useAct } from "~/api/act";
import { api } from "~/api/client";
import * as session from "~/api/session";
import { useMe } from "~/api/who";
import { Button, TextField } from "~/ui/controls";
import { Badge } from "~/ui/marks";
import { List, Notice, Row, Section, Sheet, toast, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";

import { useAccountChange } from "./change";

type Open = "name" | "email" | "phone" | undefined;

export function Account() {
  const say = useSay();
  const me = useMe();
  const [open, setOpen] = useState<Open>(undefined);
  const close = () => setOpen(undefined);
  return (
    <Section title={say("me-account")}>
      <List>
        <Row
          icon={<UserRound aria-hidden />}
          title={me.display_name}
          detail={say("me-name")}
          onPress={() => setOpen("name")}
        />
        <Row
          icon={<AtSign aria-hidden />}
          title={me.email ?? say("me-email-none")}
          detail={
            me.email && me.email_verified ? <Proved>{say("me-proved")}</Proved> : say("me-email")
          }
          onPress={() => setOpen("email")}
        />
        <Row
          icon={<Phone aria-hidden />}
          title={me.phone ?? say("me-phone-none")}
          detail={
            me.phone && me.phone_verified ? (
              <Proved>{say("me-phone-proved")}</Proved>
            ) : me.phone ? (
              say("me-phone-open")
            ) : (
              say("me-phone")
            )
          }
          onPress={() => setOpen("phone")}
        />
      </List>
      {me.email && !me.email_verified && <ProveEmail email={me.email} />}
      <Sheet title={say("me-name")} open={open === "name"} onClose={close}>
        <Name onDone={close} />
      </Sheet>
      <Sheet title={say("me-email")} open={open === "email"} onClose={close}>
        <Email onDone={close} />
      </Sheet>
      <Sheet title={say("me-phone")} open={open === "phone"} onClose={close}>
        <Telephone onDone={close} />
      </Sheet>
    </Section>
  );
}

function Proved({ children }: { children: ReactNode }) {
  return (
    <Badge tone="green" icon={<BadgeCheck size={16} aria-hidden />}>
      {children}
    </Badge>
  );
}

function ProveEmail({ email }: { email: string }) {
  const say = useSay();
  const again = useAct("/api/v1/me/verification", {
    onSuccess: () => toast(say("me-email-sent", { email })),
  });
  return (
    <Notice tone="sun">
      <p>{say("me-email-open")}</p>
      <Button look="plain" busy={again.isPending} onClick={() => again.mutate({})}>
        {say("me-email-again")}
      </Button>
      <Wrong error={again.error} />
    </Notice>
  );
}

function Form({ onSend, children }: { onSend: () => void; children: ReactNode }) {
  return (
    <form
      noValidate
      style={{ display: "grid", gap: "1rem" }}
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
    >
      {children}
    </form>
  );
}

function Name({ onDone }: { onDone: () => void }) {
  const say = useSay();
  const me = useMe();
  const [name, setName] = useState(me.display_name);
  const [missing, setMissing] = useState(false);
  const change = useAccountChange(() => {
    toast(say("me-saved"));
    onDone();
  });
  return (
    <Form
      onSend={() => {
        setMissing(!name.trim());
        if (name.trim()) change.mutate({ display_name: name.trim() });
      }}
    >
      <TextField
        label={say("me-name")}
        hint={say("display-name-hint")}
        autoComplete="name"
        maxLength={80}
        value={name}
        wrong={missing ? say("name-missing") : undefined}
        onChange={(event) => setName(event.target.value)}
      />
      <Wrong error={change.error} />
      <Button type="submit" busy={change.isPending}>
        {say("me-save")}
      </Button>
    </Form>
  );
}

function Email({ onDone }: { onDone: () => void }) {
  const say = useSay();
  const me = useMe();
  const [email, setEmail] = useState(me.email ?? "");
  const [password, setPassword] = useState("");
  const change = useAccountChange(() => {
    toast(say("me-email-sent", { email }));
    onDone();
  });
  return (
    <Form
      onSend={() =>
        change.mutate({
          email: email.trim(),
          ...(password ? { current_password: password } : {}),
        })
      }
    >
      <TextField
        label={say("me-email")}
        hint={say("me-email-hint")}
        type="email"
        inputMode="email"
        autoComplete="email"
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <TextField
        label={say("me-password-now")}
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Wrong error={change.error} />
      <Button type="submit" busy={change.isPending}>
        {say("me-save")}
      </Button>
    </Form>
  );
}

function Telephone({ onDone }: { onDone: () => void }) {
  const say = useSay();
  const me = useMe();
  const [phone, setPhone] = useState(me.phone ?? "");
  const change = useAccountChange(() => toast(say("me-saved")));
  const same = phone.replace(/[\s.]/g, "") === (me.phone ?? "");
  return (
    <>
      <Form onSend={() => change.mutate({ phone: phone.trim() || null })}>
        <TextField
          label={say("me-phone")}
          hint={say("me-phone-hint")}
          type="tel"
          inputMode="tel"
          autoComplete="tel"
          value={phone}
          onChange={(event) => setPhone(event.target.value)}
        />
        <Wrong error={change.error} />
        {!same && (
          <Button type="submit" busy={change.isPending}>
            {say("me-save")}
          </Button>
        )}
      </Form>
      {me.phone && same && !me.phone_verified && <PhoneCode phone={me.phone} onDone={onDone} />}
      {me.phone && (
        <Button
          look="quiet"
          busy={change.isPending}
          onClick={() => {
            setPhone("");
            change.mutate({ phone: null });
          }}
        >
          {say("me-phone-remove")}
        </Button>
      )}
    </>
  );
}

function PhoneCode({ phone, onDone }: { phone: string; onDone: () => void }) {
  const say = useSay();
  const [code, setCode] = useState("");
  const sent = useAct("/api/v1/me/phone/verification");
  const prove = api.useMutation("put", "/api/v1/me/phone/verification", {
    onSuccess: (changed) => {
      session.update(changed);
      toast(say("me-phone-proved"));
      onDone();
    },
  });
  return (
    <>
      {sent.isSuccess && (
        <Form onSend={() => prove.mutate({ body: { code: code.trim() } })}>
          <p role="status">{say("me-phone-code-sent", { phone })}</p>
          <TextField
            label={say("me-phone-code")}
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={6}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
          <Wrong error={prove.error} />
          <Button type="submit" busy={prove.isPending}>
            {say("me-phone-code-check")}
          </Button>
        </Form>
      )}
      <Button
        look={sent.isSuccess ? "quiet" : "plain"}
        busy={sent.isPending}
        onClick={() => sent.mutate({})}
      >
        {say("me-phone-code-send")}
      </Button>
      <Wrong error={sent.error} />
    </>
  );
}
