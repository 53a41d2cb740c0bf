/** What decides an offer, in three seconds at arm's length: what, for how much, when, how far. */
import { CalendarClock, MapPin } from "lucide-react";

import { useCategory } from "~/api/known";
import type { OfferAnswer, Price, PriceLine } from "~/api/schema";
import { Badge, Facts } from "~/ui/marks";
import { Notice } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { useZone } from "./zone";
import css from "./provider.module.css";

export function OfferFacts({ offer }: { offer: OfferAnswer }) {
  const say = useSay();
  const category = useCategory(offer.job.category);
  return (
    <div className={css.facts}>
      <div>
        <p className={css.kind}>
          {category?.name ?? offer.job.category}
          {offer.job.urgency === "now" && <Badge tone="sun">{say("offer-urgency-now")}</Badge>}
        </p>
        <p className={css.jobTitle}>{offer.job.title}</p>
      </div>
      <NetMoney price={offer.price} />
      <WhenAndWhere
        startsAt={offer.starts_at}
        endsAt={offer.ends_at}
        minutes={offer.job.duration_minutes}
        distanceM={offer.distance_m}
      />
      {offer.outside_hours && (
        <Notice tone="sun">
          <p>{say("offer-outside-hours")}</p>
        </Notice>
      )}
    </div>
  );
}

/** What is left after fees and the trip; the resident's total only beside it. */
export function NetMoney({ price }: { price: Price }) {
  const say = useSay();
  const format = useFormat();
  if (price.net_cents === null) {
    return <p className={css.quoteAsked}>{say("offer-net-none")}</p>;
  }
  const total = price.total_cents;
  return (
    <p className={css.net}>
      <strong>{format.money(price.net_cents, price.currency)}</strong>{" "}
      <span>
        {say("offer-net")}
        {total !== null && total !== price.net_cents && (
          <small>{say("offer-gross", { total: format.money(total, price.currency) })}</small>
        )}
      </span>
    </p>
  );
}

export function WhenAndWhere({
  startsAt,
  endsAt,
  minutes,
  distanceM,
}: {
  startsAt: string;
  endsAt: string;
  minutes: number;
  distanceM: number;
}) {
  const say = useSay();
  const zone = useZone();
  const format = useFormat(zone);
  return (
    <div className={css.large}>
      <Facts
        facts={[
          {
            name: say("offer-when"),
            sign: <CalendarClock size={24} />,
            value: <strong>{zone ? format.span(startsAt, endsAt) : "…"}</strong>,
            detail: say("offer-lasts", { time: format.minutes(minutes) }),
          },
          {
            name: say("offer-where"),
            sign: <MapPin size={24} />,
            value: (
              <strong>{say("offer-distance", { distance: format.distance(distanceM) })}</strong>
            ),
          },
        ]}
      />
    </div>
  );
}

export function PriceLines({ price }: { price: Price }) {
  const say = useSay();
  const format = useFormat();
  const trip = price.lines
    .filter((line) => line.kind === "call-out")
    .reduce((all, line) => all + line.amount_cents, 0);
  return (
    <>
      <dl className={css.lines}>
        {price.lines.map((line, at) => (
          <div key={at}>
            <dt>
              <LineName line={line} />
              {line.kind === "labour" && line.minutes !== null && line.unit_cents !== null && (
                <small>
                  {say("price-hourly", {
                    time: format.minutes(line.minutes),
                    rate: format.money(line.unit_cents, price.currency),
                  })}
                </small>
              )}
            </dt>
            <dd>{format.money(line.amount_cents, price.currency)}</dd>
          </div>
        ))}
        {(price.platform_fee_cents ?? 0) > 0 && (
          <div>
            <dt>{say("offer-fee")}</dt>
            <dd>{format.money(-(price.platform_fee_cents ?? 0), price.currency)}</dd>
          </div>
        )}
        {price.net_cents !== null && (
          <div data-sum>
            <dt>{say("offer-net")}</dt>
            <dd>{format.money(price.net_cents, price.currency)}</dd>
          </div>
        )}
      </dl>
      {trip > 0 && (
        <p className={css.muted}>
          {say("offer-trip", { trip: format.money(trip, price.currency) })}
        </p>
      )}
    </>
  );
}

function LineName({ line }: { line: PriceLine }) {
  const say = useSay();
  return (
    <>
      {say(`price-${line.kind}`)}
      {line.label && <small>{line.label}</small>}
    </>
  );
}
