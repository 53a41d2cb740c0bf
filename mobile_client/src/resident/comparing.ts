/** Answers side by side: which of them is best at what, as the one who chooses would look. */
import type { AskedAnswer } from "~/api/schema";

/** More than five is no comparison. */
export const MOST = 5;

/** Those who named a price, the first `MOST`, in the order they were ranked. */
export function answersOf(asked: readonly AskedAnswer[]): AskedAnswer[] {
  return asked.filter((each) => each.state === "quoted").slice(0, MOST);
}

export type Best = "price" | "distance" | "date" | "rating" | "response";

export function total(answer: AskedAnswer): number | null {
  return answer.price.total_cents ?? answer.quote?.amount_cents ?? null;
}

const LOOKS: Record<Best, (answer: AskedAnswer) => number | null | undefined> = {
  price: total,
  distance: (each) => each.distance_up_to_m,
  date: (each) => Date.parse(each.starts_at),
  rating: (each) => (each.profile?.rating.mean == null ? null : -each.profile.rating.mean),
  response: (each) => each.profile?.response_median_min,
};

/** In what each is alone the best; a tie is nobody's. */
export function bests(answers: readonly AskedAnswer[]): Map<string, Best[]> {
  const won = new Map<string, Best[]>(answers.map((each) => [each.offer_id, []]));
  if (answers.length < 2) return won;
  for (const [name, look] of Object.entries(LOOKS) as [Best, (typeof LOOKS)[Best]][]) {
    const scored = answers
      .map((answer) => ({ answer, score: look(answer) }))
      .filter((each): each is { answer: AskedAnswer; score: number } => each.score != null)
      .sort((a, b) => a.score - b.score);
    const [first, second] = scored;
    if (first && second && first.score < second.score) won.get(first.answer.offer_id)?.push(name);
  }
  return won;
}

/** A counter-offer is taken within a fifth of what was quoted. */
export function counterBounds(quotedCents: number): { least: number; most: number } {
  return { least: Math.ceil(quotedCents * 0.8), most: Math.floor(quotedCents * 1.2) };
}
