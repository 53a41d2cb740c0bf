import { describe, expect, it } from "vitest";

import type {
  CategoryAnswer,
  EstimateAnswer,
  MarketAnswer,
  PresetAnswer,
  QuestionAnswer,
} from "~/api/schema";

import {
  asked,
  budgetOf,
  cents,
  EMPTY,
  found,
  furthest,
  jobBody,
  marketAt,
  modeOf,
  numberFor,
  openEnded,
  questions,
  remedied,
  suggested,
  withCategory,
  withPreset,
  withSaid,
} from "./draft";
import { reached } from "./terms";

function question(id: string, kind: QuestionAnswer["kind"], more: Partial<QuestionAnswer> = {}) {
  return {
    id,
    kind,
    label: id,
    required: false,
    unit: null,
    least: null,
    most: null,
    choices: [],
    ...more,
  };
}

const small: PresetAnswer = {
  id: "small",
  name: "Petite pelouse",
  text: "100 m² d’herbe",
  picture: "/lawn.svg",
  answers: { area: 100, slope: "flat" },
  tasks: ["mow"],
  needs: ["mower"],
  minutes: 60,
};

const lawn: CategoryAnswer = {
  slug: "lawn-mowing",
  name: "Tonte",
  group: { slug: "garden", name: "Jardin" },
  usual_minutes: 90,
  price_kind: "flat",
  papers: [],
  brief_template: {
    version: 2,
    presets: [small],
    questions: [
      question("area", "number", { required: true, unit: "m²", least: 5, most: 10_000 }),
      question("slope", "choice"),
      question("access", "choice"),
      question("photos", "photos", { least: 1, most: 2 }),
    ],
    tasks: [
      { id: "mow", label: "Tondre", usual: true },
      { id: "moss", label: "Scarifier", usual: false },
    ],
    needs: [],
    tools: [],
  },
};
const pruning = { ...lawn, slug: "tree-pruning", name: "Élagage" };

const WINDOW = { from: "2026-11-27T07:00:00.000Z", to: "2026-11-27T19:00:00.000Z" };

describe("an example fills in nearly everything", () => {
  const draft = withPreset(EMPTY, lawn, small, "Tonte – petite pelouse");

  it("answers, tasks, tools, length and title", () => {
    expect(draft).toMatchObject({
      category: "lawn-mowing",
      preset: "small",
      answers: { area: 100, slope: "flat" },
      tasks: ["mow"],
      needs: ["mower"],
      minutes: 60,
      title: "Tonte – petite pelouse",
    });
  });

  it("leaves a title alone that somebody wrote", () => {
    const written = { ...EMPTY, title: "Mon jardin", titleSuggested: false };
    expect(withPreset(written, lawn, small, "Tonte").title).toBe("Mon jardin");
  });

  it("is forgotten with its kind of job, and kept when that is chosen again", () => {
    expect(withCategory(draft, lawn)).toBe(draft);
    const other = withCategory(draft, pruning);
    expect(other.preset).toBeUndefined();
    expect(other.answers).toEqual({});
  });

  it("asks first what is required or answered by it, and no photos among the questions", () => {
    const { first, rest } = questions(lawn, draft);
    expect(first.map((each) => each.id)).toEqual(["area", "slope"]);
    expect(rest.map((each) => each.id)).toEqual(["access"]);
  });
});

describe("numbers", () => {
  const area = question("area", "number", { unit: "m²", least: 5, most: 100 });

  it("are taken as people type them, within their bounds", () => {
    expect(numberFor(area, "12,5")).toBe(12.5);
    expect(numberFor(area, "4")).toBeUndefined();
    expect(numberFor(area, "many")).toBeUndefined();
    expect(numberFor(question("rooms", "number"), "2.4")).toBe(2);
  });

  it("are amounts", () => {
    expect(cents("85,50 €")).toBe(8550);
    expect(cents("0")).toBeNull();
    expect(cents("")).toBeNull();
  });
});

