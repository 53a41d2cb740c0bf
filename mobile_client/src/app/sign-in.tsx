/** Somebody who has an account; they go on to where they wanted. */
import { Link, useLocation } from "react-router";

import { server } from "~/api/client";
import * as session from "~/api/session";
import { Button, TextField } from "~/ui/controls";
import { Page, Wrong } from "~/ui/surfaces";
import { useWords } from "~/words";

import css from "./auth.module.css";
import { email, text, useForm } from "./form";

const CHECKS = { email, password: text(1, 200, "password-missing") };

export default function SignIn() {
  const { say } = useWords();
  const location = useLocation();
  return (
    <Page title={say("sign-in")} back="/welcome">
      <SignInForm />
      <p>
        {say("sign-in-new")}{" "}
        <Link to="/sign-up" state={location.state as unknown}>
          {say("sign-up")}
        </Link>
      </p>
    </Page>
  );
}

export function SignInForm({ onDone }: { onDone?: () => void }) {
  const { say, speak } = useWords();
  const form = useForm(CHECKS, async ({ email: address, password }) => {
    const body = { email: address.trim(), password };
    const { data } = await server.POST("/api/v1/sessions", { body });
    if (!data) return;
    await speak(data.account.language);
    session.begin(data);
    onDone?.();
  });
  return (
    <form className={css.form} noValidate onSubmit={(event) => void form.submit(event)}>
      <TextField
        label={say("email")}
        type="email"
        inputMode="email"
        autoComplete="username"
        {...form.field("email")}
      />
      <TextField
        label={say("password")}
        type="password"
        autoComplete="current-password"
        {...form.field("password")}
      />
      <Wrong error={form.failure} />
      <Button type="submit" wide busy={form.busy}>
        {say("sign-in")}
      </Button>
      <Link to="/forgotten">{say("forgotten")}</Link>
    </form>
  );
}
