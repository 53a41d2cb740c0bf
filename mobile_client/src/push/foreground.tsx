/**
 * What is pushed while the app is looked at: a sheet for an offer, a line for everything else,
 * in the place of a notification.
 */
import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";

import { api } from "~/api/client";
import { OfferFacts } from "~/provider/offer-facts";
import { Button } from "~/ui/controls";
import { Sheet, Skeleton, toast } from "~/ui/surfaces";
import { useSay } from "~/words";

import { listen, onPush, rebind } from "./push";

export function Foreground() {
  const say = useSay();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const [offerId, setOfferId] = useState<string | undefined>(undefined);
  useEffect(() => {
    void listen((path) => void navigate(path));
    // Without a network it stays as it was.
    rebind().catch((error: unknown) => console.warn("not bound anew", error));
  }, [navigate]);
  useEffect(
    () =>
      onPush((pushed) => {
        if (pushed.kind === "offer-withdrawn") {
          setOfferId((shown) => (shown === pushed.offer_id ? undefined : shown));
        }
        if (pushed.shown) return;
        if (pushed.offer_id && /^offer(-outside-hours)?$/.test(pushed.kind)) {
          setOfferId(pushed.offer_id);
        } else if (pushed.title) {
          const look = { label: say("look"), run: () => void navigate(pushed.path) };
          toast(pushed.title, look, 10_000);
        }
      }),
    [navigate, say],
  );
  const open = offerId !== undefined && pathname !== `/offers/${offerId}`;
  return (
    <Sheet title={say("offer-arrived")} open={open} onClose={() => setOfferId(undefined)}>
      {offerId && <Offer offerId={offerId} />}
      <Button
        wide
        onClick={() => {
          setOfferId(undefined);
          void navigate(`/offers/${offerId ?? ""}`);
        }}
      >
        {say("offer-look")}
      </Button>
    </Sheet>
  );
}

function Offer({ offerId }: { offerId: string }) {
  const { data } = api.useQuery("get", "/api/v1/offers/{offer_id}", {
    params: { path: { offer_id: offerId } },
  });
  return data ? <OfferFacts offer={data} /> : <Skeleton lines={2} height="2rem" />;
}
