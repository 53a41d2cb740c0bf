/** When one works: an ordinary week, days off, and a link for one's own calendar. */
import { CalendarDays, Copy, Trash2 } from "lucide-react";
import { useState } from "react";

import { useAct } from "~/api/act";
import { api, server } from "~/api/client";
import type { CalendarAnswer, CalendarBody } from "~/api/schema";
import { Button, Chips, IconButton, ManyChips, TextField } from "~/ui/controls";
import { Card, Confirm, List, Notice, Page, Row, Section, toast, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { DAYS, hoursOf, joined, type Preset, PRESETS, type Week, weeklyOf, weekOf } from "./hours";
import { changedElsewhere, useMine, useSave } from "./mine";
import { NotHere } from "./own";
import css from "./provider.module.css";
import { midnight } from "./zoned";
import { WeekFields, WeekGrid } from "./week";

export default function CalendarPage() {
  const say = useSay();
  const { data, error, refetch } = useMine("calendar");
  if (data) {
    return (
      <Editor
        key={data.version}
        calendar={data.value}
        version={data.version}
        again={() => void refetch()}
      />
    );
  }
  return (
    <NotHere
      title={say("calendar-title")}
      mark={<CalendarDays size={32} />}
      none={data === null}
      error={error}
      again={refetch}
      waiting={{ lines: 4 }}
    />
  );
}

/** A first answer, to be put right: one habit, or several together. */
export function Presets({ onChoose }: { onChoose: (week: Week) => void }) {
  const say = useSay();
  const [chosen, setChosen] = useState<Preset[]>([]);
  return (
    <ManyChips
      label={say("calendar-presets")}
      value={chosen}
      onChange={(next) => {
        setChosen(next);
        if (next.length > 0)
          onChoose(
            next
              .map((each) => PRESETS[each])
              .reduce<Week>(
                joined,
                DAYS.map(() => []),
              ),
          );
      }}
      choices={(Object.keys(PRESETS) as Preset[]).map((value) => ({
        value,
        label: say(`calendar-preset-${value}`),
      }))}
    />
  );
}

function Editor({
  calendar,
  version,
  again,
}: {
  calendar: CalendarAnswer;
  version: string | undefined;
  again: () => void;
}) {
  const say = useSay();
  const save = useSave("calendar");
  const [week, setWeek] = useState(() => weekOf(calendar.weekly));
  const [exceptions, setExceptions] = useState<NonNullable<CalendarBody["exceptions"]>>(
    calendar.exceptions,
  );
  const [way, setWay] = useState<"drag" | "fields">(() =>
    // Where a finger scrolls, it does not draw unasked.
    matchMedia("(pointer: coarse)").matches ? "fields" : "drag",
  );
  const assumed = calendar.confirmed_at === null;
  return (
    <Page
      title={say("calendar-title")}
      back="/profile"
      wide
      foot={
        <Button
          busy={save.isPending}
          onClick={() =>
            save.mutate(
              {
                version,
                body: { time_zone: calendar.time_zone, weekly: weeklyOf(week), exceptions },
              },
              { onSuccess: () => toast(say("profile-saved")) },
            )
          }
        >
          {say(assumed ? "calendar-confirm" : "profile-save")}
        </Button>
      }
    >
      {assumed && (
        <Notice tone="sun">
          <p>{say("calendar-assumed")}</p>
        </Notice>
      )}
      <Refusal error={save.error} again={again} />
      <Section title={say("calendar-presets")}>
        <Presets onChoose={setWeek} />
      </Section>
      <Section
        title={say("calendar-grid")}
        action={
          <Chips
            label={say("calendar-way")}
            value={way}
            onChange={setWay}
            choices={[
              { value: "drag", label: say("calendar-way-drag") },
              { value: "fields", label: say("calendar-way-fields") },
            ]}
          />
        }
      >
        <p className={css.muted} role="status">
          {say("calendar-hours", { hours: hoursOf(week) })}
        </p>
        {way === "drag" ? (
          <WeekGrid week={week} onChange={setWeek} />
        ) : (
          <WeekFields week={week} onChange={setWeek} />
        )}
      </Section>
      <Exceptions zone={calendar.time_zone} exceptions={exceptions} onChange={setExceptions} />
      <Feed />
    </Page>
  );
}

/** Why it was not saved; what was changed elsewhere can be taken over. */
export function Refusal({ error, again }: { error: unknown; again: () => void }) {
  const say = useSay();
  if (!changedElsewhere(error)) return <Wrong error={error} />;
  return (
    <Notice tone="sun" live>
      <p>{say("profile-changed")}</p>
      <Button look="plain" onClick={again}>
        {say("profile-reload")}
      </Button>
    </Notice>
  );
}

function Exceptions({
  zone,
  exceptions,
  onChange,
}: {
  zone: string;
  exceptions: NonNullable<CalendarBody["exceptions"]>;
  onChange: (exceptions: NonNullable<CalendarBody["exceptions"]>) => void;
}) {
  const say = useSay();
  const format = useFormat(zone);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [tried, setTried] = useState(false);
  const wrong = !from || (to !== "" && to < from);
  return (
    <Section title={say("calendar-exceptions")}>
      {exceptions.length === 0 && <p className={css.muted}>{say("calendar-exceptions-none")}</p>}
      {exceptions.length > 0 && (
        <List>
          {exceptions.map((each, at) => (
            <Row
              key={each.from + each.to}
              title={format.span(each.from, new Date(new Date(each.to).getTime() - 60_000))}
              detail={say(each.available ? "calendar-extra" : "calendar-away")}
              end={
                <IconButton
                  label={say("calendar-off-remove")}
                  onClick={() => onChange(exceptions.filter((_, other) => other !== at))}
                >
                  <Trash2 size={20} aria-hidden />
                </IconButton>
              }
            />
          ))}
        </List>
      )}
      <div className={css.pair}>
        <TextField
          label={say("calendar-off-from")}
          type="date"
          value={from}
          onChange={(event) => setFrom(event.target.value)}
        />
        <TextField
          label={say("calendar-off-to")}
          type="date"
          min={from}
          value={to}
          wrong={tried && wrong ? say("calendar-off-wrong") : undefined}
          onChange={(event) => setTo(event.target.value)}
        />
      </div>
      <Button
        look="plain"
        onClick={() => {
          setTried(true);
          if (wrong) return;
          onChange([
            ...exceptions,
            { from: midnight(from, zone), to: midnight(to || from, zone, 1), available: false },
          ]);
          setTried(false);
          setFrom("");
          setTo("");
        }}
      >
        {say("calendar-off-add")}
      </Button>
    </Section>
  );
}

function Feed() {
  const say = useSay();
  const format = useFormat();
  const { data, refetch } = api.useQuery("get", "/api/v1/providers/me/calendar-feed");
  const make = useAct("/api/v1/providers/me/calendar-feed");
  const [ending, setEnding] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const url = make.data?.url;
  return (
    <Section title={say("calendar-feed")}>
      <p className={css.muted}>{say("calendar-feed-text")}</p>
      {url && (
        <Card>
          <p role="status">{say("calendar-feed-once")}</p>
          <TextField label={say("calendar-feed-url")} readOnly value={url} />
          <Button
            look="plain"
            icon={<Copy size={20} aria-hidden />}
            onClick={async () => {
              await navigator.clipboard.writeText(url);
              toast(say("calendar-feed-copied"));
            }}
          >
            {say("calendar-feed-copy")}
          </Button>
        </Card>
      )}
      {!url && data?.made_at && (
        <p>
          {say("calendar-feed-since", { day: format.day(data.made_at) })}{" "}
          {say("calendar-feed-again-text")}
        </p>
      )}
      <div className={css.adders}>
        <Button look="plain" busy={make.isPending} onClick={() => make.mutate({})}>
          {say(data?.made_at ? "calendar-feed-again" : "calendar-feed-make")}
        </Button>
        {data?.made_at && (
          <Button look="danger" onClick={() => setEnding(true)}>
            {say("calendar-feed-end")}
          </Button>
        )}
      </div>
      <Wrong error={make.error} />
      <Confirm
        title={say("calendar-feed-end")}
        text={say("calendar-feed-again-text")}
        yes={say("calendar-feed-end")}
        open={ending}
        error={error}
        onClose={() => setEnding(false)}
        onYes={async () => {
          try {
            await server.DELETE("/api/v1/providers/me/calendar-feed");
            make.reset();
            setEnding(false);
            await refetch();
          } catch (failed) {
            setError(failed);
          }
        }}
      />
    </Section>
  );
}
