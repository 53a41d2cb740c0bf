/** Somebody who has an account; they go on to where they wanted. */
import { zodResolver } from "@hookform/resolvers/zod";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { Link, useLocation } from "react-router";
import { z } from "zod/mini";

import { server } from "~/api/client";
import * as session from "~/api/session";
import { Button, TextField } from "~/ui/controls";
import { Page, Wrong } from "~/ui/surfaces";
import { type MessageId, useWords } from "~/words";

import css from "./auth.module.css";

const shape = z.object({
  email: z.string().check(z.trim(), z.email("email-wrong")),
  password: z.string().check(z.minLength(1, "password-missing")),
});

type Written = z.infer<typeof shape>;

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
  const [failure, setFailure] = useState<unknown>(undefined);
  const form = useForm<Written>({
    resolver: zodResolver(shape),
    defaultValues: { email: "", password: "" },
  });
  const { errors, isSubmitting } = form.formState;
  const wrong = (field: keyof Written) => {
    const message = errors[field]?.message;
    return message && say(message as MessageId);
  };

  async function send(written: Written) {
    setFailure(undefined);
    try {
      const { data } = await server.POST("/api/v1/sessions", { body: written });
      if (!data) return;
      await speak(data.account.language);
      session.begin(data);
      onDone?.();
    } catch (error) {
      setFailure(error);
    }
  }

  return (
    <form className={css.form} noValidate onSubmit={(event) => void form.handleSubmit(send)(event)}>
      <TextField
        label={say("email")}
        type="email"
        inputMode="email"
        autoComplete="username"
        wrong={wrong("email")}
        {...form.register("email")}
      />
      <TextField
        label={say("password")}
        type="password"
        autoComplete="current-password"
        wrong={wrong("password")}
        {...form.register("password")}
      />
      <Wrong error={failure} />
      <Button type="submit" wide busy={isSubmitting}>
        {say("sign-in")}
      </Button>
      <Link to="/forgotten">{say("forgotten")}</Link>
    </form>
  );
}
