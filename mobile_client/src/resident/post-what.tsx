/** What is to be done: a kind of job, then the example nearest to it. */
import { ChevronRight, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";

import { SERVER } from "~/api/client";
import { useCategories } from "~/api/known";
import type { CategoryAnswer, PresetAnswer } from "~/api/schema";
import { Button, TextField } from "~/ui/controls";
import { Empty, List, Row, Section, Skeleton } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { found } from "./draft";
import css from "./post.module.css";

export function Drawing({ picture, size }: { picture: string | undefined; size?: "large" }) {
  if (picture === undefined) return null;
  // It stands beside its name: nothing is lost to who cannot see it.
  return (
    <img
      className={css.drawing}
      data-size={size}
      src={`${SERVER}${picture}`}
      alt=""
      loading="lazy"
      width={96}
      height={72}
    />
  );
}

export function What({
  chosen,
  onChoose,
}: {
  chosen: string | undefined;
  onChoose: (category: CategoryAnswer) => void;
}) {
  const say = useSay();
  const all = useCategories();
  const [typed, setTyped] = useState("");
  const looked = useDeferredValue(typed);
  const matching = found(all, looked);
  const groups = new Map<string, { name: string; categories: CategoryAnswer[] }>();
  for (const category of matching) {
    const { slug, name } = category.group;
    const group = groups.get(slug) ?? { name, categories: [] };
    group.categories.push(category);
    groups.set(slug, group);
  }
  const tiles = (categories: readonly CategoryAnswer[], label: string) => (
    <ul className={css.tiles} aria-label={label}>
      {categories.map((category) => (
        <li key={category.slug}>
          <button
            type="button"
            className={css.tile}
            aria-current={category.slug === chosen || undefined}
            onClick={() => onChoose(category)}
          >
            <Drawing picture={category.brief_template.presets[0]?.picture} />
            <span>{category.name}</span>
          </button>
        </li>
      ))}
    </ul>
  );
  return (
    <>
      <div className={css.search}>
        <Search size={20} aria-hidden />
        <TextField
          label={say("post-search")}
          type="search"
          enterKeyHint="search"
          placeholder={say("post-search-example")}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            const [only] = matching;
            if (event.key === "Enter" && typed && only) onChoose(only);
          }}
        />
      </div>
      <p className="unseen" role="status">
        {looked && say("post-found", { count: matching.length })}
      </p>
      {all.length === 0 && <Skeleton lines={4} height="7rem" />}
      {all.length > 0 && matching.length === 0 && (
        <Empty mark={<Search size={32} />} title={say("post-nothing-found")}>
          {say("post-nothing-found-text")}
        </Empty>
      )}
      {looked
        ? tiles(matching, say("post-search"))
        : [...groups].map(([slug, group]) => (
            <Section key={slug} title={group.name}>
              {tiles(group.categories, group.name)}
            </Section>
          ))}
    </>
  );
}

export function Example({
  category,
  chosen,
  onChoose,
  onNone,
}: {
  category: CategoryAnswer;
  chosen: string | undefined;
  onChoose: (preset: PresetAnswer) => void;
  onNone: () => void;
}) {
  const say = useSay();
  const format = useFormat();
  return (
    <>
      <p>{say("post-example-text")}</p>
      <ul className={css.examples} aria-label={category.name}>
        {category.brief_template.presets.map((preset) => (
          <li key={preset.id}>
            <button
              type="button"
              className={css.example}
              aria-current={preset.id === chosen || undefined}
              onClick={() => onChoose(preset)}
            >
              <Drawing picture={preset.picture} size="large" />
              <span>
                <strong>{preset.name}</strong>
                <small>{preset.text}</small>
                <small>{say("post-about", { time: format.minutes(preset.minutes) })}</small>
              </span>
              <ChevronRight size={20} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
      <Button look="plain" onClick={onNone}>
        {say("post-none-of-these")}
      </Button>
    </>
  );
}

/** What was chosen, with a way to change it. */
export function Chosen({
  category,
  preset,
  to,
}: {
  category: CategoryAnswer;
  preset: PresetAnswer | undefined;
  to: string;
}) {
  const say = useSay();
  return (
    <List label={say("post-chosen")}>
      <Row
        icon={<Drawing picture={(preset ?? category.brief_template.presets[0])?.picture} />}
        title={category.name}
        detail={[preset?.name, say("post-change")].filter(Boolean).join(" · ")}
        to={to}
      />
    </List>
  );
}
