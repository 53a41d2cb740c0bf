/** The sheets about money: it will cost more, what supplies cost, and what was paid. */
import { Plus, X } from "lucide-react";
import { useState } from "react";

import { useAct } from "~/api/act";
import type { ChangeBody, JobAnswer, PaymentBody } from "~/api/schema";
import { Button, Chips, IconButton, Select, TextArea, TextField } from "~/ui/controls";
import { Notice, toast, Wrong } from "~/ui/surfaces";
import { useSay, useWords } from "~/words";
import { useFormat } from "~/words/format";

import { AmountField, cents, type DeedProps, LabelledPhotos, useWithPhotos, written } from "./form";
import css from "./job.module.css";
import { Lines } from "./lines";
import { unansweredPayment } from "./next";

type Kind = ChangeBody["lines"][number]["kind"];

const KINDS: readonly Kind[] = ["labour", "supplies", "option", "call-out", "surcharge", "credit"];

interface Line {
  id: number;
  kind: Kind;
  label: string;
  amount: string;
}

export function Change({ job, onClose }: DeedProps) {
  const say = useSay();
  const format = useFormat();
  const [text, setText] = useState("");
  const [lines, setLines] = useState<Line[]>([{ id: 0, kind: "labour", label: "", amount: "" }]);
  const [tried, setTried] = useState(false);
  const ask = useAct("/api/v1/jobs/{job_id}/change-orders", {
    onSuccess: () => {
      onClose();
      toast(say("job-change-asked"));
    },
  });
  const currency = job.order?.currency ?? job.budget.currency;
  const change = (id: number, values: Partial<Line>) =>
    setLines(lines.map((each) => (each.id === id ? { ...each, ...values } : each)));
  const sum = lines.reduce(
    (total, { kind, amount }) => total + (cents(amount) ?? 0) * (kind === "credit" ? -1 : 1),
    0,
  );
  return (
    <>
      <p>{say("job-change-text")}</p>
      {lines.map((line, at) => (
        <fieldset key={line.id} className={css.line}>
          <legend className={css.legend}>{say("job-change-line", { number: at + 1 })}</legend>
          <div className={css.pair}>
            <Select
              label={say("job-change-kind")}
              value={line.kind}
              onChange={(event) => change(line.id, { kind: event.target.value as Kind })}
            >
              {KINDS.map((kind) => (
                <option key={kind} value={kind}>
                  {say(`line-${kind}`)}
                </option>
              ))}
            </Select>
            <AmountField
              label={say(line.kind === "supplies" ? "job-amount-most" : "job-amount")}
              value={line.amount}
              currency={currency}
              onChange={(amount) => change(line.id, { amount })}
              wrong={tried && !cents(line.amount) ? say("job-amount-wrong") : undefined}
            />
          </div>
          <div className={css.lineName}>
            <TextField
              label={say("job-change-label")}
              optional
              value={line.label}
              maxLength={120}
              onChange={(event) => change(line.id, { label: event.target.value })}
            />
            {lines.length > 1 && (
              <IconButton
                label={say("job-change-remove", { number: at + 1 })}
                onClick={() => setLines(lines.filter((each) => each.id !== line.id))}
              >
                <X aria-hidden />
              </IconButton>
            )}
          </div>
        </fieldset>
      ))}
      {lines.length < 10 && (
        <Button
          look="quiet"
          icon={<Plus size={20} aria-hidden />}
          onClick={() =>
            setLines([
              ...lines,
              { id: (lines.at(-1)?.id ?? 0) + 1, kind: "supplies", label: "", amount: "" },
            ])
          }
        >
          {say("job-change-more")}
        </Button>
      )}
      <TextArea
        label={say("job-reason")}
        value={text}
        maxLength={500}
        wrong={tried && !text.trim() ? say("job-reason-missing") : undefined}
        onChange={(event) => setText(event.target.value)}
      />
      <p className={css.sum} role="status">
        {say("job-change-sum", {
          delta: signed(format.money(Math.abs(sum), currency), sum),
          total: format.money((job.order?.total_cents ?? 0) + sum, currency),
        })}
      </p>
      <Wrong error={ask.error} />
      <Button
        busy={ask.isPending}
        onClick={() => {
          setTried(true);
          if (!text.trim() || !lines.every((each) => cents(each.amount))) return;
          ask.mutate({
            path: { job_id: job.id },
            body: {
              text: text.trim(),
              lines: lines.map(({ kind, label, amount }) => ({
                kind,
                amount_cents: (cents(amount) ?? 0) * (kind === "credit" ? -1 : 1),
                ...(label.trim() ? { label: label.trim() } : {}),
              })),
            },
          });
        }}
      >
        {say("job-ask")}
      </Button>
    </>
  );
}