describe("a budget", () => {
  const priced = { price: { total_cents: { median: 7120 } } } as EstimateAnswer;

  it("is what such jobs cost, rounded up to what one would say", () => {
    expect(suggested(priced, "fixed", 60)).toBe(7500);
    expect(suggested(priced, "hourly", 120)).toBe(3600);
    expect(suggested(undefined, "fixed", 60)).toBe(3000);
  });

  it("is never quotes when somebody is needed now", () => {
    const draft = { ...EMPTY, budget: "quotes", when: { kind: "now" } } as const;
    expect(budgetOf(draft, "EUR", 5000)).toEqual({
      kind: "fixed",
      currency: "EUR",
      amount_cents: 5000,
    });
    expect(modeOf(draft)).toBe("instant");
  });

  it("with quotes one chooses", () => {
    expect(modeOf({ ...EMPTY, budget: "quotes" })).toBe("choose");
  });

  it("is left open for the first question", () => {
    const body = asked(EMPTY, "lawn-mowing", [4.8, 45.7], WINDOW, budgetOf(EMPTY, "EUR", 5000));
    expect(openEnded(body)).toMatchObject({ mode: "choose", budget: { kind: "quotes" } });
    expect(openEnded({ ...body, urgency: "now" }).mode).toBe("instant");
  });
});

it("what is sent names the photos where the template asks for them", () => {
  const draft = withPreset(EMPTY, lawn, small, "Tonte");
  const body = asked(draft, "lawn-mowing", [4.8, 45.7], WINDOW, budgetOf(draft, "EUR", 5000));
  const job = jobBody(draft, lawn, body, ["a", "b", "c"]);
  expect(job.photos).toEqual(["a", "b", "c"]);
  expect(job.brief).toMatchObject({ preset: "small", answers: { area: 100, photos: ["a", "b"] } });
});

it("a remedy changes the draft as it says", () => {
  const draft = remedied(EMPTY, {
    kind: "another-day",
    would_reach: 3,
    instead_of: 0,
    dispatch: { window: WINDOW },
  });
  expect(draft.when).toEqual({ kind: "exact", ...WINDOW });
  expect(draft.budget).toBe("fixed");
});

it("leads no further than what is known", () => {
  expect(furthest(EMPTY, "price")).toBe("what");
  expect(furthest({ ...EMPTY, category: "lawn-mowing" }, "price")).toBe("where");
  expect(furthest({ ...EMPTY, category: "lawn-mowing", point: [4.8, 45.7] }, "price")).toBe(
    "price",
  );
  expect(furthest(EMPTY, "nonsense")).toBe("what");
});

it("finds kinds of jobs whatever the accents", () => {
  expect(found([lawn, pruning], "elag").map((each) => each.slug)).toEqual(["tree-pruning"]);
  expect(found([lawn, pruning], "petite pelouse")).toHaveLength(2);
  expect(found([lawn, pruning], "fusée")).toHaveLength(0);
});

it("knows the town of a place, and a hole in it", () => {
  const square = (from: number, to: number) => [
    [from, from],
    [to, from],
    [to, to],
    [from, to],
    [from, from],
  ];
  const town = {
    slug: "town",
    area: { type: "MultiPolygon", coordinates: [[square(0, 10), square(4, 6)]] },
  } as unknown as MarketAnswer;
  expect(marketAt([town], [1, 2])?.slug).toBe("town");
  expect(marketAt([town], [5, 5])).toBeUndefined();
  expect(marketAt([town], [11, 5])).toBeUndefined();
});

it("says of the way in what is pressed, and takes it back", () => {
  expect(withSaid(withSaid("3e étage", "Ascenseur"), "Parking")).toBe(
    "3e étage, Ascenseur, Parking",
  );
  expect(withSaid("3e étage, Ascenseur", "Ascenseur")).toBe("3e étage");
});

it("whoever answered has looked, and whoever looked was asked", () => {
  expect(
    reached({
      pending: 2,
      sent: 3,
      seen: 1,
      quoted: 1,
      declined: 1,
      accepted: 0,
      expired: 0,
      withdrawn: 0,
    }),
  ).toEqual({ asked: 6, waiting: 2, looked: 3, answered: 2, prices: 1 });
});
