/** What can be earned: offers that wait, then open jobs in reach. */
import { CalendarCheck, Inbox, UserRoundPlus } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";

import { api } from "~/api/client";
import { useCategory } from "~/api/known";
import type { OfferAnswer, OpenJobAnswer } from "~/api/schema";
import { type LonLat, Map } from "~/map";
import { AskForPushes } from "~/push/ask";
import { ButtonLink, Chips, Switch } from "~/ui/controls";
import { Ring } from "~/ui/marks";
import {
  Card,
  Empty,
  Failure,
  Notice,
  Page,
  Section,
  Skeleton,
  useNow,
  Wrong,
} from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { useMine } from "./mine";
import { NetMoney } from "./offer-facts";
import { countdown, leftOf, stageOf } from "./offer-state";
import { setOnDuty, usePresence } from "./presence";
import css from "./provider.module.css";
import { useZone } from "./zone";

export default function Offers() {
  const say = useSay();
  const profile = useMine("profile");
  if (profile.data === null) {
    return (
      <Page title={say("offers-title")}>
        <Empty
          mark={<UserRoundPlus size={32} />}
          title={say("offers-no-profile-title")}
          action={<ButtonLink to="/profile">{say("offers-no-profile-go")}</ButtonLink>}
        >
          {say("offers-no-profile-text")}
        </Empty>
      </Page>
    );
  }
  return (
    <Page title={say("offers-title")}>
      <Duty />
      {profile.data?.value.calendar_confirmed === false && <ConfirmHours />}
      <Waiting />
      <AskForPushes reason="provider" />
      <OpenJobs base={profile.data?.value.base.coordinates as LonLat | undefined} />
    </Page>
  );
}

function Duty() {
  const say = useSay();
  const presence = usePresence();
  const says =
    presence.locating === "denied" ||
    presence.locating === "unknown" ||
    presence.locating === "finding"
      ? say(`duty-${presence.locating}`)
      : undefined;
  return (
    <Card label={say("duty")}>
      <Switch
        label={say("duty")}
        hint={say(presence.on ? "duty-on" : "duty-off")}
        checked={presence.on}
        disabled={presence.busy}
        onChange={(on) => void setOnDuty(on)}
      />
      {presence.on && says && (
        <p className={css.muted} role="status">
          {says}
        </p>
      )}
      <Wrong error={presence.error} />
    </Card>
  );
}

function ConfirmHours() {
  const say = useSay();
  return (
    <Notice tone="sun">
      <p>
        <strong>{say("offers-calendar-title")}</strong>
      </p>
      <p>{say("offers-calendar-text")}</p>
      <ButtonLink look="plain" to="/calendar" icon={<CalendarCheck size={20} aria-hidden />}>
        {say("offers-calendar-go")}
      </ButtonLink>
    </Notice>
  );
}

function Waiting() {
  const say = useSay();
  const now = useNow(1);
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/offers",
    { params: { query: { state: ["sent", "seen", "quoted"] } } },
    { refetchInterval: 5_000, meta: { keep: true } },
  );
  if (!data) return error ? <Failure error={error} again={refetch} /> : <Skeleton height="9rem" />;
  const live = data.items.filter((each) => {
    const stage = stageOf(each, now);
    return stage === "take" || stage === "quote" || stage === "counter";
  });
  const named = data.items.filter((each) => stageOf(each, now) === "quoted");
  const asked = data.items.filter(
    (each) => each.stand_by_asked_at !== null && each.stands_by === null && !live.includes(each),
  );
  return (
    <>
      <p className="unseen" role="status">
        {say("offers-live", { count: live.length })}
      </p>
      {[...live, ...asked].map((each) => (
        <OfferCard key={each.id} offer={each} now={now} />
      ))}
      {live.length + asked.length === 0 && <Nobody />}
      {named.length > 0 && (
        <Section title={say("offers-quoted")}>
          {named.map((each) => (
            <OfferCard key={each.id} offer={each} now={now} />
          ))}
        </Section>
      )}
    </>
  );
}

