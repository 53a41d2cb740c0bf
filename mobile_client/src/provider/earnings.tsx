/** What was earned, how one stands, and papers for the books. */
import { Download, TrendingUp } from "lucide-react";
import { useState } from "react";

import { api, authorised, SERVER } from "~/api/client";
import { useCategoryName } from "~/api/known";
import { Refused } from "~/api/problem";
import type { DashboardAnswer, MonthAnswer, Problem, StandingAnswer } from "~/api/schema";
import { Button, Chips } from "~/ui/controls";
import { Badge } from "~/ui/marks";
import {
  Card,
  Failure,
  List,
  Page,
  Row,
  Section,
  Sheet,
  Skeleton,
  useNow,
  Wrong,
} from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { dateOf } from "./visits";
import css from "./provider.module.css";
import { useZone } from "./zone";

type By = "day" | "week";
const WEEKS_MS = 12 * 7 * 24 * 3600 * 1000;

export default function Earnings() {
  const say = useSay();
  return (
    <Page title={say("earnings-title")}>
      <Figures />
      <Standing />
      <Statements />
    </Page>
  );
}

function Figures() {
  const say = useSay();
  const zone = useZone();
  const [by, setBy] = useState<By>("day");
  const now = useNow(3600);
  const query =
    by === "day"
      ? { by }
      : {
          by,
          from: dateOf(new Date(now.getTime() - WEEKS_MS), zone),
          to: dateOf(now, zone),
        };
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/providers/me/dashboard",
    { params: { query } },
    { meta: { keep: true } },
  );
  return (
    <>
      <Chips
        label={say("earnings-period")}
        value={by}
        onChange={setBy}
        choices={[
          { value: "day", label: say("earnings-by-day") },
          { value: "week", label: say("earnings-by-week") },
        ]}
      />
      {data ? (
        <Sums data={data} />
      ) : error ? (
        <Failure error={error} again={refetch} />
      ) : (
        <Skeleton height="7rem" />
      )}
    </>
  );
}

