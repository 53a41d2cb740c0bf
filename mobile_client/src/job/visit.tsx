/** What is to come: who, when, the code at the door, and whoever is on the way. */
import { CalendarClock, Check, MapPin, Navigation, Undo2, UserRoundPen } from "lucide-react";
import { useEffect, useState } from "react";
import { Link } from "react-router";

import { useAct } from "~/api/act";
import { api, server } from "~/api/client";
import { useMarket } from "~/api/known";
import type { JobAnswer } from "~/api/schema";
import { type LonLat, Map, type Pin } from "~/map";
import { Button } from "~/ui/controls";
import { Avatar, Badge } from "~/ui/marks";
import { Card, Confirm, Notice, Section, useNow, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./job.module.css";
import { asksForSubstitute, type Deed, undoLeft } from "./next";

const ON_THE_WAY_MS = 5_000;

export function Visit({ job, onDeed }: { job: JobAnswer; onDeed: (deed: Deed) => void }) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  if (job.starts_at === null || job.ends_at === null) return null;
  return (
    <>
      <Undo job={job} />
      <Asked job={job} onDeed={onDeed} />
      <Card label={say("job-visit")}>
        <p className={css.when}>
          <strong>{format.longDay(job.starts_at)}</strong>
          <span>
            {format.hour(job.starts_at)} – {format.hour(job.ends_at)}
          </span>
        </p>
        <People job={job} />
        {job.seen_as === "provider" && <Where job={job} />}
        {job.seen_as === "provider" && job.who_comes?.name !== job.provider?.display_name && (
          <p className={css.small}>{say("job-who-comes", { name: job.who_comes?.name ?? "" })}</p>
        )}
        <Standing job={job} />
      </Card>
      {job.seen_as === "resident" && job.visit?.start_code && (
        <StartCode code={job.visit.start_code} />
      )}
      {job.on_my_way_at !== null && job.seen_as === "resident" && <Arriving job={job} />}
      {job.on_my_way_at !== null && job.seen_as === "provider" && <Sharing job={job} />}
    </>
  );
}

/** Whoever is on the other side, and who comes in person where that is somebody else. */
export function People({ job }: { job: JobAnswer }) {
  const say = useSay();
  const other = job.seen_as === "resident" ? job.provider : job.resident;
  if (!other) return null;
  const comes = job.who_comes && job.who_comes.name !== job.provider?.display_name;
  const name = <strong>{other.display_name}</strong>;
  return (
    <div className={css.person}>
      <Avatar name={other.display_name} />
      <span>
        {job.seen_as === "resident" ? (
          <Link to={`/providers/${other.id}`} className={css.personLink}>
            {name}
          </Link>
        ) : (
          name
        )}
        {comes && job.seen_as !== "provider" && (
          <small>{say("job-who-comes", { name: job.who_comes?.name ?? "" })}</small>
        )}
      </span>
    </div>
  );
}

/** Whether both have said that it stands. */
function Standing({ job }: { job: JobAnswer }) {
  const say = useSay();
  if (job.state !== "assigned" || !job.visit) return null;
  return (
    <p className={css.badges}>
      {job.on_my_way_at !== null ? (
        <Badge tone="green" icon={<Navigation size={15} aria-hidden />}>
          {say("job-on-the-way")}
        </Badge>
      ) : job.visit.provider_confirmed_at !== null && job.visit.confirmed ? (
        <Badge tone="green" icon={<Check size={15} aria-hidden />}>
          {say("job-confirmed-provider")}
        </Badge>
      ) : (
        !job.visit.confirmed && (
          <Badge tone="sun" icon={<CalendarClock size={15} aria-hidden />}>
            {say("job-confirm-awaited")}
          </Badge>
        )
      )}
      {job.visit.resident_confirmed_at !== null && (
        <Badge tone="green" icon={<Check size={15} aria-hidden />}>
          {say("job-confirmed-resident")}
        </Badge>
      )}
    </p>
  );
}

export function routes([lon, lat]: LonLat): {
  name: "apple" | "google" | "osm" | "geo";
  to: string;
}[] {
  return [
    { name: "geo", to: `geo:${lat},${lon}?q=${lat},${lon}` },
    { name: "google", to: `https://www.google.com/maps/dir/?api=1&destination=${lat},${lon}` },
    { name: "apple", to: `https://maps.apple.com/?daddr=${lat},${lon}` },
    { name: "osm", to: `https://www.openstreetmap.org/directions?to=${lat}%2C${lon}` },
  ];
}

