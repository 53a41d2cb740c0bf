/** Where and when. */
import { LocateFixed, MapPin, Search } from "lucide-react";
import { useDeferredValue, useId, useState } from "react";

import { api } from "~/api/client";
import { useMarkets } from "~/api/known";
import type { MarketAnswer } from "~/api/schema";
import { Map as TownMap } from "~/map";
import { Button, Chips, ManyChips, TextArea, TextField } from "~/ui/controls";
import controls from "~/ui/controls.module.css";
import { List, Notice, Row, Section, useNow } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { type Draft, withSaid } from "./draft";
import css from "./post.module.css";
import { Fold } from "./post-details";
import { dateIn, FURTHEST_DAYS, later, type When, windowOf } from "./window";

type Change = (change: (draft: Draft) => Draft) => void;

const PATIENCE_MS = 10_000;

/** Where this device is; said in words when it does not tell. */
function usePosition(onFound: (point: [number, number]) => void) {
  const [state, setState] = useState<"idle" | "busy" | "denied" | "failed">("idle");
  const ask = () => {
    if (!("geolocation" in navigator)) {
      setState("failed");
      return;
    }
    setState("busy");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setState("idle");
        onFound([coords.longitude, coords.latitude]);
      },
      (error) => setState(error.code === error.PERMISSION_DENIED ? "denied" : "failed"),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 60_000 },
    );
  };
  return { state, ask };
}

function middle(market: MarketAnswer | undefined): [number, number] {
  const ring = (market?.area.coordinates as number[][][][] | undefined)?.[0]?.[0] ?? [];
  if (ring.length === 0) return [2.35, 46.6];
  const sum = ring.reduce((all, [x = 0, y = 0]) => [(all[0] ?? 0) + x, (all[1] ?? 0) + y], [0, 0]);
  return [(sum[0] ?? 0) / ring.length, (sum[1] ?? 0) / ring.length];
}

export function Where({
  draft,
  change,
  market,
}: {
  draft: Draft;
  change: Change;
  market: MarketAnswer | undefined;
}) {
  const say = useSay();
  const markets = useMarkets();
  const [typed, setTyped] = useState("");
  const [mapped, setMapped] = useState(false);
  const q = useDeferredValue(typed.trim());
  const places = api.useQuery(
    "get",
    "/api/v1/places",
    { params: { query: { q, limit: 6 } } },
    { enabled: q.length >= 2, staleTime: 60 * 60_000 },
  );
  const place = (point: [number, number], placeName: string) =>
    change((now) => ({ ...now, point, placeName }));
  const position = usePosition((point) => place(point, say("post-my-position")));
  const phrases = [
    say("post-access-ground"),
    say("post-access-lift"),
    say("post-access-no-lift"),
    say("post-access-parking"),
  ];
  const outside = draft.point !== undefined && markets.length > 0 && !market;
  return (
    <Section title={say("post-where")}>
      <div className={css.pair}>
        <Button
          look={draft.point ? "plain" : "main"}
          icon={<LocateFixed size={20} aria-hidden />}
          busy={position.state === "busy"}
          onClick={position.ask}
        >
          {say("post-my-position")}
        </Button>
        <Button
          look="plain"
          icon={<MapPin size={20} aria-hidden />}
          aria-expanded={mapped || draft.point !== undefined}
          onClick={() => setMapped(true)}
        >
          {say("post-on-map")}
        </Button>
      </div>
      {(position.state === "denied" || position.state === "failed") && (
        <Notice tone="sun" live>
          <p>{say(`post-position-${position.state}`)}</p>
        </Notice>
      )}
      <div className={css.search}>
        <Search size={20} aria-hidden />
        <TextField
          label={say("post-place-search")}
          type="search"
          placeholder={say("post-place-example")}
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </div>
      {q.length >= 2 && places.data && (
        <div role="status">
          {places.data.items.length === 0 ? (
            <p className={css.hint}>{say("post-place-none")}</p>
          ) : (
            <List label={say("post-place-search")}>
              {places.data.items.map((each) => (
                <Row
                  key={each.point.coordinates.join()}
                  icon={<MapPin size={20} aria-hidden />}
                  title={each.name}
                  detail={each.admin_area}
                  onPress={() => {
                    place(each.point.coordinates as [number, number], each.name);
                    setTyped("");
                  }}
                />
              ))}
            </List>
          )}
        </div>
      )}
      {(mapped || draft.point) && (
        <>
          <TownMap
            label={say("post-map")}
            height="13rem"
            centre={draft.point ?? middle(market ?? markets[0])}
            zoom={draft.point ? 13 : 10}
            placing={{
              at: draft.point,
              onPlace: (at) => place([at[0], at[1]], say("post-pin")),
            }}
          />
          <p className={css.hint} role="status">
            {draft.point
              ? say("post-placed", { place: draft.placeName })
              : say("post-press-the-map")}
          </p>
        </>
      )}
      {outside && (
        <Notice tone="sun" live>
          <p>
            <strong>{say("post-outside-title")}</strong>
          </p>
          <p>{say("post-outside-text", { towns: markets.map((each) => each.name).join(", ") })}</p>
        </Notice>
      )}
      <TextField
        label={say("post-address")}
        hint={say("post-address-hint")}
        optional
        autoComplete="street-address"
        maxLength={300}
        value={draft.address}
        onChange={(event) => {
          const address = event.target.value;
          change((now) => ({ ...now, address }));
        }}
      />
      <Fold title={say("post-access")}>
        <ManyChips
          label={say("post-access")}
          value={phrases.filter((each) => draft.access.split(", ").includes(each))}
          onChange={(next) => {
            const pressed = phrases.find(
              (each) => next.includes(each) !== draft.access.split(", ").includes(each),
            );
            if (pressed) change((now) => ({ ...now, access: withSaid(now.access, pressed) }));
          }}
          choices={phrases.map((each) => ({ value: each, label: each }))}
        />
        <TextArea
          label={say("post-access-text")}
          optional
          maxLength={1000}
          value={draft.access}
          onChange={(event) => {
            const access = event.target.value;
            change((now) => ({ ...now, access }));
          }}
        />
      </Fold>
    </Section>
  );
}

