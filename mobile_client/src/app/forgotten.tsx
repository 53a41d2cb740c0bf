/** A password nobody remembers: a link by mail, whether or not the address is known. */
import { MailCheck } from "lucide-react";
import { useState } from "react";

import { useAct } from "~/api/act";
import { Button, TextField } from "~/ui/controls";
import { Empty, Page, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";

import css from "./auth.module.css";

export default function Forgotten() {
  const say = useSay();
  const [email, setEmail] = useState("");
  const ask = useAct("/api/v1/accounts/password-reset");
  return (
    <Page title={say("forgotten")} back="/sign-in">
      {ask.isSuccess ? (
        <Empty mark={<MailCheck size={32} />} title={say("forgotten-sent-title")}>
          {say("forgotten-sent-text", { email })}
        </Empty>
      ) : (
        <form
          className={css.form}
          onSubmit={(event) => {
            event.preventDefault();
            ask.mutate({ body: { email: email.trim() } });
          }}
        >
          <p>{say("forgotten-text")}</p>
          <TextField
            label={say("email")}
            type="email"
            inputMode="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <Wrong error={ask.error} />
          <Button type="submit" wide busy={ask.isPending}>
            {say("forgotten-send")}
          </Button>
        </form>
      )}
    </Page>
  );
}
