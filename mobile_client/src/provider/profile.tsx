/** The shop window of a provider: what, for how much, on which terms, and what proves it. */
import { CalendarDays, MapPinned } from "lucide-react";
import { useState } from "react";

import { useCategories } from "~/api/known";
import type { ProfileAnswer } from "~/api/schema";
import { Button, ManyChips, TextField } from "~/ui/controls";
import { Badge, Rating } from "~/ui/marks";
import { Failure, List, Page, Row, Section, Skeleton, toast } from "~/ui/surfaces";
import { useSay, useWords } from "~/words";
import { useFormat } from "~/words/format";

import { Refusal } from "./calendar";
import { FirstTime } from "./first";
import { bodyOf, useMine, useSave } from "./mine";
import { cents, typed } from "./money";
import { Papers } from "./papers";
import css from "./provider.module.css";
import { Skills } from "./skills";
import { Work } from "./work";

export default function ProfilePage() {
  const say = useSay();
  const { data, error, refetch } = useMine("profile");
  if (data === null) return <FirstTime />;
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
    <Page title={say("profile-title")} back="/me">
      {error ? <Failure error={error} again={refetch} /> : <Skeleton lines={5} />}
    </Page>
  );
}

const LANGUAGES = ["fr", "en", "es", "pt", "it", "de", "ar", "tr", "pl", "uk", "ro", "zh"];

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
  const format = useFormat();
  const save = useSave("profile");
  const first = bodyOf(profile);
  const [headline, setHeadline] = useState(profile.headline);
  const [skills, setSkills] = useState(first.skills);
  const [languages, setLanguages] = useState(first.languages);
  const [tools, setTools] = useState(first.tools ?? []);
  const [minimum, setMinimum] = useState(typed(profile.minimum_visit_cents));
  const [evening, setEvening] = useState(String(profile.evening_percent));
  const [sunday, setSunday] = useState(String(profile.sunday_percent));
  return (
    <Page
      title={say("profile-title")}
      back="/me"
      foot={
        <Button
          busy={save.isPending}
          onClick={() =>
            save.mutate(
              {
                version,
                body: {
                  ...first,
                  headline: headline.trim(),
                  skills,
                  languages,
                  tools,
                  minimum_visit_cents: cents(minimum) ?? 0,
                  evening_percent: Number(evening) || 0,
                  sunday_percent: Number(sunday) || 0,
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
      <div className={css.badges}>
        <Rating mean={profile.figures.rating_mean} count={profile.figures.rating_count} />
        {profile.identity_checked && <Badge tone="green">{say("profile-identity-checked")}</Badge>}
      </div>
      <Refusal error={save.error} again={again} />
      <TextField
        label={say("profile-headline")}
        hint={say("profile-headline-hint")}
        maxLength={160}
        value={headline}
        onChange={(event) => setHeadline(event.target.value)}
      />
      <Section title={say("profile-where-when")}>
        <List>
          <Row
            icon={<MapPinned aria-hidden />}
            title={say("profile-reach")}
            detail={
              profile.reach_m === null
                ? say("profile-reach-area")
                : say("profile-reach-radius", { distance: format.distance(profile.reach_m) })
            }
            to="/profile/reach"
          />
          <Row
            icon={<CalendarDays aria-hidden />}
            title={say("profile-hours")}
            detail={say(
              profile.calendar_confirmed ? "profile-hours-confirmed" : "profile-hours-assumed",
            )}
            to="/calendar"
          />
        </List>
      </Section>
      <Section title={say("profile-skills")}>
        <Skills skills={skills} currency={profile.currency} onChange={setSkills} />
      </Section>
      <Section title={say("profile-terms")}>
        <TextField
          label={say("profile-minimum")}
          hint={say("profile-minimum-hint")}
          inputMode="decimal"
          suffix="€"
          value={minimum}
          onChange={(event) => setMinimum(event.target.value)}
        />
        <div className={css.pair}>
          <TextField
            label={say("profile-evening")}
            inputMode="numeric"
            suffix="%"
            value={evening}
            onChange={(event) => setEvening(event.target.value)}
          />
          <TextField
            label={say("profile-sunday")}
            inputMode="numeric"
            suffix="%"
            value={sunday}
            onChange={(event) => setSunday(event.target.value)}
          />
        </div>
      </Section>
      <Languages spoken={languages} onChange={setLanguages} />
      <Tools owned={tools} onChange={setTools} />
      <Work />
      <Papers />
    </Page>
  );
}

function Languages({
  spoken,
  onChange,
}: {
  spoken: string[];
  onChange: (spoken: string[]) => void;
}) {
  const say = useSay();
  const { language } = useWords();
  const names = new Intl.DisplayNames(language, { type: "language" });
  return (
    <Section title={say("profile-languages")}>
      <ManyChips
        label={say("profile-languages")}
        value={spoken}
        onChange={(next) => next.length > 0 && onChange(next)}
        choices={[...new Set([...LANGUAGES, ...spoken])].map((value) => ({
          value,
          label: names.of(value) ?? value,
        }))}
      />
    </Section>
  );
}

function Tools({ owned, onChange }: { owned: string[]; onChange: (owned: string[]) => void }) {
  const say = useSay();
  const categories = useCategories();
  const names = new Map(
    categories.flatMap((each) =>
      each.brief_template.tools.map((tool) => [tool.slug, tool.name] as const),
    ),
  );
  const all = [...new Set([...names.keys(), ...owned])].sort((a, b) =>
    (names.get(a) ?? a).localeCompare(names.get(b) ?? b),
  );
  return (
    <Section title={say("profile-tools")}>
      <p className={css.muted}>{say("profile-tools-hint")}</p>
      <ManyChips
        label={say("profile-tools")}
        value={owned}
        onChange={onChange}
        choices={all.map((value) => ({ value, label: names.get(value) ?? value }))}
      />
    </Section>
  );
}
