/** For how much, and in which way somebody is found. */
import { Scale, Zap } from "lucide-react";
import { useState } from "react";

import { Chips, ManyChips, TextField } from "~/ui/controls";
import { Section } from "~/ui/surfaces";
import { useSay, useWords } from "~/words";
import { useFormat } from "~/words/format";

import { budgetKind, cents, type Draft, modeOf } from "./draft";
import css from "./post.module.css";
import { Fold } from "./post-details";
import type { Expected } from "./promise";

type Change = (change: (draft: Draft) => Draft) => void;

/** What is spoken here and there; whoever asks for none is understood by gestures. */
const LANGUAGES = ["fr", "en", "ar", "es", "it", "pt", "de", "tr", "pl", "uk"] as const;

export function Price({
  draft,
  change,
  currency,
  expected,
  signedIn,
}: {
  draft: Draft;
  change: Change;
  currency: string;
  expected: Expected;
  signedIn: boolean;
}) {
  const say = useSay();
  const format = useFormat();
  const { language } = useWords();
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const urgent = draft.when.kind === "now";
  const kind = budgetKind(draft);
  const price = expected.estimate?.price;
  const amount = draft.amountCents ?? expected.suggestedCents;
  // No amount stands there that nobody named and nothing is known for.
  const proposed =
    expected.priced || draft.amountCents !== null
      ? String(amount / 100).replace(".", language === "fr" ? "," : ".")
      : "";
  const shown = typed ?? proposed;
  const names = new Intl.DisplayNames(language, { type: "language" });
  const mode = modeOf(draft);
  return (
    <>
      <Section title={say("post-budget")}>
        <Chips
          label={say("post-budget")}
          value={kind}
          onChange={(budget) => {
            setTyped(undefined);
            change((now) => ({ ...now, budget, amountCents: null }));
          }}
          choices={[
            { value: "fixed", label: say("post-budget-fixed") },
            { value: "hourly", label: say("post-budget-hourly") },
            { value: "quotes", label: say("post-budget-quotes"), disabled: urgent },
          ]}
        />
        <p className={css.hint}>{say(`post-budget-says-${kind}`)}</p>
        {kind !== "quotes" && (
          <TextField
            label={say(`post-amount-${kind}`)}
            inputMode="decimal"
            suffix={currency === "EUR" ? "€" : currency}
            value={shown}
            wrong={
              typed !== undefined && cents(typed) === null ? say("post-amount-wrong") : undefined
            }
            hint={
              price && kind === "fixed"
                ? say("post-guidance", {
                    low: format.money(price.total_cents.low, price.currency),
                    high: format.money(price.total_cents.high, price.currency),
                  })
                : !signedIn && draft.amountCents === null
                  ? say("post-amount-later")
                  : undefined
            }
            onChange={(event) => {
              setTyped(event.target.value);
              const amountCents = cents(event.target.value);
              change((now) => ({ ...now, amountCents }));
            }}
          />
        )}
      </Section>
      {kind !== "quotes" && !urgent && (
        <Section title={say("post-mode")}>
          <Chips
            label={say("post-mode")}
            value={mode}
            onChange={(next) => change((now) => ({ ...now, mode: next }))}
            choices={[
              {
                value: "instant",
                label: (
                  <>
                    <Zap size={18} aria-hidden />
                    {say("post-mode-instant")}
                  </>
                ),
              },
              {
                value: "choose",
                label: (
                  <>
                    <Scale size={18} aria-hidden />
                    {say("post-mode-choose")}
                  </>
                ),
              },
            ]}
          />
          <p className={css.hint}>{say(`post-mode-says-${mode}`)}</p>
        </Section>
      )}
      <Fold title={say("post-languages")} count={draft.languages.length}>
        <ManyChips
          label={say("post-languages")}
          value={draft.languages}
          onChange={(languages) => change((now) => ({ ...now, languages }))}
          choices={LANGUAGES.map((each) => ({ value: each, label: names.of(each) ?? each }))}
        />
        <p className={css.hint}>{say("post-languages-hint")}</p>
      </Fold>
    </>
  );
}