export function signed(money: string, cents: number): string {
  return `${cents < 0 ? "−" : "+"} ${money}`;
}

export function AnswerChange({ job, onClose }: DeedProps) {
  const say = useSay();
  const format = useFormat();
  const agree = useAct("/api/v1/jobs/{job_id}/change-orders/{change_id}/agree", {
    onSuccess: onClose,
  });
  const refuse = useAct("/api/v1/jobs/{job_id}/change-orders/{change_id}/refuse", {
    onSuccess: onClose,
  });
  const asked = job.bill?.changes.find((each) => each.state === "asked");
  if (!asked) return <p>{say("job-nothing-asked")}</p>;
  const path = { job_id: job.id, change_id: asked.id };
  const busy = agree.isPending || refuse.isPending;
  const currency = job.order?.currency ?? job.budget.currency;
  return (
    <>
      <blockquote>{asked.text}</blockquote>
      <Lines lines={asked.lines} currency={currency} />
      <p className={css.sum}>
        {say("job-change-sum", {
          delta: signed(format.money(Math.abs(asked.delta_cents), currency), asked.delta_cents),
          total: format.money((job.order?.total_cents ?? 0) + asked.delta_cents, currency),
        })}
      </p>
      <Wrong error={agree.error ?? refuse.error} />
      <Button busy={busy} onClick={() => agree.mutate({ path })}>
        {say("job-change-agree")}
      </Button>
      <Button look="plain" busy={busy} onClick={() => refuse.mutate({ path })}>
        {say("job-change-refuse")}
      </Button>
    </>
  );
}

export function Supplies({ job, onClose }: DeedProps) {
  const say = useSay();
  const format = useFormat();
  const { language } = useWords();
  const waiting = job.bill?.supplies.filter((each) => each.charged_at === null) ?? [];
  const [line, setLine] = useState(String(waiting[0]?.line ?? 0));
  const one = waiting.find((each) => String(each.line) === line);
  const [amount, setAmount] = useState("");
  const [tried, setTried] = useState(false);
  const charge = useAct("/api/v1/jobs/{job_id}/supplies", { onSuccess: onClose });
  const amountCents = cents(amount);
  const sending = useWithPhotos((photos) =>
    charge.mutateAsync({
      path: { job_id: job.id },
      body: { line: Number(line), amount_cents: amountCents ?? 0, photos },
    }),
  );
  if (!one) return <p>{say("job-supplies-none")}</p>;
  const currency = job.order?.currency ?? job.budget.currency;
  const tooMuch = amountCents !== undefined && amountCents > one.most_cents;
  const noReceipt = !!amountCents && sending.photos.length === 0;
  return (
    <>
      {waiting.length > 1 && (
        <Chips
          label={say("job-supplies-which")}
          choices={waiting.map((each) => ({
            value: String(each.line),
            label: each.label ?? say("line-supplies"),
          }))}
          value={line}
          onChange={setLine}
        />
      )}
      <AmountField
        label={say("job-supplies-amount", { what: one.label ?? say("line-supplies") })}
        hint={say("job-supplies-hint", { most: format.money(one.most_cents, currency) })}
        value={amount}
        currency={currency}
        onChange={setAmount}
        wrong={
          tried && amountCents === undefined
            ? say("job-amount-wrong")
            : tooMuch
              ? say("job-supplies-too-much", {
                  most: written(one.most_cents, language === "fr" ? "," : "."),
                })
              : undefined
        }
      />
      <LabelledPhotos
        label={say("job-supplies-receipt")}
        photos={sending.photos}
        onChange={sending.setPhotos}
        accept="image/*,application/pdf"
      />
      {tried && noReceipt && <Notice tone="clay">{say("job-supplies-receipt-missing")}</Notice>}
      <Wrong error={sending.error} />
      <Button
        busy={sending.busy}
        onClick={() => {
          setTried(true);
          if (amountCents !== undefined && !tooMuch && !noReceipt) sending.send();
        }}
      >
        {say("job-send")}
      </Button>
    </>
  );
}