function Sums({ data }: { data: DashboardAnswer }) {
  const say = useSay();
  const format = useFormat();
  const money = (cents: number) => format.money(cents, data.currency);
  const small: [string, string][] = [
    [say("earnings-hours"), format.minutes(data.worked_minutes)],
    [
      say("earnings-per-hour"),
      data.earned_per_hour_cents === null ? "–" : money(data.earned_per_hour_cents),
    ],
    [say("earnings-total"), money(data.earnings.total_cents)],
    [say("earnings-fees"), money(data.earnings.platform_fee_cents)],
    [say("earnings-trips"), money(data.earnings.trip_cents)],
    [say("earnings-received"), money(data.earnings.received_cents)],
  ];
  return (
    <Card label={say("earnings-earned")}>
      <div>
        <p className={css.net}>
          <strong>{money(data.earnings.earned_cents)}</strong> <span>{say("earnings-earned")}</span>
        </p>
        <p className={css.muted}>{say("earnings-earned-hint")}</p>
      </div>
      <Bars data={data} />
      <dl className={css.figures}>
        {small.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={css.muted}>
        {say("earnings-offers", {
          received: data.offers.received,
          answered: data.offers.answered,
          won: data.offers.won,
        })}
      </p>
    </Card>
  );
}

const WIDTH = 320;
const HEIGHT = 120;

/** Bars to look at, and the same figures in a table for whoever cannot. */
function Bars({ data }: { data: DashboardAnswer }) {
  const say = useSay();
  const format = useFormat();
  const most = Math.max(0, ...data.series.map((each) => each.earned_cents));
  if (most === 0) return <p className={css.muted}>{say("earnings-none")}</p>;
  const step = WIDTH / data.series.length;
  // The days are dates of the market: noon of UTC is the same date in any zone we work in.
  const name = (date: string) => format.day(`${date}T12:00:00Z`, "UTC");
  return (
    <figure className={css.chart}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={say("earnings-chart")}>
        <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
        {data.series.map((each, at) => {
          const height = (Math.max(0, each.earned_cents) / most) * (HEIGHT - 8);
          return (
            <rect
              key={each.from}
              x={at * step + step * 0.12}
              width={step * 0.76}
              y={HEIGHT - height}
              height={height}
              rx={Math.min(3, step / 4)}
            >
              <title>
                {name(each.from)} {"·"} {format.money(each.earned_cents, data.currency)}
              </title>
            </rect>
          );
        })}
      </svg>
      <div className={css.axis} aria-hidden>
        <span>{name(data.from)}</span>
        <span>{format.money(most, data.currency)}</span>
        <span>{name(data.to)}</span>
      </div>
      <details className={css.fold}>
        <summary>{say("earnings-table")}</summary>
        <div className={css.scroll}>
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">{say("earnings-when")}</th>
                <th scope="col">{say("earnings-earned")}</th>
                <th scope="col">{say("earnings-jobs")}</th>
                <th scope="col">{say("earnings-hours")}</th>
              </tr>
            </thead>
            <tbody>
              {data.series
                .filter((each) => each.earned_cents !== 0 || each.worked_minutes !== 0)
                .map((each) => (
                  <tr key={each.from}>
                    <th scope="row">{name(each.from)}</th>
                    <td>{format.money(each.earned_cents, data.currency)}</td>
                    <td>{each.completed}</td>
                    <td>{format.minutes(each.worked_minutes)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

function Standing() {
  const say = useSay();
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/providers/me/standing",
    {},
    { meta: { keep: true } },
  );
  return (
    <Section title={say("standing-title")}>
      {data ? (
        <Level data={data} />
      ) : error ? (
        <Failure error={error} again={refetch} />
      ) : (
        <Skeleton lines={2} />
      )}
    </Section>
  );
}

function Level({ data }: { data: StandingAnswer }) {
  const say = useSay();
  const format = useFormat();
  const value = (name: string, number: number | null) =>
    number === null
      ? say("standing-none")
      : name === "rating"
        ? `${format.decimal(number, 2)} / 5`
        : name === "response-time"
          ? format.minutes(number)
          : format.percent(number);
  return (
    <>
      <Card>
        <div className={css.visitHead}>
          <strong className={css.level}>
            <TrendingUp aria-hidden />
            {say("standing-level", { level: data.level })}
          </strong>
          <Badge tone="green">{say("standing-finished", { count: data.finished })}</Badge>
        </div>
        {data.missing.length > 0 ? (
          <div>
            <h3>{say("standing-missing")}</h3>
            <ul className={css.bullets}>
              {data.missing.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          </div>
        ) : (
          <p>{say("standing-top")}</p>
        )}
        {data.response_badge && <Badge>{data.response_badge.says}</Badge>}
      </Card>
      <h3>{say("standing-figures")}</h3>
      <div className={css.stack}>
        {data.figures.map((figure) => (
          <details key={figure.name} className={css.figure}>
            <summary>
              <span>{say(`standing-${figure.name}`)}</span>
              <strong>{value(figure.name, figure.value)}</strong>
            </summary>
            <p>{figure.says}</p>
            <p>{figure.changes}</p>
            <p className={css.muted}>{figure.ranking}</p>
          </details>
        ))}
      </div>
      <p className={css.muted}>{data.declines}</p>
    </>
  );
}

function monthName(month: string): string {
  return `${month}-15T12:00:00Z`;
}

function Statements() {
  const say = useSay();
  const format = useFormat();
  const [open, setOpen] = useState<MonthAnswer | undefined>(undefined);
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/providers/me/statements",
    {},
    { meta: { keep: true } },
  );
  return (
    <Section title={say("statements-title")}>
      {!data && (error ? <Failure error={error} again={refetch} /> : <Skeleton lines={2} />)}
      {data?.items.length === 0 && <p className={css.muted}>{say("statements-none")}</p>}
      {data && data.items.length > 0 && (
        <List label={say("statements-title")}>
          {data.items.map((each) => (
            <Row
              key={each.month + each.currency}
              title={format.month(monthName(each.month), "UTC")}
              detail={say("statements-jobs", { count: each.jobs })}
              end={<strong>{format.money(each.net_cents, each.currency)}</strong>}
              onPress={() => setOpen(each)}
            />
          ))}
        </List>
      )}
      <Sheet
        title={open ? format.month(monthName(open.month), "UTC") : say("statements-title")}
        open={open !== undefined}
        onClose={() => setOpen(undefined)}
      >
        {open && <Statement month={open.month} />}
      </Sheet>
    </Section>
  );
}

function Statement({ month }: { month: string }) {
  const say = useSay();
  const format = useFormat();
  const category = useCategoryName();
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/providers/me/statements/{month}",
    { params: { path: { month } } },
    { meta: { keep: true } },
  );
  if (!data) return error ? <Failure error={error} again={refetch} /> : <Skeleton />;
  return (
    <>
      {data.totals.map((each) => (
        <dl key={each.currency} className={css.figures}>
          <div>
            <dt>{say("earnings-earned")}</dt>
            <dd>{format.money(each.earned_cents, each.currency)}</dd>
          </div>
          <div>
            <dt>{say("earnings-total")}</dt>
            <dd>{format.money(each.total_cents, each.currency)}</dd>
          </div>
          <div>
            <dt>{say("earnings-fees")}</dt>
            <dd>{format.money(each.platform_fee_cents, each.currency)}</dd>
          </div>
          <div>
            <dt>{say("earnings-received")}</dt>
            <dd>{format.money(each.received_cents, each.currency)}</dd>
          </div>
        </dl>
      ))}
      <List label={say("statements-title")}>
        {data.lines.map((line) => (
          <Row
            key={line.job_id + line.kind}
            title={line.title || category(line.category)}
            detail={[
              format.day(`${line.date}T12:00:00Z`, "UTC"),
              line.kind === "cancellation" ? say("statements-cancellation") : "",
              say(`statements-paid-${line.payment}`),
            ]
              .filter(Boolean)
              .join(" · ")}
            end={<strong>{format.money(line.net_cents, line.currency)}</strong>}
            to={`/jobs/${line.job_id}`}
          />
        ))}
      </List>
      <div className={css.twoButtons}>
        <Save month={month} kind="pdf" />
        <Save month={month} kind="csv" />
      </div>
    </>
  );
}

/** A link cannot carry who is signed in: the file is fetched, then handed to the device. */
function Save({ month, kind }: { month: string; kind: "csv" | "pdf" }) {
  const say = useSay();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  async function save() {
    setBusy(true);
    setError(undefined);
    try {
      const response = await authorised(
        new Request(`${SERVER || location.origin}/api/v1/providers/me/statements/${month}.${kind}`),
      );
      if (!response.ok) throw new Refused((await response.json()) as Problem);
      const url = URL.createObjectURL(await response.blob());
      const link = document.createElement("a");
      link.href = url;
      link.download = `jobbing-${month}.${kind}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className={css.stack}>
      <Button look="plain" busy={busy} icon={<Download size={20} aria-hidden />} onClick={save}>
        {say(`statements-${kind}`)}
      </Button>
      <Wrong error={error} />
    </div>
  );
}
