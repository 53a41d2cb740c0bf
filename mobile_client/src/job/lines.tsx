/** Items of an order or of a change, each with what it is and what it costs. */
import type { PriceLine } from "~/api/schema";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./job.module.css";

export function Lines({
  lines,
  currency,
  total,
}: {
  lines: readonly PriceLine[];
  currency: string;
  total?: { label: string; cents: number } | undefined;
}) {
  const say = useSay();
  const format = useFormat();
  return (
    <dl className={css.lines}>
      {lines.map((line, at) => (
        <div key={at}>
          <dt>
            {say(`line-${line.kind}`)}
            <Detail line={line} currency={currency} />
          </dt>
          <dd>{format.money(line.amount_cents, currency)}</dd>
        </div>
      ))}
      {total && (
        <div className={css.total}>
          <dt>{total.label}</dt>
          <dd>{format.money(total.cents, currency)}</dd>
        </div>
      )}
    </dl>
  );
}

function Detail({ line, currency }: { line: PriceLine; currency: string }) {
  const say = useSay();
  const format = useFormat();
  const parts = [
    line.label,
    line.minutes !== null && line.unit_cents !== null
      ? say("line-hours", {
          time: format.minutes(line.minutes),
          rate: format.money(line.unit_cents, currency),
        })
      : line.minutes !== null && format.minutes(line.minutes),
    line.because && say(`line-because-${line.because}`),
    line.percent !== null && format.percent(line.percent / 100),
    line.most_cents !== null && say("line-most", { most: format.money(line.most_cents, currency) }),
  ].filter((part) => typeof part === "string" && part !== "");
  return parts.length > 0 ? <small>{parts.join(" · ")}</small> : null;
}