const METHODS: readonly PaymentBody["method"][] = ["cash", "transfer", "card", "cheque", "other"];

/** Recorded, not moved: the money goes from hand to hand. */
export function Pay({ job, onClose }: DeedProps) {
  const say = useSay();
  const { language } = useWords();
  const owed = job.bill?.owed_cents ?? 0;
  const [amount, setAmount] = useState(() => written(owed, language === "fr" ? "," : "."));
  const [method, setMethod] = useState<PaymentBody["method"]>("cash");
  const [tried, setTried] = useState(false);
  const pay = useAct("/api/v1/jobs/{job_id}/payments", {
    onSuccess: () => {
      onClose();
      toast(say("job-paid-said"));
    },
  });
  const amountCents = cents(amount);
  return (
    <>
      <p>{say(`job-pay-${job.seen_as === "provider" ? "provider" : "resident"}`)}</p>
      <AmountField
        label={say("job-amount")}
        value={amount}
        onChange={setAmount}
        currency={job.budget.currency}
        wrong={tried && !amountCents ? say("job-amount-wrong") : undefined}
      />
      <Chips
        label={say("job-pay-method")}
        choices={METHODS.map((value) => ({ value, label: say(`paid-by-${value}`) }))}
        value={method}
        onChange={setMethod}
      />
      <Wrong error={pay.error} />
      <Button
        busy={pay.isPending}
        onClick={() => {
          setTried(true);
          if (amountCents)
            pay.mutate({ path: { job_id: job.id }, body: { amount_cents: amountCents, method } });
        }}
      >
        {say(job.seen_as === "provider" ? "job-pay-provider-yes" : "job-pay-resident-yes")}
      </Button>
    </>
  );
}

export function AnswerPayment({ job, onClose }: DeedProps) {
  const say = useSay();
  const format = useFormat();
  const agree = useAct("/api/v1/jobs/{job_id}/payments/{payment_id}/agree", {
    onSuccess: onClose,
  });
  const refuse = useAct("/api/v1/jobs/{job_id}/payments/{payment_id}/refuse", {
    onSuccess: onClose,
  });
  const payment = unansweredPayment(job);
  if (!payment) return <p>{say("job-nothing-asked")}</p>;
  const path = { job_id: job.id, payment_id: payment.id };
  const busy = agree.isPending || refuse.isPending;
  return (
    <>
      <p>
        {say(`job-payment-${job.seen_as === "provider" ? "provider" : "resident"}`, {
          name: otherName(job),
          money: format.money(payment.amount_cents, payment.currency),
          method: say(`paid-by-${payment.method}`),
        })}
      </p>
      <Wrong error={agree.error ?? refuse.error} />
      <Button busy={busy} onClick={() => agree.mutate({ path })}>
        {say("job-payment-agree")}
      </Button>
      <Button look="plain" busy={busy} onClick={() => refuse.mutate({ path })}>
        {say("job-payment-refuse")}
      </Button>
    </>
  );
}

export function otherName(job: JobAnswer): string {
  const other = job.seen_as === "resident" ? job.provider : job.resident;
  return other?.display_name ?? "";
}