/** Where to ring, how to get in, and four ways to be led there. */
export function Where({ job }: { job: JobAnswer }) {
  const say = useSay();
  if (!job.location) return null;
  const [lon = 0, lat = 0] = job.location.coordinates;
  return (
    <div className={css.stack}>
      <p className={css.address}>
        <MapPin size={20} aria-hidden />
        <span>
          <strong>{job.address || say("job-no-address")}</strong>
          {job.access_notes && <small>{job.access_notes}</small>}
        </span>
      </p>
      <nav className={css.routes} aria-label={say("job-routes")}>
        {routes([lon, lat]).map(({ name, to }) => (
          <a key={name} href={to} target="_blank" rel="noreferrer">
            {say(`job-route-${name}`)}
          </a>
        ))}
      </nav>
    </div>
  );
}

function StartCode({ code }: { code: string }) {
  const say = useSay();
  return (
    <Card label={say("job-start-code")}>
      <p className={css.code}>
        <span>{say("job-start-code")}</span>
        <output aria-label={code.split("").join(" ")}>{code}</output>
        <small>{say("job-start-code-hint")}</small>
      </p>
    </Card>
  );
}

/** Where whoever comes is now, while they let it be seen. */
function Arriving({ job }: { job: JobAnswer }) {
  const say = useSay();
  const now = useNow(10);
  const format = useFormat(useMarket(job.market)?.time_zone);
  const { data } = api.useQuery(
    "get",
    "/api/v1/jobs/{job_id}/arrival",
    { params: { path: { job_id: job.id } } },
    { refetchInterval: ON_THE_WAY_MS },
  );
  const home = job.location?.coordinates as LonLat | undefined;
  const there = data?.position?.coordinates as LonLat | undefined;
  const pins: Pin[] = [];
  if (home) pins.push({ id: "home", at: home, label: say("job-map-here"), look: "job" });
  if (there)
    pins.push({ id: "comes", at: there, label: job.who_comes?.name ?? "", look: "provider" });
  const arrives = data?.arrives_at ?? job.visit?.arrives_at;
  return (
    <Section title={say("job-arriving", { name: job.who_comes?.name ?? "" })}>
      <div role="status" className={css.stack}>
        <p className={css.arrives}>
          {arrives
            ? say("job-arrives", { hour: format.hour(arrives), ago: format.ago(arrives, now) })
            : say("job-arrives-unknown", { hour: format.hour(job.on_my_way_at ?? now) })}
        </p>
      </div>
      {home && there ? (
        <>
          <Map
            label={say("job-arriving-map")}
            centre={home}
            zoom={12}
            pins={pins}
            fit={there.map((each) => each.toFixed(3)).join(" ")}
            height="16rem"
          />
          {data?.position_at && (
            <p className={css.small}>
              {say("job-seen-at", { ago: format.ago(data.position_at, now) })}
            </p>
          )}
        </>
      ) : (
        <p className={css.small}>{say("job-position-none")}</p>
      )}
    </Section>
  );
}

const SHARE_EVERY_MS = 5_000;

/**
 * The provider's phone tells where it is while this page is open, if they want that. Being seen
 * means being on duty: so it is asked, and never begun by itself.
 */
