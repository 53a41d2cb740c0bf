/**
 * The hours of a week, in two forms of the same: dragged with a finger, or typed.
 *
 * The dragged one is hidden from screen readers: whoever cannot see it has the fields, which say
 * and change everything it does.
 */
import { Plus, Trash2 } from "lucide-react";
import { type PointerEvent, useRef, useState } from "react";

import { Button, IconButton, Select } from "~/ui/controls";
import { useSay, useWords } from "~/words";

import { clock, covers, DAYS, merged, painted, STEPS, type Stretch, type Week } from "./hours";
import css from "./week.module.css";

/** Monday is day 0: 5 January 2026 was one. */
function useDayName(): (day: number, form: "long" | "short") => string {
  const { language } = useWords();
  return (day, form) =>
    new Intl.DateTimeFormat(language, { weekday: form, timeZone: "UTC" }).format(
      Date.UTC(2026, 0, 5 + day),
    );
}

/** What is seen without scrolling: nobody mows a lawn at four in the morning. */
const FIRST = 12;
const LAST = 46;

interface Stroke {
  day: number;
  start: number;
  works: boolean;
  before: readonly Stretch[];
}

export function WeekGrid({ week, onChange }: { week: Week; onChange: (week: Week) => void }) {
  const say = useSay();
  const dayName = useDayName();
  const grid = useRef<HTMLDivElement>(null);
  const stroke = useRef<Stroke | undefined>(undefined);
  const [all, setAll] = useState(() =>
    week.flat().some((each) => each.from < FIRST || each.to > LAST),
  );
  const [first, last] = all ? [0, STEPS] : [FIRST, LAST];

  function at(event: PointerEvent): { day: number; step: number } | undefined {
    const box = grid.current?.getBoundingClientRect();
    if (!box) return undefined;
    const day = Math.floor(((event.clientX - box.left) / box.width) * 7);
    const step = first + Math.floor(((event.clientY - box.top) / box.height) * (last - first));
    return {
      day: Math.min(6, Math.max(0, day)),
      step: Math.min(last - 1, Math.max(first, step)),
    };
  }

  function draw(step: number): void {
    const now = stroke.current;
    if (!now) return;
    onChange(
      week.map((stretches, day) =>
        day === now.day ? painted(now.before, now.start, step, now.works) : stretches,
      ),
    );
  }

  return (
    <>
      <p className={css.hint}>{say("calendar-drag-text")}</p>
      <div className={css.frame} aria-hidden>
        <div className={css.clock}>
          {Array.from({ length: (last - first) / 2 + 1 }, (_, row) => (
            <span key={row} style={{ top: `${(row / ((last - first) / 2)) * 100}%` }}>
              {String(first / 2 + row)}
            </span>
          ))}
        </div>
        <div className={css.names}>
          {DAYS.map((day) => (
            <span key={day}>{dayName(day, "short").replace(".", "")}</span>
          ))}
        </div>
        <div
          ref={grid}
          className={css.grid}
          style={{ height: `${(last - first) * 0.8}rem` }}
          onPointerDown={(event) => {
            const place = at(event);
            if (!place) return;
            event.currentTarget.setPointerCapture(event.pointerId);
            const before = week[place.day] ?? [];
            stroke.current = {
              day: place.day,
              start: place.step,
              works: !covers(before, place.step),
              before,
            };
            draw(place.step);
          }}
          onPointerMove={(event) => {
            const place = stroke.current && at(event);
            if (place) draw(place.step);
          }}
          onPointerUp={() => (stroke.current = undefined)}
          onPointerCancel={() => {
            const now = stroke.current;
            stroke.current = undefined;
            if (!now) return;
            onChange(week.map((each, day) => (day === now.day ? now.before : each)));
          }}
        >
          {week.map((stretches, day) =>
            stretches.map((each) => {
              const from = Math.max(first, each.from);
              const to = Math.min(last, each.to);
              return (
                to > from && (
                  <span
                    key={`${day}-${each.from}`}
                    className={css.stretch}
                    style={{
                      left: `calc(${(day / 7) * 100}% + 2px)`,
                      width: `calc(${100 / 7}% - 4px)`,
                      top: `${((from - first) / (last - first)) * 100}%`,
                      height: `${((to - from) / (last - first)) * 100}%`,
                    }}
                  >
                    <span>{clock(each.from)}</span>
                    <span>{clock(each.to)}</span>
                  </span>
                )
              );
            }),
          )}
        </div>
      </div>
      {!all && (
        <Button look="quiet" onClick={() => setAll(true)}>
          {say("calendar-all-day")}
        </Button>
      )}
    </>
  );
}

export function WeekFields({ week, onChange }: { week: Week; onChange: (week: Week) => void }) {
  const say = useSay();
  const dayName = useDayName();
  const set = (day: number, stretches: readonly Stretch[]) =>
    onChange(week.map((each, other) => (other === day ? stretches : each)));
  return (
    <div className={css.days}>
      {week.map((stretches, day) => (
        <fieldset key={day} className={css.day}>
          <legend>{dayName(day, "long")}</legend>
          {stretches.length === 0 && <p className={css.hint}>{say("calendar-off")}</p>}
          {stretches.map((each, at) => (
            <div key={at} className={css.stretchFields}>
              <Select
                label={say("calendar-from")}
                value={each.from}
                onChange={(event) => {
                  const from = Number(event.target.value);
                  set(day, replaced(stretches, at, { from, to: Math.max(each.to, from + 1) }));
                }}
              >
                <Times first={0} last={STEPS - 1} />
              </Select>
              <Select
                label={say("calendar-to")}
                value={each.to}
                onChange={(event) => {
                  const to = Number(event.target.value);
                  set(day, replaced(stretches, at, { from: Math.min(each.from, to - 1), to }));
                }}
              >
                <Times first={1} last={STEPS} />
              </Select>
              <IconButton
                label={say("calendar-remove")}
                onClick={() =>
                  set(
                    day,
                    stretches.filter((_, other) => other !== at),
                  )
                }
              >
                <Trash2 size={20} aria-hidden />
              </IconButton>
            </div>
          ))}
          <div className={css.buttons}>
            <Button
              look="quiet"
              icon={<Plus size={18} aria-hidden />}
              onClick={() => set(day, merged([...stretches, another(stretches)]))}
            >
              {say("calendar-add")}
            </Button>
            {day === 0 && stretches.length > 0 && (
              <Button look="quiet" onClick={() => onChange(DAYS.map(() => stretches))}>
                {say("calendar-copy")}
              </Button>
            )}
          </div>
        </fieldset>
      ))}
    </div>
  );
}

function replaced(stretches: readonly Stretch[], at: number, by: Stretch): Stretch[] {
  return merged(stretches.map((each, other) => (other === at ? by : each)));
}

/** Hours to begin with: after those there are, else a morning. */
function another(stretches: readonly Stretch[]): Stretch {
  const last = stretches.at(-1);
  if (!last) return { from: 16, to: 24 };
  if (last.to <= STEPS - 4) return { from: last.to + 2, to: Math.min(STEPS, last.to + 6) };
  return { from: 0, to: Math.max(1, (stretches[0]?.from ?? 2) - 2) };
}

function Times({ first, last }: { first: number; last: number }) {
  return Array.from({ length: last - first + 1 }, (_, at) => (
    <option key={at} value={first + at}>
      {clock(first + at)}
    </option>
  ));
}
