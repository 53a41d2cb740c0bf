/** What the job is: its words, pictures, place, hours and price. */
import { CalendarClock, Hourglass, ListChecks, MapPin, Tag, Wallet, Wrench } from "lucide-react";

import { useCategory, useCategoryName, useMarket } from "~/api/known";
import type { JobAnswer } from "~/api/schema";
import { type LonLat, Map } from "~/map";
import { Facts } from "~/ui/marks";
import { Photos } from "~/ui/photos";
import { Card, Section } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./job.module.css";

/** A square kilometre's middle stands for all of it. */
const ABOUT_M = 600;

export function JobFacts({ job }: { job: JobAnswer }) {
  const say = useSay();
  const market = useMarket(job.market);
  const format = useFormat(market?.time_zone);
  const name = useCategoryName();
  const category = useCategory(job.category);
  const needs = job.needs.map(
    (slug) => category?.brief_template.tools.find((tool) => tool.slug === slug)?.name ?? slug,
  );
  const text = typeof job.brief["text"] === "string" ? job.brief["text"] : "";
  return (
    <>
      <Section title={say("job-facts")}>
        <Card>
          {text && <p className={css.said}>{text}</p>}
          {job.brief_read.tasks.length > 0 && (
            <ul className={css.tasks}>
              {job.brief_read.tasks.map((task) => (
                <li key={task.id}>{task.label}</li>
              ))}
            </ul>
          )}
          <Photos photos={job.photos} label={say("job-photos")} />
          {job.brief_read.answers.length > 0 && (
            <dl className={css.answers}>
              {job.brief_read.answers
                .filter((each) => each.photos.length === 0)
                .map((each) => (
                  <div key={each.id}>
                    <dt>{each.question}</dt>
                    <dd>
                      {each.answer}
                      {each.unit && ` ${each.unit}`}
                    </dd>
                  </div>
                ))}
            </dl>
          )}
          <Facts
            facts={[
              { name: say("job-kind"), sign: <Tag size={20} />, value: name(job.category) },
              {
                name: say("job-window"),
                sign: <CalendarClock size={20} />,
                value:
                  job.starts_at && job.ends_at
                    ? format.span(job.starts_at, job.ends_at)
                    : format.span(job.window.from, job.window.to),
                detail: job.starts_at ? undefined : say(`job-urgency-${job.urgency}`),
              },
              {
                name: say("job-duration"),
                sign: <Hourglass size={20} />,
                value: format.minutes(job.duration_minutes),
              },
              { name: say("job-price"), sign: <Wallet size={20} />, ...price(job) },
              needs.length > 0 && {
                name: say("job-needs"),
                sign: <Wrench size={20} />,
                value: needs.join(", "),
              },
              job.state === "open" && {
                name: say("job-mode"),
                sign: <ListChecks size={20} />,
                value: say(`job-mode-${job.mode}`),
              },
              job.seen_as !== "provider" &&
                job.address !== null && {
                  name: say("job-address"),
                  sign: <MapPin size={20} />,
                  value: job.address || say("job-no-address"),
                  detail: job.access_notes,
                },
            ]}
          />
        </Card>
      </Section>
      <Place job={job} />
    </>
  );

  function price(of: JobAnswer): { value: string; detail?: string } {
    if (of.order?.total_cents != null) {
      const value = format.money(of.order.total_cents, of.order.currency);
      return of.seen_as === "provider" && of.order.net_cents !== null
        ? {
            value,
            detail: say("job-net", { net: format.money(of.order.net_cents, of.order.currency) }),
          }
        : { value };
    }
    if (of.budget.amount_cents === null) return { value: say("job-budget-quotes") };
    const amount = format.money(of.budget.amount_cents, of.budget.currency);
    return { value: of.budget.kind === "hourly" ? say("job-budget-hourly", { amount }) : amount };
  }
}

function Place({ job }: { job: JobAnswer }) {
  const say = useSay();
  const exact = job.location?.coordinates as LonLat | undefined;
  const about = job.approximate_place.coordinates as LonLat;
  return (
    <Section title={say("job-where")}>
      {exact ? (
        <Map
          label={say("job-where-map")}
          centre={exact}
          zoom={14}
          pins={[{ id: "job", at: exact, label: job.address || job.title, look: "job" }]}
          height="13rem"
          still
        />
      ) : (
        <Map
          label={say("job-where-about")}
          centre={about}
          zoom={13}
          circle={{ centre: about, radiusM: ABOUT_M }}
          height="13rem"
          still
        />
      )}
      {!exact && <p className={css.small}>{say("job-where-about")}</p>}
    </Section>
  );
}