function Sharing({ job }: { job: JobAnswer }) {
  const say = useSay();
  const key = `jobbing.sharing ${job.id}`;
  const [on, setOn] = useState(() => sessionStorage.getItem(key) === "yes");
  const [wrong, setWrong] = useState<"denied" | "away" | undefined>(undefined);
  useEffect(() => {
    if (!on) return undefined;
    let last = 0;
    const watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        if (Date.now() - last < SHARE_EVERY_MS) return;
        last = Date.now();
        setWrong(undefined);
        server
          .PUT("/api/v1/providers/me/presence", {
            body: {
              online: true,
              position: { type: "Point", coordinates: [coords.longitude, coords.latitude] },
            },
          })
          .catch(() => setWrong("away"));
      },
      ({ code }) => {
        setWrong(code === GeolocationPositionError.PERMISSION_DENIED ? "denied" : "away");
      },
      { enableHighAccuracy: true, maximumAge: 5_000 },
    );
    return () => navigator.geolocation.clearWatch(watch);
  }, [on]);
  return (
    <Notice>
      <p>{say(on ? "job-sharing-on" : "job-sharing-off")}</p>
      {wrong && (
        <p role="alert">
          <strong>{say(`job-sharing-${wrong}`)}</strong>
        </p>
      )}
      <Button
        look="plain"
        icon={<Navigation size={20} aria-hidden />}
        onClick={() => {
          if (on) sessionStorage.removeItem(key);
          else sessionStorage.setItem(key, "yes");
          setWrong(undefined);
          setOn(!on);
        }}
      >
        {say(on ? "job-sharing-stop" : "job-sharing-start")}
      </Button>
    </Notice>
  );
}

/** For a minute: I did not mean to accept. */
function Undo({ job }: { job: JobAnswer }) {
  const say = useSay();
  const now = useNow(1);
  const [asking, setAsking] = useState(false);
  const undo = useAct("/api/v1/offers/{offer_id}/undo", { onSuccess: () => setAsking(false) });
  const left = undoLeft(job, now);
  if (left === 0 || !job.order) return null;
  const offerId = job.order.offer_id;
  return (
    <Notice>
      <p>
        <strong>{say("job-accepted")}</strong>
      </p>
      <Button look="plain" icon={<Undo2 size={20} aria-hidden />} onClick={() => setAsking(true)}>
        {say("job-undo", { seconds: Math.ceil(left / 1000) })}
      </Button>
      <Confirm
        title={say("job-undo-title")}
        text={say("job-undo-text")}
        yes={say("job-undo-yes")}
        open={asking}
        busy={undo.isPending}
        error={undo.error}
        onYes={() => undo.mutate({ path: { offer_id: offerId } })}
        onClose={() => setAsking(false)}
      />
    </Notice>
  );
}

/** What one of the two has asked of the other and waits for: another hour, somebody else. */
function Asked({ job, onDeed }: { job: JobAnswer; onDeed: (deed: Deed) => void }) {
  const say = useSay();
  const format = useFormat(useMarket(job.market)?.time_zone);
  const keep = useAct("/api/v1/jobs/{job_id}/reschedule/refuse");
  const never = useAct("/api/v1/jobs/{job_id}/substitute/{substitution_id}/refuse");
  const move = job.visit?.reschedule;
  const instead = asksForSubstitute(job);
  return (
    <>
      {move && (
        <Notice tone="sun" live>
          <p>
            <strong>
              {say(move.asked_by === job.seen_as ? "job-move-mine" : "job-move-theirs", {
                when: format.span(move.starts_at, move.ends_at),
              })}
            </strong>
          </p>
          {move.asked_by === job.seen_as ? (
            <Button
              look="plain"
              busy={keep.isPending}
              onClick={() => keep.mutate({ path: { job_id: job.id } })}
            >
              {say("job-take-back")}
            </Button>
          ) : (
            <Button
              look="plain"
              icon={<CalendarClock size={20} aria-hidden />}
              onClick={() => onDeed("answer-move")}
            >
              {say("deed-answer-move")}
            </Button>
          )}
          <Wrong error={keep.error} />
        </Notice>
      )}
      {instead && (
        <Notice tone="sun" live>
          <p>
            <strong>
              {say(job.seen_as === "resident" ? "job-substitute-theirs" : "job-substitute-mine", {
                name: instead.name,
              })}
            </strong>
          </p>
          <p>{instead.reason}</p>
          {job.seen_as === "resident" ? (
            <Button
              look="plain"
              icon={<UserRoundPen size={20} aria-hidden />}
              onClick={() => onDeed("answer-substitute")}
            >
              {say("deed-answer-substitute")}
            </Button>
          ) : (
            <Button
              look="plain"
              busy={never.isPending}
              onClick={() =>
                never.mutate({
                  path: { job_id: job.id, substitution_id: instead.id },
                  body: { text: "" },
                })
              }
            >
              {say("job-take-back")}
            </Button>
          )}
          <Wrong error={never.error} />
        </Notice>
      )}
    </>
  );
}
