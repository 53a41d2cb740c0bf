/** What one does and what it costs: found by typing, priced in a sheet. */
import { Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import { useCategories, useCategoryName } from "~/api/known";
import type { CategoryAnswer, SkillBody } from "~/api/schema";
import { Button, Chips, IconButton, TextField } from "~/ui/controls";
import { List, Row, Sheet } from "~/ui/surfaces";
import { useSay } from "~/words";
import { useFormat } from "~/words/format";

import { cents, typed } from "./money";
import css from "./provider.module.css";

const SHOWN = 6;

/** Letters without their accents: who types "electricite" finds it. */
function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

export function Skills({
  skills,
  currency,
  onChange,
}: {
  skills: readonly SkillBody[];
  currency: string;
  onChange: (skills: SkillBody[]) => void;
}) {
  const say = useSay();
  const name = useCategoryName();
  const [edited, setEdited] = useState<SkillBody | undefined>(undefined);
  return (
    <>
      {skills.length === 0 ? (
        <p className={css.muted}>{say("profile-skills-none")}</p>
      ) : (
        <List label={say("profile-skills")}>
          {skills.map((skill) => (
            <Row
              key={skill.category}
              title={name(skill.category)}
              detail={<PriceSaid skill={skill} />}
              end={
                <Pencil
                  size={20}
                  aria-label={say("profile-skill-edit", { name: name(skill.category) })}
                />
              }
              onPress={() => setEdited(skill)}
            />
          ))}
        </List>
      )}
      <Search
        taken={skills.map((skill) => skill.category)}
        onChoose={(category) =>
          setEdited({
            category: category.slug,
            options: [],
            price: {
              kind: category.price_kind,
              currency,
              call_out_fee_cents: 0,
              amount_cents: null,
            },
          })
        }
      />
      <Sheet
        title={edited ? name(edited.category) : ""}
        open={edited !== undefined}
        onClose={() => setEdited(undefined)}
      >
        {edited && (
          <Edit
            key={edited.category}
            skill={edited}
            known={skills.includes(edited)}
            onDone={(next) => {
              const others = skills.filter((skill) => skill.category !== edited.category);
              const at = skills.indexOf(edited);
              onChange(
                next === undefined
                  ? others
                  : at < 0
                    ? [...skills, next]
                    : skills.map((skill, other) => (other === at ? next : skill)),
              );
              setEdited(undefined);
            }}
          />
        )}
      </Sheet>
    </>
  );
}

function PriceSaid({ skill }: { skill: SkillBody }) {
  const say = useSay();
  const format = useFormat();
  const { kind, amount_cents, call_out_fee_cents, currency } = skill.price;
  const price = format.money(amount_cents ?? 0, currency);
  return (
    <>
      {say(`profile-price-each-${kind}`, { price })}
      {(call_out_fee_cents ?? 0) > 0 &&
        ` ${say("profile-price-trip", { price: format.money(call_out_fee_cents ?? 0, currency) })}`}
    </>
  );
}

function Search({
  taken,
  onChoose,
}: {
  taken: readonly string[];
  onChoose: (category: CategoryAnswer) => void;
}) {
  const say = useSay();
  const categories = useCategories();
  const [text, setText] = useState("");
  const wanted = plain(text.trim());
  const found = categories
    .filter((each) => !taken.includes(each.slug))
    .filter(
      (each) =>
        wanted === "" || plain(`${each.name} ${each.group.name} ${each.slug}`).includes(wanted),
    );
  return (
    <div className={css.stack}>
      <TextField
        label={say("profile-skill-search")}
        hint={say("profile-skill-search-hint")}
        type="search"
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className={css.adders} role="group" aria-label={say("profile-skill-search")}>
        {found.slice(0, wanted === "" ? SHOWN : 2 * SHOWN).map((each) => (
          <Button
            key={each.slug}
            look="plain"
            icon={<Plus size={18} aria-hidden />}
            onClick={() => {
              setText("");
              onChoose(each);
            }}
          >
            {each.name}
          </Button>
        ))}
      </div>
    </div>
  );
}

interface Option {
  id: string;
  label: string;
  amount: string;
}

function Edit({
  skill,
  known,
  onDone,
}: {
  skill: SkillBody;
  known: boolean;
  onDone: (skill: SkillBody | undefined) => void;
}) {
  const say = useSay();
  const [kind, setKind] = useState(skill.price.kind);
  const [amount, setAmount] = useState(typed(skill.price.amount_cents));
  const [trip, setTrip] = useState(typed(skill.price.call_out_fee_cents ?? 0));
  const [options, setOptions] = useState<Option[]>(
    (skill.options ?? []).map((each) => ({
      id: each.id,
      label: each.label,
      amount: typed(each.amount_cents),
    })),
  );
  const [tried, setTried] = useState(false);
  const priced = kind === "quote" || (cents(amount) ?? 0) > 0;
  const fee = trip.trim() === "" ? 0 : cents(trip);
  const optioned = options.every((each) => each.label.trim() && (cents(each.amount) ?? 0) > 0);
  const change = (id: string, to: Partial<Option>) =>
    setOptions(options.map((each) => (each.id === id ? { ...each, ...to } : each)));
  return (
    <form
      className={css.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setTried(true);
        if (!priced || fee === undefined || !optioned) return;
        onDone({
          category: skill.category,
          price: {
            kind,
            currency: skill.price.currency,
            amount_cents: kind === "quote" ? null : (cents(amount) ?? null),
            call_out_fee_cents: fee,
            steps: kind === "hourly" ? (skill.price.steps ?? []) : [],
          },
          options: options.map((each) => ({
            id: each.id,
            label: each.label.trim(),
            amount_cents: cents(each.amount) ?? 0,
          })),
        });
      }}
    >
      <Chips
        label={say("profile-price-kind")}
        value={kind}
        onChange={setKind}
        choices={(["hourly", "flat", "quote"] as const).map((value) => ({
          value,
          label: say(`profile-price-${value}`),
        }))}
      />
      <div className={css.pair}>
        {kind !== "quote" && (
          <TextField
            label={say("profile-price-amount")}
            inputMode="decimal"
            suffix={kind === "hourly" ? "€/h" : "€"}
            value={amount}
            wrong={tried && !priced ? say("profile-price-missing") : undefined}
            onChange={(event) => setAmount(event.target.value)}
          />
        )}
        <TextField
          label={say("profile-call-out")}
          hint={say("profile-call-out-hint")}
          inputMode="decimal"
          suffix="€"
          value={trip}
          wrong={tried && fee === undefined ? say("quote-amount-wrong") : undefined}
          onChange={(event) => setTrip(event.target.value)}
        />
      </div>
      <fieldset className={css.form}>
        <legend>{say("profile-options")}</legend>
        {options.map((each) => (
          <div key={each.id} className={css.line}>
            <TextField
              label={say("profile-option-label")}
              maxLength={80}
              value={each.label}
              onChange={(event) => change(each.id, { label: event.target.value })}
            />
            <div className={css.lineHead}>
              <TextField
                label={say("profile-option-amount")}
                inputMode="decimal"
                suffix="€"
                value={each.amount}
                wrong={
                  tried && !((cents(each.amount) ?? 0) > 0)
                    ? say("profile-price-missing")
                    : undefined
                }
                onChange={(event) => change(each.id, { amount: event.target.value })}
              />
              <IconButton
                label={say("profile-option-remove")}
                onClick={() => setOptions(options.filter((other) => other.id !== each.id))}
              >
                <Trash2 size={20} aria-hidden />
              </IconButton>
            </div>
          </div>
        ))}
        {options.length < 12 && (
          <Button
            look="quiet"
            onClick={() => setOptions([...options, { id: fresh(options), label: "", amount: "" }])}
          >
            {say("profile-option-add")}
          </Button>
        )}
      </fieldset>
      <Button type="submit" wide>
        {say("first-next")}
      </Button>
      {known && (
        <Button look="danger" onClick={() => onDone(undefined)}>
          {say("profile-skill-remove")}
        </Button>
      )}
    </form>
  );
}

function fresh(options: readonly Option[]): string {
  let number = options.length + 1;
  while (options.some((each) => each.id === `option-${number}`)) number++;
  return `option-${number}`;
}
