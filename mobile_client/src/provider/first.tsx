/** The first time: where from, what, how far, when. Four short steps, then offers can come. */
import { LocateFixed } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";

import { api } from "~/api/client";
import { useMarkets } from "~/api/known";
import type { MarketAnswer, SkillBody } from "~/api/schema";
import { useMe } from "~/api/who";
import { type LonLat, Map } from "~/map";
import { Button, TextField } from "~/ui/controls";
import { List, Notice, Page, Row, toast, Wrong } from "~/ui/surfaces";
import { useSay, useWords } from "~/words";

import { Presets } from "./calendar";
import { hoursOf, PRESETS, type Week, weeklyOf } from "./hours";
import { useBegin } from "./mine";
import css from "./provider.module.css";
import { RadiusField } from "./reach";
import { Skills } from "./skills";
import { WeekFields } from "./week";

const STEPS = 4;

export function FirstTime() {
  const say = useSay();
  const { language } = useWords();
  const me = useMe();
  const navigate = useNavigate();
  const markets = useMarkets();
  const begin = useBegin();
  const [step, setStep] = useState(1);
  const [base, setBase] = useState<LonLat | undefined>(undefined);
  const [skills, setSkills] = useState<SkillBody[]>([]);
  const [headline, setHeadline] = useState("");
  const [radiusM, setRadiusM] = useState(10_000);
  const [week, setWeek] = useState<Week>(PRESETS.weekdays);
  const [missing, setMissing] = useState(false);
  const market = nearest(markets, base);
  const complete = [
    false,
    base !== undefined,
    skills.length > 0 && headline.trim() !== "",
    true,
    true,
  ][step];

  function finish() {
    if (!base || !market) return;
    begin.mutate(
      {
        profile: {
          headline: headline.trim(),
          base: { type: "Point", coordinates: base },
          reach_m: radiusM,
          languages: [me.language || language],
          skills,
        },
        calendar: { time_zone: market.time_zone, weekly: weeklyOf(week), exceptions: [] },
      },
      {
        onSuccess: () => {
          toast(say("first-done"));
          void navigate("/offers");
        },
      },
    );
  }

  function next() {
    setMissing(!complete);
    if (!complete) return;
    if (step < STEPS) {
      setStep(step + 1);
      window.scrollTo(0, 0);
    } else finish();
  }

  const about = (["base", "skills", "reach", "hours"] as const)[step - 1] ?? "base";
  return (
    <Page
      title={say("first-title")}
      foot={
        <>
          {step > 1 && (
            <Button look="plain" onClick={() => setStep(step - 1)}>
              {say("go-back")}
            </Button>
          )}
          <Button busy={begin.isPending} onClick={next}>
            {say(step === STEPS ? "first-finish" : "first-next")}
          </Button>
        </>
      }
    >
      <div role="status">
        <p className={css.muted}>{say("first-step", { at: step, of: STEPS })}</p>
        <h2>{say(`first-${about}-title`)}</h2>
        <p className={css.muted}>{say(`first-${about}-text`)}</p>
      </div>
      {step === 1 && <Base base={base} market={market} onBase={setBase} />}
      {step === 2 && (
        <>
          <TextField
            label={say("profile-headline")}
            hint={say("profile-headline-hint")}
            maxLength={160}
            value={headline}
            wrong={missing && !headline.trim() ? say("first-headline-missing") : undefined}
            onChange={(event) => setHeadline(event.target.value)}
          />
          <Skills skills={skills} currency={market?.currency ?? "EUR"} onChange={setSkills} />
        </>
      )}
      {step === 3 && base && (
        <>
          <Map
            label={say("reach-map")}
            centre={base}
            zoom={10}
            height="20rem"
            circle={{
              centre: base,
              radiusM,
              onRadius: (to) => setRadiusM(Math.round(to / 100) * 100),
            }}
            fit="first"
          />
          <RadiusField radiusM={radiusM} onChange={setRadiusM} />
        </>
      )}
      {step === 4 && (
        <>
          <Presets onChoose={setWeek} />
          <p role="status">{say("calendar-hours", { hours: hoursOf(week) })}</p>
          <WeekFields week={week} onChange={setWeek} />
        </>
      )}
      {missing && !complete && (
        <Notice tone="sun" live>
          <p>{say(step === 1 ? "first-base-missing" : "profile-skills-none")}</p>
        </Notice>
      )}
      <Wrong error={begin.error} />
    </Page>
  );
}

function nearest(markets: readonly MarketAnswer[], base: LonLat | undefined) {
  if (!base) return markets[0];
  const away = (market: MarketAnswer) => {
    const [lon, lat] = middle(market);
    return Math.hypot(lon - base[0], lat - base[1]);
  };
  return [...markets].sort((a, b) => away(a) - away(b))[0];
}

function middle(market: MarketAnswer): LonLat {
  const ring = (market.area.coordinates as LonLat[][][])[0]?.[0] ?? [];
  const sum = ring.reduce<LonLat>((all, at) => [all[0] + at[0], all[1] + at[1]], [0, 0]);
  return [sum[0] / (ring.length || 1), sum[1] / (ring.length || 1)];
}

/** By where one is, by the name of a town, or by pressing the map. */
function Base({
  base,
  market,
  onBase,
}: {
  base: LonLat | undefined;
  market: MarketAnswer | undefined;
  onBase: (base: LonLat) => void;
}) {
  const say = useSay();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [denied, setDenied] = useState(false);
  const { data } = api.useQuery(
    "get",
    "/api/v1/places",
    { params: { query: { q: text, limit: 5 } } },
    { enabled: text.trim().length >= 2 },
  );
  return (
    <>
      <Button
        look="plain"
        busy={busy}
        icon={<LocateFixed size={20} aria-hidden />}
        onClick={() => {
          setBusy(true);
          navigator.geolocation.getCurrentPosition(
            ({ coords }) => {
              setBusy(false);
              setDenied(false);
              onBase([coords.longitude, coords.latitude]);
            },
            () => {
              setBusy(false);
              setDenied(true);
            },
            { timeout: 15_000 },
          );
        }}
      >
        {say("first-base-here")}
      </Button>
      {denied && (
        <Notice tone="sun" live>
          <p>{say("first-base-denied")}</p>
        </Notice>
      )}
      <TextField
        label={say("first-base-search")}
        type="search"
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {text.trim().length >= 2 && data && (
        <List label={say("first-base-search")}>
          {data.items.map((place) => (
            <Row
              key={place.name + place.admin_area}
              title={place.name}
              detail={place.admin_area}
              onPress={() => {
                onBase(place.point.coordinates as LonLat);
                setText("");
              }}
            />
          ))}
        </List>
      )}
      {market && (
        <Map
          key={market.slug}
          label={say("first-base-map")}
          centre={base ?? middle(market)}
          zoom={base ? 12 : 9}
          height="20rem"
          placing={{ at: base, onPlace: onBase }}
        />
      )}
    </>
  );
}
