/**
 * A job that is being written: what is said so far, what is assumed for what is not, and the
 * requests it becomes.
 *
 * Nothing here touches the screen, the network or the device (draft-store.ts keeps it).
 */
import type {
  BudgetBody,
  CategoryAnswer,
  EstimateAnswer,
  EstimateBody,
  JobBody,
  MarketAnswer,
  PresetAnswer,
  QuestionAnswer,
  RemedyAnswer,
} from "~/api/schema";

import { urgencyOf, type When, type Window } from "./window";

export type Answer = string | number | boolean;

export interface Draft {
  category?: string;
  preset?: string;
  title: string;
  /** Whether the title is still ours to suggest. */
  titleSuggested: boolean;
  answers: Record<string, Answer>;
  tasks: string[];
  needs: string[];
  minutes: number;
  text: string;
  point?: [number, number];
  /** What the place is called where it was found. */
  placeName: string;
  address: string;
  access: string;
  when: When;
  budget: "fixed" | "hourly" | "quotes";
  /** What was typed; null takes what the estimate says. */
  amountCents: number | null;
  mode: "instant" | "choose";
  languages: string[];
}

export const EMPTY: Draft = {
  title: "",
  titleSuggested: true,
  answers: {},
  tasks: [],
  needs: [],
  minutes: 60,
  text: "",
  placeName: "",
  address: "",
  access: "",
  when: { kind: "tomorrow" },
  budget: "fixed",
  amountCents: null,
  mode: "instant",
  languages: [],
};

export type Step = "what" | "example" | "details" | "where" | "price";
export const STEPS: readonly Step[] = ["what", "example", "details", "where", "price"];

export function nextStep(step: Step): Step {
  return STEPS[STEPS.indexOf(step) + 1] ?? step;
}

/** The furthest step that makes sense: an address typed by hand leads no further. */
export function furthest(draft: Draft, wanted: string | null): Step {
  const step = STEPS.find((each) => each === wanted) ?? "what";
  if (!draft.category) return "what";
  if (step === "price" && !draft.point) return "where";
  return step;
}

/** Another kind of job: what was said of the other one does not fit it. */
export function withCategory(draft: Draft, category: CategoryAnswer): Draft {
  if (draft.category === category.slug) return draft;
  const rest = { ...draft };
  delete rest.preset;
  return {
    ...rest,
    category: category.slug,
    answers: {},
    tasks: category.brief_template.tasks.filter((each) => each.usual).map((each) => each.id),
    needs: category.brief_template.needs,
    minutes: Math.max(15, category.usual_minutes),
    amountCents: null,
    ...(draft.titleSuggested && { title: category.name }),
  };
}

/** An example fills in nearly everything; a title somebody wrote stays theirs. */
export function withPreset(
  draft: Draft,
  category: CategoryAnswer,
  preset: PresetAnswer,
  title: string,
): Draft {
  return {
    ...withCategory(draft, category),
    preset: preset.id,
    answers: { ...(preset.answers as Record<string, Answer>) },
    tasks: preset.tasks,
    needs: preset.needs,
    minutes: preset.minutes,
    amountCents: null,
    ...(draft.titleSuggested && { title }),
  };
}

/**
 * Which questions are asked at once, and which are folded away: what is required first, then what
 * the example has answered, since that is what it is about. Photos and words have places of
 * their own.
 */
export function questions(
  category: CategoryAnswer,
  draft: Draft,
): { first: QuestionAnswer[]; rest: QuestionAnswer[] } {
  const preset = category.brief_template.presets.find((each) => each.id === draft.preset);
  const first: QuestionAnswer[] = [];
  const rest: QuestionAnswer[] = [];
  for (const question of category.brief_template.questions) {
    if (question.kind === "photos") continue;
    const likely =
      question.required || (question.kind !== "text" && question.id in (preset?.answers ?? {}));
    (likely ? first : rest).push(question);
  }
  return { first, rest };
}

/** A number typed for a question: undefined where it is none, or out of bounds. */
export function numberFor(question: QuestionAnswer, typed: string): number | undefined {
  const number = Number(typed.replace(",", ".").replace(/\s/g, ""));
  if (typed.trim() === "" || !Number.isFinite(number)) return undefined;
  if (question.least !== null && number < question.least) return undefined;
  if (question.most !== null && number > question.most) return undefined;
  return question.unit === null ? Math.round(number) : number;
}

const CENTS = 100;

/** What to propose: what such jobs cost, rounded up to what one would say aloud. */
export function suggested(
  estimate: EstimateAnswer | undefined,
  kind: "fixed" | "hourly",
  minutes: number,
): number {
  // Where too little is known, thirty an hour is where people begin to talk.
  const total = estimate?.price?.total_cents.median ?? (30 * CENTS * minutes) / 60;
  if (kind === "hourly") return Math.ceil((total * 60) / minutes / CENTS) * CENTS;
  const step = total < 200 * CENTS ? 5 * CENTS : 10 * CENTS;
  return Math.max(step, Math.ceil(total / step) * step);
}