export function WhenSection({
  draft,
  change,
  zone,
}: {
  draft: Draft;
  change: Change;
  zone: string;
}) {
  const say = useSay();
  const format = useFormat(zone);
  const now = useNow(60);
  const id = useId();
  const today = dateIn(zone, now);
  const { when } = draft;
  const set = (next: When) => change((written) => ({ ...written, when: next }));
  const window = windowOf(when, zone, now, draft.minutes);
  const chip = (kind: "now" | "today" | "tomorrow" | "weekend" | "week") => ({
    value: kind,
    label: say(`post-when-${kind}`),
    disabled: windowOf({ kind }, zone, now, draft.minutes) === undefined,
  });
  return (
    <Section title={say("post-when")}>
      <Chips
        label={say("post-when")}
        value={when.kind === "exact" ? "choose" : when.kind}
        onChange={(kind) =>
          set(
            kind === "choose"
              ? { kind, day: later(today, 1), part: "day" }
              : { kind: kind as "now" | "today" },
          )
        }
        choices={[
          chip("now"),
          chip("today"),
          chip("tomorrow"),
          chip("weekend"),
          chip("week"),
          { value: "choose", label: say("post-when-choose") },
        ]}
      />
      {when.kind === "choose" && (
        <div className={css.labelled}>
          <label className={controls.label} htmlFor={id}>
            {say("post-day")}
          </label>
          <input
            id={id}
            className={controls.input}
            type="date"
            value={when.day}
            min={today}
            max={later(today, FURTHEST_DAYS)}
            onChange={(event) => event.target.value && set({ ...when, day: event.target.value })}
          />
          <Chips
            label={say("post-part")}
            value={when.part}
            onChange={(part) => set({ ...when, part })}
            choices={(["day", "morning", "afternoon", "evening"] as const).map((part) => ({
              value: part,
              label: say(`post-part-${part}`),
            }))}
          />
        </div>
      )}
      {window ? (
        <p className={css.hint} role="status">
          {format.span(window.from, window.to)}
        </p>
      ) : (
        <Notice tone="sun" live>
          <p>{say("post-too-late")}</p>
        </Notice>
      )}
    </Section>
  );
}
