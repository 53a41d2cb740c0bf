import type { OfferAnswer } from "~/api/schema";

export function OfferFacts({ offer }: { offer: OfferAnswer }) {
  return <p>{offer.job.title}</p>;
}