/** "85", "85,50", "85.5 €" as cents; null where it is no amount. */
export function cents(typed: string): number | null {
  const amount = Number(typed.replace(/[^\d.,]/g, "").replace(",", "."));
  return typed.trim() === "" || !Number.isFinite(amount) || amount <= 0
    ? null
    : Math.round(amount * CENTS);
}

/** Quotes take time: what is needed now has a price. */
export function budgetKind(draft: Draft): Draft["budget"] {
  return draft.budget === "quotes" && draft.when.kind === "now" ? "fixed" : draft.budget;
}

export function budgetOf(draft: Draft, currency: string, suggestedCents: number): BudgetBody {
  const kind = budgetKind(draft);
  return {
    kind,
    currency,
    amount_cents: kind === "quotes" ? null : (draft.amountCents ?? suggestedCents),
  };
}

/** Quotes are compared; whoever is needed now is not waited for. */
export function modeOf(draft: Draft): "instant" | "choose" {
  if (draft.when.kind === "now") return "instant";
  return draft.budget === "quotes" ? "choose" : draft.mode;
}

export function asked(
  draft: Draft,
  category: string,
  point: [number, number],
  window: Window,
  budget: BudgetBody,
): EstimateBody {
  return {
    category,
    location: { type: "Point", coordinates: point },
    window,
    duration_minutes: draft.minutes,
    budget,
    mode: modeOf(draft),
    urgency: urgencyOf(draft.when),
    languages: draft.languages,
    needs: draft.needs,
  };
}

/** What to ask first, when no price was said yet: what it costs whatever one would pay. */
export function openEnded(body: EstimateBody): EstimateBody {
  const { currency } = body.budget;
  return body.urgency === "now"
    ? {
        ...body,
        mode: "instant",
        budget: { kind: "fixed", currency, amount_cents: 10_000 * CENTS },
      }
    : { ...body, mode: "choose", budget: { kind: "quotes", currency, amount_cents: null } };
}

export function jobBody(
  draft: Draft,
  category: CategoryAnswer,
  estimate: EstimateBody,
  photos: string[],
): JobBody {
  const { brief_template: template } = category;
  const pictures = template.questions.find((each) => each.kind === "photos");
  return {
    ...estimate,
    title: draft.title.trim() || category.name,
    brief: {
      template_version: template.version,
      text: draft.text.trim(),
      tasks: draft.tasks,
      ...(draft.preset && { preset: draft.preset }),
      answers: {
        ...draft.answers,
        ...(pictures &&
          photos.length > 0 && { [pictures.id]: photos.slice(0, pictures.most ?? photos.length) }),
      },
    },
    address: draft.address.trim(),
    access_notes: draft.access.trim(),
    photos,
  };
}

/** The draft as a remedy would have it. */
export function remedied(draft: Draft, remedy: RemedyAnswer): Draft {
  const { window, budget, mode, duration_minutes: minutes } = remedy.dispatch ?? {};
  return {
    ...draft,
    ...(window && { when: { kind: "exact", from: window.from, to: window.to } as const }),
    ...(budget && { budget: budget.kind, amountCents: budget.amount_cents ?? null }),
    ...(mode && { mode }),
    ...(minutes && { minutes }),
  };
}

/** Something said of the way in, said or taken back by one tap. */
export function withSaid(access: string, phrase: string): string {
  const said = access
    .split(", ")
    .map((each) => each.trim())
    .filter(Boolean);
  return (said.includes(phrase) ? said.filter((each) => each !== phrase) : [...said, phrase]).join(
    ", ",
  );
}

function inside(ring: readonly (readonly number[])[], [x, y]: [number, number]): boolean {
  let odd = false;
  for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
    const [ax = 0, ay = 0] = ring[at] ?? [];
    const [bx = 0, by = 0] = ring[before] ?? [];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

/** In which town a place lies; undefined where we do not work. The server has the last word. */
export function marketAt(
  markets: readonly MarketAnswer[],
  point: [number, number],
): MarketAnswer | undefined {
  return markets.find((market) =>
    (market.area.coordinates as number[][][][]).some(
      ([outer = [], ...holes]) =>
        inside(outer, point) && !holes.some((hole) => inside(hole, point)),
    ),
  );
}

/** Letters without accents or case, so that "elagage" finds "Élagage". */
function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();
}

/** Kinds of jobs whose name, group, examples or tasks hold every word that was typed. */
export function found(categories: readonly CategoryAnswer[], typed: string): CategoryAnswer[] {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...categories];
  const scored = categories.map((category) => {
    const name = plain(category.name);
    const all = plain(
      [
        category.name,
        category.group.name,
        ...category.brief_template.presets.flatMap((each) => [each.name, each.text]),
        ...category.brief_template.tasks.map((each) => each.label),
      ].join(" "),
    );
    const holds = words.every((word) => all.includes(word));
    return { category, score: holds ? (words.some((word) => name.includes(word)) ? 2 : 1) : 0 };
  });
  return scored
    .filter((each) => each.score > 0)
    .sort((a, b) => b.score - a.score)
    .map((each) => each.category);
}
