/** A new account, on one screen; also shown inside a sheet where somebody posts a first job. */
import { zodResolver } from "@hookform/resolvers/zod";
import { useRef, useState } from "react";
import { useForm, useWatch } from "react-hook-form";
import { Link, useLocation, useSearchParams } from "react-router";
import { z } from "zod/mini";

import { newKey, server } from "~/api/client";
import { isRefused, mayPass } from "~/api/problem";
import * as session from "~/api/session";
import { Button, Chips, TextField } from "~/ui/controls";
import { Page, Wrong } from "~/ui/surfaces";
import { type MessageId, useWords } from "~/words";

import css from "./auth.module.css";

const shape = z.object({
  role: z.enum(["resident", "provider"]),
  display_name: z
    .string()
    .check(z.trim(), z.minLength(1, "name-missing"), z.maxLength(80, "too-long")),
  email: z.string().check(z.trim(), z.email("email-wrong")),
  password: z.string().check(z.minLength(10, "password-short"), z.maxLength(200, "too-long")),
});

type Written = z.infer<typeof shape>;

export default function SignUp() {
  const { say } = useWords();
  const location = useLocation();
  const [query] = useSearchParams();
  return (
    <Page title={say("sign-up")} back="/welcome">
      <SignUpForm role={query.get("role") === "provider" ? "provider" : "resident"} choose />
      <p>
        {say("sign-up-known")}{" "}
        <Link to="/sign-in" state={location.state as unknown}>
          {say("sign-in")}
        </Link>
      </p>
    </Page>
  );
}

export function SignUpForm({
  role,
  choose = false,
  onDone,
}: {
  role: Written["role"];
  /** Whether somebody may still say that they came for the other thing. */
  choose?: boolean;
  onDone?: () => void;
}) {
  const { say, language } = useWords();
  const form = useForm<Written>({
    resolver: zodResolver(shape),
    defaultValues: { role, display_name: "", email: "", password: "" },
  });
  const chosen = useWatch({ control: form.control, name: "role" });
  const { errors, isSubmitting } = form.formState;
  const [failure, setFailure] = useState<unknown>(undefined);
  // An answer that was lost is asked for again under the same number.
  const key = useRef(newKey());
  const wrong = (field: keyof Written) => {
    const message = errors[field]?.message;
    return message && (errors[field]?.type === "server" ? message : say(message as MessageId));
  };

  async function send(written: Written) {
    setFailure(undefined);
    try {
      await server.POST("/api/v1/accounts", {
        params: { header: { "Idempotency-Key": key.current } },
        body: { ...written, language },
      });
      const { data } = await server.POST("/api/v1/sessions", {
        body: { email: written.email, password: written.password },
      });
      if (data) session.begin(data);
      onDone?.();
    } catch (error) {
      setFailure(error);
      if (!mayPass(error)) key.current = newKey();
      if (isRefused(error)) {
        for (const [field, said] of Object.entries(error.fields)) {
          form.setError(field as keyof Written, { type: "server", message: said.join(" ") });
        }
      }
    }
  }

  return (
    <form className={css.form} noValidate onSubmit={(event) => void form.handleSubmit(send)(event)}>
      {choose && (
        <Chips
          label={say("sign-up-role")}
          value={chosen}
          onChange={(next) => form.setValue("role", next)}
          choices={[
            { value: "resident", label: say("role-resident") },
            { value: "provider", label: say("role-provider") },
          ]}
        />
      )}
      <TextField
        label={say("display-name")}
        hint={say("display-name-hint")}
        autoComplete="name"
        wrong={wrong("display_name")}
        {...form.register("display_name")}
      />
      <TextField
        label={say("email")}
        type="email"
        inputMode="email"
        autoComplete="email"
        wrong={wrong("email")}
        {...form.register("email")}
      />
      <TextField
        label={say("password")}
        hint={say("password-hint")}
        type="password"
        autoComplete="new-password"
        wrong={wrong("password")}
        {...form.register("password")}
      />
      <Wrong error={failure} />
      <Button type="submit" wide busy={isSubmitting}>
        {say("sign-up-send")}
      </Button>
    </form>
  );
}
