/** Naming a price: in one sum at once, or line by line, with whatever convinces. */
import { Trash2 } from "lucide-react";
import { useState } from "react";

import { useAct } from "~/api/act";
import type { OfferAnswer, QuoteBody, QuoteLineBody } from "~/api/schema";
import { Button, Chips, IconButton, Switch, TextArea, TextField } from "~/ui/controls";
import { Card, useOnline, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { cents } from "./money";
import css from "./provider.module.css";

type Kind = QuoteLineBody["kind"];
const KINDS = ["labour", "supplies", "call-out", "option"] as const satisfies readonly Kind[];

interface Line {
  id: number;
  kind: Kind;
  label: string;
  amount: string;
  minutes: string;
}

function worth(line: Line): number {
  const amount = cents(line.amount) ?? 0;
  return line.kind === "labour" ? Math.round((amount * (Number(line.minutes) || 0)) / 60) : amount;
}

function sent(line: Line): QuoteLineBody {
  const amount = cents(line.amount) ?? 0;
  const label = line.label.trim();
  return line.kind === "labour"
    ? { kind: "labour", label, unit_cents: amount, minutes: Number(line.minutes) }
    : { kind: line.kind, label, amount_cents: amount };
}

function complete(line: Line): boolean {
  return (
    cents(line.amount) !== undefined &&
    (line.kind !== "labour" || (Number(line.minutes) >= 1 && Number(line.minutes) <= 1440))
  );
}

export function QuoteForm({ offer }: { offer: OfferAnswer }) {
  const say = useSay();
  const format = useFormat();
  const online = useOnline();
  const quote = useAct("/api/v1/offers/{offer_id}/quote");
  const [way, setWay] = useState<"sum" | "lines">("sum");
  const [amount, setAmount] = useState("");
  const [lines, setLines] = useState<Line[]>([
    {
      id: 0,
      kind: "labour",
      label: "",
      amount: "",
      minutes: String(offer.job.duration_minutes),
    },
  ]);
  const [more, setMore] = useState({ steps: "", why: "", first: "", message: "" });
  const [inspection, setInspection] = useState(false);
  const [tried, setTried] = useState(false);
  const right =
    way === "sum" ? (cents(amount) ?? 0) > 0 : lines.length > 0 && lines.every(complete);

  function send() {
    setTried(true);
    if (!right) return;
    const steps = more.steps
      .split("\n")
      .map((text) => text.trim().slice(0, 200))
      .filter(Boolean)
      .slice(0, 20)
      .map((text) => ({ text }));
    const body: QuoteBody = {
      ...(way === "sum" ? { amount_cents: cents(amount) ?? 0 } : { lines: lines.map(sent) }),
      ...(steps.length > 0 ? { steps } : {}),
      ...(more.why.trim() ? { why: more.why.trim() } : {}),
      ...(more.message.trim() ? { message: more.message.trim() } : {}),
      ...(more.first ? { starts_at: new Date(more.first).toISOString() } : {}),
      ...(inspection ? { inspection } : {}),
    };
    quote.mutate({ path: { offer_id: offer.id }, body });
  }

  const total = lines.reduce((all, line) => all + worth(line), 0);
  return (
    <Card label={say("quote-title")}>
      <form
        id="your-price"
        className={css.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <h2>{say("quote-title")}</h2>
        <Chips
          label={say("quote-way")}
          value={way}
          onChange={setWay}
          choices={[
            { value: "sum", label: say("quote-way-sum") },
            { value: "lines", label: say("quote-way-lines") },
          ]}
        />
        {way === "sum" ? (
          <TextField
            label={say("quote-amount")}
            inputMode="decimal"
            suffix="€"
            value={amount}
            wrong={tried && !right ? say("quote-amount-wrong") : undefined}
            onChange={(event) => setAmount(event.target.value)}
          />
        ) : (
          <>
            <Lines lines={lines} onChange={setLines} tried={tried} />
            <p className={css.net}>
              <strong>{format.money(total, offer.price.currency)}</strong>{" "}
              <span>{say("quote-total")}</span>
            </p>
          </>
        )}
        <details className={css.fold}>
          <summary>{say("quote-more")}</summary>
          <TextArea
            label={say("quote-steps")}
            hint={say("quote-steps-hint")}
            optional
            value={more.steps}
            onChange={(event) => setMore({ ...more, steps: event.target.value })}
          />
          <TextField
            label={say("quote-why")}
            hint={say("quote-why-hint")}
            optional
            maxLength={500}
            value={more.why}
            onChange={(event) => setMore({ ...more, why: event.target.value })}
          />
          <TextField
            label={say("quote-first")}
            hint={say("quote-first-hint")}
            optional
            type="datetime-local"
            value={more.first}
            onChange={(event) => setMore({ ...more, first: event.target.value })}
          />
          <TextArea
            label={say("quote-message")}
            optional
            maxLength={1000}
            value={more.message}
            onChange={(event) => setMore({ ...more, message: event.target.value })}
          />
          <Switch
            label={say("quote-inspection")}
            hint={say("quote-inspection-hint")}
            checked={inspection}
            onChange={setInspection}
          />
        </details>
        <Wrong error={quote.error} />
        <Button type="submit" wide busy={quote.isPending} disabled={!online}>
          {say("quote-send")}
        </Button>
      </form>
    </Card>
  );
}

function Lines({
  lines,
  onChange,
  tried,
}: {
  lines: Line[];
  onChange: (lines: Line[]) => void;
  tried: boolean;
}) {
  const say = useSay();
  const change = (id: number, to: Partial<Line>) =>
    onChange(lines.map((line) => (line.id === id ? { ...line, ...to } : line)));
  return (
    <fieldset className={css.form}>
      <legend className="unseen">{say("quote-lines")}</legend>
      {lines.map((line) => (
        <div key={line.id} className={css.line}>
          <div className={css.lineHead}>
            <strong>{say(`quote-line-${line.kind}`)}</strong>
            <IconButton
              label={say("quote-line-remove")}
              onClick={() => onChange(lines.filter((other) => other.id !== line.id))}
            >
              <Trash2 size={20} aria-hidden />
            </IconButton>
          </div>
          <TextField
            label={say("quote-line-label")}
            optional
            maxLength={80}
            value={line.label}
            onChange={(event) => change(line.id, { label: event.target.value })}
          />
          <div className={css.pair}>
            <TextField
              label={say(
                line.kind === "labour"
                  ? "quote-line-rate"
                  : line.kind === "supplies"
                    ? "quote-line-most"
                    : "quote-line-amount",
              )}
              inputMode="decimal"
              suffix="€"
              value={line.amount}
              wrong={
                tried && cents(line.amount) === undefined ? say("quote-amount-wrong") : undefined
              }
              onChange={(event) => change(line.id, { amount: event.target.value })}
            />
            {line.kind === "labour" && (
              <TextField
                label={say("quote-line-minutes")}
                type="number"
                min={1}
                max={1440}
                step={15}
                inputMode="numeric"
                value={line.minutes}
                onChange={(event) => change(line.id, { minutes: event.target.value })}
              />
            )}
          </div>
        </div>
      ))}
      <div className={css.adders}>
        {KINDS.map((kind) => (
          <Button
            key={kind}
            look="plain"
            onClick={() =>
              onChange([
                ...lines,
                {
                  id: Math.max(-1, ...lines.map((line) => line.id)) + 1,
                  kind,
                  label: "",
                  amount: "",
                  minutes: "60",
                },
              ])
            }
          >
            {say(`quote-line-add-${kind}`)}
          </Button>
        ))}
      </div>
    </fieldset>
  );
}
