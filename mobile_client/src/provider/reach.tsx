/** How far one goes: a circle around the base, or an area drawn on the map. */
import { useState } from "react";

import type { Polygon, ProfileAnswer } from "~/api/schema";
import { type LonLat, Map } from "~/map";
import { Button, Chips, Field } from "~/ui/controls";
import { Page, toast } from "~/ui/surfaces";
import { MapPinned } from "lucide-react";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { Refusal } from "./calendar";
import { bodyOf, useMine, useSave } from "./mine";
import { NotHere } from "./own";
import css from "./provider.module.css";
import { travelMinutes } from "./visits";

export default function ReachPage() {
  const say = useSay();
  const { data, error, refetch } = useMine("profile");
  if (data) {
    return (
      <Editor
        key={data.version}
        profile={data.value}
        version={data.version}
        again={() => void refetch()}
      />
    );
  }
  return (
    <NotHere
      title={say("reach-title")}
      mark={<MapPinned size={32} />}
      none={data === null}
      error={error}
      again={refetch}
      waiting={{ height: "20rem", lines: 1 }}
    />
  );
}

type Way = "radius" | "area" | "base";

export const LEAST_M = 1_000;
export const MOST_M = 60_000;
const USUAL_M = 10_000;

function cornersOf(area: Polygon | null): LonLat[] {
  // A ring ends where it began; its last corner is not one more.
  return ((area?.coordinates[0] ?? []) as LonLat[]).slice(0, -1);
}

function zoomFor(radiusM: number): number {
  return Math.max(7, Math.min(14, 15.2 - Math.log2(radiusM / 1000)));
}

/** The radius for hands that do not drag on maps. */
export function RadiusField({
  radiusM,
  onChange,
}: {
  radiusM: number;
  onChange: (radiusM: number) => void;
}) {
  const say = useSay();
  const format = useFormat();
  const text = format.distance(radiusM);
  return (
    <Field
      label={say("reach-radius", { distance: text })}
      hint={say("reach-travel", { time: format.minutes(travelMinutes(radiusM)) })}
    >
      {(ids) => (
        <input
          {...ids}
          className={css.slider}
          type="range"
          min={LEAST_M}
          max={MOST_M}
          step={500}
          value={radiusM}
          aria-valuetext={text}
          onChange={(event) => onChange(Number(event.target.value))}
        />
      )}
    </Field>
  );
}

function rounded(radiusM: number): number {
  return Math.min(MOST_M, Math.max(LEAST_M, Math.round(radiusM / 100) * 100));
}

function Editor({
  profile,
  version,
  again,
}: {
  profile: ProfileAnswer;
  version: string | undefined;
  again: () => void;
}) {
  const say = useSay();
  const save = useSave("profile");
  const [way, setWay] = useState<Way>(profile.reach_area ? "area" : "radius");
  const [kind, setKind] = useState<"radius" | "area">(profile.reach_area ? "area" : "radius");
  const [base, setBase] = useState(profile.base.coordinates as LonLat);
  const [radiusM, setRadiusM] = useState(profile.reach_m ?? USUAL_M);
  const [corners, setCorners] = useState(() => cornersOf(profile.reach_area));
  const [first] = corners;
  const few = kind === "area" && corners.length < 3;
  return (
    <Page
      title={say("reach-title")}
      back="/profile"
      wide
      foot={
        <Button
          busy={save.isPending}
          disabled={few}
          onClick={() =>
            save.mutate(
              {
                version,
                body: {
                  ...bodyOf(profile),
                  base: { type: "Point", coordinates: base },
                  reach_m: kind === "radius" ? radiusM : null,
                  reach_area:
                    kind === "area" && first
                      ? { type: "Polygon", coordinates: [[...corners, first]] }
                      : null,
                },
              },
              { onSuccess: () => toast(say("profile-saved")) },
            )
          }
        >
          {say("profile-save")}
        </Button>
      }
    >
      <Chips
        label={say("reach-way")}
        value={way}
        onChange={(next) => {
          setWay(next);
          if (next !== "base") setKind(next);
        }}
        choices={[
          { value: "radius", label: say("reach-way-radius") },
          { value: "area", label: say("reach-way-area") },
          { value: "base", label: say("reach-way-base") },
        ]}
      />
      <Map
        label={say("reach-map")}
        centre={base}
        zoom={zoomFor(radiusM)}
        height="min(55dvh, 34rem)"
        {...(way === "base"
          ? { placing: { at: base, onPlace: setBase } }
          : { pins: [{ id: "base", at: base, label: say("first-base-map"), look: "here" }] })}
        {...(kind === "radius"
          ? {
              circle: {
                centre: base,
                radiusM,
                ...(way === "radius"
                  ? { onRadius: (next: number) => setRadiusM(rounded(next)) }
                  : {}),
              },
            }
          : way === "area"
            ? { drawing: { corners, onCorners: setCorners } }
            : {})}
        fit={kind}
      />
      {way === "radius" && <RadiusField radiusM={radiusM} onChange={setRadiusM} />}
      {way === "base" && <p className={css.muted}>{say("reach-base-text")}</p>}
      {way === "area" && (
        <>
          <p className={css.muted}>{say("reach-area-text")}</p>
          <p role="status">
            {say("reach-corners", { count: corners.length })}
            {few && ` · ${say("reach-corners-few")}`}
          </p>
          <div className={css.adders}>
            <Button
              look="plain"
              disabled={corners.length === 0}
              onClick={() => setCorners(corners.slice(0, -1))}
            >
              {say("reach-corner-remove")}
            </Button>
            <Button look="quiet" disabled={corners.length === 0} onClick={() => setCorners([])}>
              {say("reach-corners-clear")}
            </Button>
          </div>
        </>
      )}
      <Refusal error={save.error} again={again} />
    </Page>
  );
}
