/** Small signs that mean the same everywhere: people, stars, states, facts, time left. */
import { Star } from "lucide-react";
import type { ReactNode } from "react";

import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import css from "./marks.module.css";

/** A person's initials; nobody has to show a face to mend a gutter. */
export function Avatar({ name, size = 44 }: { name: string; size?: number }) {
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map((part) => part[0] ?? "")
    .join("")
    .toUpperCase();
  return (
    <span
      className={css.avatar}
      style={{ width: size, height: size, fontSize: size * 0.36 }}
      aria-hidden
    >
      {initials}
    </span>
  );
}

/** "★ 4,6 (12)", or that nobody has said anything yet. */
export function Rating({ mean, count }: { mean: number | null; count: number }) {
  const say = useSay();
  const format = useFormat();
  if (mean === null || count === 0) return <Badge>{say("rating-none")}</Badge>;
  return (
    <span className={css.stars}>
      <Star size={17} aria-hidden />
      <span className="unseen">{say("rating-aloud", { mean: format.decimal(mean), count })}</span>
      <strong aria-hidden>{format.decimal(mean)}</strong>
      <span aria-hidden>({count})</span>
    </span>
  );
}

/** Stars somebody gave. */
export function Stars({ stars }: { stars: number }) {
  const say = useSay();
  return (
    <span className={css.stars} role="img" aria-label={say("stars", { stars })}>
      {Array.from({ length: stars }, (_, at) => (
        <Star key={at} size={17} aria-hidden />
      ))}
    </span>
  );
}

/** One to five stars to give. */
export function StarPicker({
  value,
  onChange,
  label,
}: {
  value: number;
  onChange: (stars: number) => void;
  label: string;
}) {
  const say = useSay();
  return (
    <div className={css.pick} role="group" aria-label={label}>
      {[1, 2, 3, 4, 5].map((stars) => (
        <button
          key={stars}
          type="button"
          aria-pressed={value === stars}
          aria-label={say("stars", { stars })}
          data-lit={stars <= value || undefined}
          onClick={() => onChange(stars)}
        >
          <Star size={32} aria-hidden />
        </button>
      ))}
    </div>
  );
}

export function Badge({
  tone,
  icon,
  children,
}: {
  tone?: "green" | "sun" | "clay" | undefined;
  icon?: ReactNode;
  children: ReactNode;
}) {
  return (
    <span className={css.badge} data-tone={tone}>
      {icon}
      {children}
    </span>
  );
}

export interface Fact {
  /** What it is, for who cannot see the sign. */
  name: string;
  sign: ReactNode;
  value: ReactNode;
  detail?: ReactNode;
}

/** When, where, how much: a sign and a value each. */
export function Facts({ facts }: { facts: readonly (Fact | false | null | undefined)[] }) {
  return (
    <dl className={css.facts}>
      {facts.map(
        (fact) =>
          fact && (
            <div key={fact.name} style={{ display: "contents" }}>
              <dt>
                <span aria-hidden>{fact.sign}</span>
                <span className="unseen">{fact.name}</span>
              </dt>
              <dd>
                {fact.value}
                {fact.detail && <small>{fact.detail}</small>}
              </dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** How much of a time is left, as a ring that closes. */
export function Ring({
  left,
  size = 84,
  children,
}: {
  /** 1 all of it, 0 none. */
  left: number;
  size?: number;
  children: ReactNode;
}) {
  const width = 7;
  const radius = (size - width) / 2;
  const around = 2 * Math.PI * radius;
  const share = Math.max(0, Math.min(1, left));
  return (
    <span
      className={css.ring}
      style={{ width: size, height: size }}
      data-low={share < 0.25 || undefined}
    >
      <svg width={size} height={size} aria-hidden>
        <circle cx={size / 2} cy={size / 2} r={radius} strokeWidth={width} />
        <circle
          cx={size / 2}
          cy={size / 2}
          r={radius}
          strokeWidth={width}
          strokeDasharray={around}
          strokeDashoffset={around * (1 - share)}
        />
      </svg>
      <strong>{children}</strong>
    </span>
  );
}
