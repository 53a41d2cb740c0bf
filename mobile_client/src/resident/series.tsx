/** Jobs that come again: the next dates, leaving one out, ending it. */
import { Repeat } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";

import { useAct } from "~/api/act";
import { api } from "~/api/client";
import type { SeriesAnswer } from "~/api/schema";
import { Button } from "~/ui/controls";
import { Badge } from "~/ui/marks";
import { Card, Confirm, Section, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./board.module.css";

const SHOWN = 3;

export function AllSeries() {
  const say = useSay();
  const { data } = api.useQuery("get", "/api/v1/series", {}, { meta: { keep: true } });
  const going = data?.items.filter((each) => each.ended_at === null) ?? [];
  if (going.length === 0) return null;
  return (
    <Section title={say("series-title")}>
      <ul className={css.jobs}>
        {going.map((each) => (
          <li key={each.id}>
            <Series series={each} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Series({ series }: { series: SeriesAnswer }) {
  const say = useSay();
  const format = useFormat(series.time_zone);
  const [ending, setEnding] = useState(false);
  const skip = useAct("/api/v1/series/{series_id}/skip");
  const restore = useAct("/api/v1/series/{series_id}/restore");
  const end = useAct("/api/v1/series/{series_id}/end", { onSuccess: () => setEnding(false) });
  const path = { series_id: series.id };
  return (
    <Card label={series.title}>
      <h3>{series.title}</h3>
      <p>
        <Badge tone="green" icon={<Repeat size={14} aria-hidden />}>
          {series.text}
        </Badge>
      </p>
      <ul className={css.dates}>
        {series.occurrences.slice(0, SHOWN).map((each) => {
          const skipped = each.state === "skipped";
          const day = format.span(each.window.from, each.window.to);
          return (
            <li key={each.on} data-skipped={skipped || undefined}>
              <span>{day}</span>
              {each.job_id ? (
                <Link to={`/jobs/${each.job_id}`}>{say("look")}</Link>
              ) : each.state === "missed" ? (
                <Badge>{say("series-missed")}</Badge>
              ) : (
                <Button
                  look="quiet"
                  busy={
                    (skip.isPending && skip.variables.body.on === each.on) ||
                    (restore.isPending && restore.variables.body.on === each.on)
                  }
                  aria-label={say(skipped ? "series-restore-day" : "series-skip-day", { day })}
                  onClick={() => (skipped ? restore : skip).mutate({ path, body: { on: each.on } })}
                >
                  {say(skipped ? "series-restore" : "series-skip")}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      <Wrong error={skip.error ?? restore.error} />
      <Button look="quiet" onClick={() => setEnding(true)}>
        {say("series-end")}
      </Button>
      <Confirm
        title={say("series-end-title")}
        text={say("series-end-text")}
        yes={say("series-end")}
        open={ending}
        busy={end.isPending}
        error={end.error}
        onClose={() => setEnding(false)}
        onYes={() => end.mutate({ path })}
      />
    </Card>
  );
}
