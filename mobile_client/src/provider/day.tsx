/** Today and the days after it: where to be, when, and what to do next. Readable offline. */
import { CalendarDays, Navigation, Route } from "lucide-react";

import { api } from "~/api/client";
import { useCategoryName, useMarket } from "~/api/known";
import { ButtonLink } from "~/ui/controls";
import { Badge } from "~/ui/marks";
import { Card, Empty, Failure, Page, Section, Skeleton, useNow, useOnline } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { dateOf, daysOf, dueOf, routeTo, travelMinutes, type Visit } from "./visits";
import css from "./provider.module.css";

export default function DayPage() {
  const say = useSay();
  const now = useNow(30);
  const online = useOnline();
  const { data, error, refetch, dataUpdatedAt } = api.useQuery(
    "get",
    "/api/v1/jobs",
    { params: { query: { state: ["assigned", "in_progress"], limit: 100 } } },
    { refetchInterval: 30_000, meta: { keep: true } },
  );
  const zone = useMarket(data?.items[0]?.market)?.time_zone;
  const format = useFormat(zone);
  const days = daysOf(data?.items ?? [], zone);
  const today = dateOf(now, zone);
  const tomorrow = dateOf(new Date(now.getTime() + 24 * 3600 * 1000), zone);
  return (
    <Page title={say("day-title")}>
      {!data && (error ? <Failure error={error} again={refetch} /> : <Skeleton height="8rem" />)}
      {data && !online && (
        <p className={css.muted} role="status">
          {say("day-kept", { time: format.dayAndHour(new Date(dataUpdatedAt)) })}
        </p>
      )}
      {data && days.length === 0 && (
        <Empty
          mark={<CalendarDays size={32} />}
          title={say("day-none-title")}
          action={<ButtonLink to="/offers">{say("offer-back-to-list")}</ButtonLink>}
        >
          {say("day-none-text")}
        </Empty>
      )}
      {days.length > 0 && days.every((day) => day.date !== today) && (
        <Section title={say("day-today")}>
          <p className={css.muted}>{say("day-none-today")}</p>
        </Section>
      )}
      {days.map((day) => (
        <Section
          key={day.date}
          title={
            day.date === today
              ? say("day-today")
              : day.date === tomorrow
                ? say("day-tomorrow")
                : format.longDay(day.visits[0]?.startsAt ?? now)
          }
        >
          <ol className={css.visits}>
            {day.visits.map((visit) => (
              <li key={visit.job.id}>
                <VisitCard visit={visit} zone={zone} now={now} />
              </li>
            ))}
          </ol>
        </Section>
      ))}
    </Page>
  );
}

function VisitCard({ visit, zone, now }: { visit: Visit; zone: string | undefined; now: Date }) {
  const say = useSay();
  const format = useFormat(zone);
  const category = useCategoryName();
  const { job } = visit;
  const due = dueOf(job, now);
  const place = job.location?.coordinates;
  const working = job.state === "in_progress";
  return (
    <>
      <Card>
        <div className={css.visitHead}>
          <strong className={css.visitHour}>
            {format.hour(visit.startsAt)} {"–"} {format.hour(visit.endsAt)}
          </strong>
          {working && <Badge tone="green">{say("day-now")}</Badge>}
        </div>
        <div>
          <h3>{job.title}</h3>
          <p className={css.muted}>
            {category(job.category)} {"·"} {say("day-for", { name: job.resident.display_name })}
          </p>
          {job.address && <p>{job.address}</p>}
        </div>
        <div className={css.adders}>
          <ButtonLink to={`/jobs/${job.id}`} look={due ? "main" : "plain"}>
            {say(due ? `day-action-${due}` : "day-open")}
          </ButtonLink>
          {place && !working && (
            <a
              className={css.route}
              href={routeTo(place[0] ?? 0, place[1] ?? 0, navigator.userAgent)}
              target="_blank"
              rel="noreferrer"
            >
              <Navigation size={20} aria-hidden />
              {say("day-route")}
            </a>
          )}
          {working && (
            <ButtonLink look="plain" to={`/jobs/${job.id}#check-in`}>
              {say("day-check-in")}
            </ButtonLink>
          )}
        </div>
      </Card>
      {visit.onwardM !== undefined && (
        <p className={css.travel}>
          <Route size={18} aria-hidden />
          {say("day-travel", {
            distance: format.distance(visit.onwardM),
            time: format.minutes(travelMinutes(visit.onwardM)),
          })}
        </p>
      )}
    </>
  );
}
