/** What this person is told of, and by which ways; and whether this device may ring. */
import { useMutation } from "@tanstack/react-query";

import { api, server } from "~/api/client";
import type { WishesAnswer } from "~/api/schema";
import { client } from "~/api/store";
import { useMe } from "~/api/who";
import { AskForPushes, usePushStatus } from "~/push/ask";
import { ManyChips, Switch } from "~/ui/controls";
import { Card, Failure, Notice, Section, Skeleton, Wrong } from "~/ui/surfaces";
import { useSay } from "~/words";

const WAYS = ["push", "mail", "sms"] as const;

export function Notices() {
  const say = useSay();
  const me = useMe();
  const provider = me.roles.includes("provider");
  const [status] = usePushStatus();
  const wishes = api.useQuery("get", "/api/v1/me/preferences", {}, { meta: { keep: true } });
  const put = useMutation({
    // One after the other: each says everything, and the last one is what stays.
    scope: { id: "wishes" },
    mutationFn: async (body: WishesAnswer) =>
      (await server.PUT("/api/v1/me/preferences", { body })).data,
    onSuccess: (said) => {
      client.setQueryData(["get", "/api/v1/me/preferences", {}], said);
    },
  });
  const shown = put.isPending ? put.variables : wishes.data;
  const topics = [
    ...(provider ? (["offers"] as const) : []),
    ...(me.roles.includes("resident") ? (["answers"] as const) : []),
    ...(["visits", "reviews", "account"] as const),
  ];
  return (
    <Section title={say("me-notices")}>
      {status === "on" ? (
        <Notice>
          <p>{say("me-push-on")}</p>
        </Notice>
      ) : (
        <AskForPushes reason={provider ? "provider" : "resident"} />
      )}
      {wishes.isPending && <Skeleton lines={2} />}
      {wishes.isError && !wishes.data && <Failure error={wishes.error} again={wishes.refetch} />}
      {shown && (
        <Card>
          {topics.map((topic) => (
            <div key={topic} style={{ display: "grid", gap: "0.5rem" }}>
              <h3>{say(`me-topic-${topic}`)}</h3>
              <ManyChips
                label={say(`me-topic-${topic}`)}
                choices={WAYS.map((value) => ({
                  value,
                  label: say(`me-way-${value}`),
                  disabled: value === "sms" && !me.phone_verified,
                }))}
                value={shown.ways[topic] ?? []}
                onChange={(ways) =>
                  put.mutate({ ...shown, ways: { ...shown.ways, [topic]: ways } })
                }
              />
            </div>
          ))}
          <p>
            <small>{say("me-ways-hint")}</small>
          </p>
          {provider && (
            <Switch
              label={say("me-night")}
              hint={say("me-night-hint")}
              checked={shown.now_at_night}
              onChange={(now_at_night) => put.mutate({ ...shown, now_at_night })}
            />
          )}
          <Wrong error={put.error} />
        </Card>
      )}
    </Section>
  );
}
