/** A new account, on one screen; also shown inside a sheet where somebody posts a first job. */
import { useRef, useState } from "react";
import { Link, useLocation, useSearchParams } from "react-router";

import { newKey, server } from "~/api/client";
import { mayPass } from "~/api/problem";
import * as session from "~/api/session";
import { Button, Chips, TextField } from "~/ui/controls";
import { Page, Wrong } from "~/ui/surfaces";
import { useWords } from "~/words";

import css from "./auth.module.css";
import { email, text, useForm } from "./form";

const CHECKS = {
  display_name: text(1, 80, "name-missing"),
  email,
  password: text(10, 200, "password-short"),
};

type Role = "resident" | "provider";

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
  role: Role;
  /** Whether somebody may still say that they came for the other thing. */
  choose?: boolean;
  onDone?: () => void;
}) {
  const { say, language } = useWords();
  const [chosen, setChosen] = useState(role);
  // An answer that was lost is asked for again under the same number.
  const key = useRef(newKey());
  const form = useForm(CHECKS, async ({ display_name, email: address, password }) => {
    const who = { email: address.trim(), password };
    try {
      await server.POST("/api/v1/accounts", {
        params: { header: { "Idempotency-Key": key.current } },
        body: { ...who, display_name: display_name.trim(), role: chosen, language },
      });
      const { data } = await server.POST("/api/v1/sessions", { body: who });
      if (data) session.begin(data);
      onDone?.();
    } catch (error) {
      if (!mayPass(error)) key.current = newKey();
      throw error;
    }
  });

  return (
    <form className={css.form} noValidate onSubmit={(event) => void form.submit(event)}>
      {choose && (
        <Chips
          label={say("sign-up-role")}
          value={chosen}
          onChange={setChosen}
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
        {...form.field("display_name")}
      />
      <TextField
        label={say("email")}
        type="email"
        inputMode="email"
        autoComplete="email"
        {...form.field("email")}
      />
      <TextField
        label={say("password")}
        hint={say("password-hint")}
        type="password"
        autoComplete="new-password"
        {...form.field("password")}
      />
      <Wrong error={form.failure} />
      <Button type="submit" wide busy={form.busy}>
        {say("sign-up-send")}
      </Button>
    </form>
  );
}