function Nobody() {
  const say = useSay();
  return (
    <Empty
      mark={<Inbox size={32} />}
      title={say("offers-none-title")}
      action={
        <div className={css.adders}>
          <ButtonLink look="plain" to="/profile/reach">
            {say("offers-widen")}
          </ButtonLink>
          <ButtonLink look="plain" to="/profile">
            {say("offers-add-skills")}
          </ButtonLink>
        </div>
      }
    >
      {say("offers-none-text")} {say("offers-pause")}
    </Empty>
  );
}

function OfferCard({ offer, now }: { offer: OfferAnswer; now: Date }) {
  const say = useSay();
  const zone = useZone();
  const format = useFormat(zone);
  const category = useCategory(offer.job.category);
  const { seconds, share } = leftOf(offer, now);
  const left = countdown(seconds);
  const text = left.unit === "days" ? say("offer-days", { days: Number(left.value) }) : left.value;
  return (
    <Link className={css.offer} to={`/offers/${offer.id}`}>
      <div className={css.offerText}>
        <h2>{offer.job.title}</h2>
        <p className={css.muted}>{category?.name ?? offer.job.category}</p>
      </div>
      <Ring left={share} size={64}>
        <span className={css.ringText} aria-hidden>
          {text}
        </span>
        <span className="unseen">{say("offer-left", { time: text })}</span>
      </Ring>
      <div className={css.offerMore}>
        <NetMoney price={offer.price} />
        <p>
          <strong>{zone ? format.span(offer.starts_at, offer.ends_at) : "…"}</strong>
        </p>
        <p>{say("offer-distance", { distance: format.distance(offer.distance_m) })}</p>
      </div>
    </Link>
  );
}

function OpenJobs({ base }: { base: LonLat | undefined }) {
  const say = useSay();
  const [way, setWay] = useState<"list" | "map">("list");
  const [shown, setShown] = useState<string | undefined>(undefined);
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/providers/me/open-jobs",
    {},
    { refetchInterval: 30_000 },
  );
  const jobs = data?.items ?? [];
  return (
    <Section
      title={say("offers-open")}
      action={
        jobs.length > 0 && (
          <Chips
            label={say("offers-open-show")}
            value={way}
            onChange={setWay}
            choices={[
              { value: "list", label: say("offers-as-list") },
              { value: "map", label: say("offers-as-map") },
            ]}
          />
        )
      }
    >
      {!data && (error ? <Failure error={error} again={refetch} /> : <Skeleton lines={2} />)}
      {data && jobs.length === 0 && <p className={css.muted}>{say("offers-open-none")}</p>}
      {jobs.length > 0 && <p className={css.muted}>{say("offers-open-text")}</p>}
      {jobs.length > 0 && way === "map" && base && (
        <>
          <Map
            label={say("offers-map")}
            centre={base}
            height="22rem"
            fit={jobs.map((job) => job.job_id).join()}
            pins={[
              { id: "base", at: base, label: say("first-base-map"), look: "here" },
              ...jobs.map((job) => ({
                id: job.job_id,
                at: job.approximate_place.coordinates as LonLat,
                label: job.job.title,
                onPress: () => setShown(job.job_id),
              })),
            ]}
          />
          {jobs
            .filter((job) => job.job_id === shown)
            .map((job) => (
              <div key={job.job_id} role="status">
                <OpenJob open={job} />
              </div>
            ))}
        </>
      )}
      {jobs.length > 0 && way === "list" && (
        <ul className={css.stack}>
          {jobs.map((job) => (
            <li key={job.job_id}>
              <OpenJob open={job} />
            </li>
          ))}
        </ul>
      )}
      {jobs.length > 0 && <p className={css.muted}>{say("offers-open-hint")}</p>}
    </Section>
  );
}

function OpenJob({ open }: { open: OpenJobAnswer }) {
  const say = useSay();
  const zone = useZone();
  const format = useFormat(zone);
  const category = useCategory(open.job.category);
  return (
    <Card>
      <div>
        <h3>{open.job.title}</h3>
        <p className={css.muted}>{category?.name ?? open.job.category}</p>
      </div>
      <p>
        {zone ? format.span(open.starts_at, open.ends_at) : "…"} {"·"}{" "}
        {say("offer-distance", { distance: format.distance(open.distance_m) })}
      </p>
    </Card>
  );
}
