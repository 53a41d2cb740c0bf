/** The job in words: a title, the few questions that matter, what is to be done, photos. */
import { useState } from "react";

import type { CategoryAnswer, QuestionAnswer } from "~/api/schema";
import { Chips, Field, ManyChips, TextArea, TextField } from "~/ui/controls";
import controls from "~/ui/controls.module.css";
import { PhotoPicker } from "~/ui/photos";
import { Section } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { type Answer, type Draft, numberFor, questions } from "./draft";
import css from "./post.module.css";
import { Chosen } from "./post-what";

type Change = (change: (draft: Draft) => Draft) => void;

const MOST_PHOTOS = 6;

export function Details({
  draft,
  change,
  category,
  photos,
  onPhotos,
}: {
  draft: Draft;
  change: Change;
  category: CategoryAnswer;
  photos: readonly Blob[];
  onPhotos: (photos: Blob[]) => void;
}) {
  const say = useSay();
  const format = useFormat();
  const template = category.brief_template;
  const { first, rest } = questions(category, draft);
  const preset = template.presets.find((each) => each.id === draft.preset);
  const pictures = template.questions.find((each) => each.kind === "photos");
  const answer = (id: string, value: Answer | undefined) =>
    change((now) => {
      const others = Object.entries(now.answers).filter(([name]) => name !== id);
      const said = value === undefined ? others : [...others, [id, value] as const];
      return { ...now, answers: Object.fromEntries(said) };
    });
  const asks = (question: QuestionAnswer) => (
    <Question
      key={question.id}
      question={question}
      value={draft.answers[question.id]}
      onChange={(value) => answer(question.id, value)}
    />
  );
  const lengths = [...new Set([30, 60, 90, 120, 180, 240, 480, draft.minutes])].sort(
    (a, b) => a - b,
  );
  return (
    <>
      <Chosen category={category} preset={preset} to="?step=example" />
      <TextField
        label={say("post-title-label")}
        hint={say("post-title-hint")}
        value={draft.title}
        maxLength={120}
        onChange={(event) => {
          const title = event.target.value;
          change((now) => ({ ...now, title, titleSuggested: title === "" }));
        }}
      />
      {first.map(asks)}
      <Section title={pictures?.label ?? say("photos")}>
        <PhotoPicker photos={photos} onChange={onPhotos} most={MOST_PHOTOS} />
        <p className={css.hint}>{say("post-photos-hint")}</p>
      </Section>
      {template.tasks.length > 0 && (
        <Fold title={say("post-tasks")} count={draft.tasks.length}>
          <ManyChips
            label={say("post-tasks")}
            value={draft.tasks}
            onChange={(tasks) => change((now) => ({ ...now, tasks }))}
            choices={template.tasks.map((each) => ({ value: each.id, label: each.label }))}
          />
        </Fold>
      )}
      <Fold title={say("post-more")}>
        {rest.map(asks)}
        <TextArea
          label={say("post-text")}
          hint={say("post-text-hint")}
          optional
          maxLength={4000}
          value={draft.text}
          onChange={(event) => {
            const text = event.target.value;
            change((now) => ({ ...now, text }));
          }}
        />
        <div className={css.labelled}>
          <p className={controls.label}>{say("post-length")}</p>
          <Chips
            label={say("post-length")}
            value={String(draft.minutes)}
            onChange={(minutes) => change((now) => ({ ...now, minutes: Number(minutes) }))}
            choices={lengths.map((each) => ({
              value: String(each),
              label: format.minutes(each),
            }))}
          />
        </div>
        {template.tools.length > 0 && (
          <div className={css.labelled}>
            <p className={controls.label}>{say("post-needs")}</p>
            <ManyChips
              label={say("post-needs")}
              value={draft.needs}
              onChange={(needs) => change((now) => ({ ...now, needs }))}
              choices={template.tools.map((each) => ({ value: each.slug, label: each.name }))}
            />
          </div>
        )}
      </Fold>
    </>
  );
}

/** What most people leave as it is. */
export function Fold({
  title,
  count = 0,
  children,
}: {
  title: string;
  count?: number;
  children: React.ReactNode;
}) {
  return (
    <details className={css.fold}>
      <summary>
        {title}
        {count > 0 && <span className={css.count}>{count}</span>}
      </summary>
      <div>{children}</div>
    </details>
  );
}

function Question({
  question,
  value,
  onChange,
}: {
  question: QuestionAnswer;
  value: Answer | undefined;
  onChange: (value: Answer | undefined) => void;
}) {
  const say = useSay();
  const [typed, setTyped] = useState(value === undefined ? "" : String(value));
  const optional = !question.required;
  if (question.kind === "text") {
    return (
      <TextArea
        label={question.label}
        optional={optional}
        maxLength={600}
        value={String(value ?? "")}
        onChange={(event) => onChange(event.target.value || undefined)}
      />
    );
  }
  if (question.kind === "number") {
    const wrong = typed !== "" && numberFor(question, typed) === undefined;
    return (
      <TextField
        label={question.label}
        optional={optional}
        inputMode="decimal"
        {...(question.unit && { suffix: question.unit })}
        wrong={
          wrong
            ? say("post-number-wrong", { least: question.least ?? 0, most: question.most ?? 0 })
            : undefined
        }
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          onChange(numberFor(question, event.target.value));
        }}
      />
    );
  }
  const choices =
    question.kind === "yes_no"
      ? [
          { value: "yes", label: say("post-yes") },
          { value: "no", label: say("post-no") },
        ]
      : question.choices;
  return (
    <Field label={question.label} optional={optional}>
      {() => (
        <Chips
          label={question.label}
          choices={choices}
          value={
            typeof value === "boolean" ? (value ? "yes" : "no") : (value as string | undefined)
          }
          onChange={(next) => onChange(question.kind === "yes_no" ? next === "yes" : next)}
        />
      )}
    </Field>
  );
}
