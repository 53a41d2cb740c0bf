/** A provider's shop window, as whoever may have them sees it. */
import { Heart, MessageCircle, ShieldCheck, Star, Timer, Wrench } from "lucide-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";

import { useAct } from "~/api/act";
import { api, server } from "~/api/client";
import { useCategories, useCategoryName } from "~/api/known";
import type { PublicAnswer, ReportBody } from "~/api/schema";
import { useMe } from "~/api/who";
import { Button, Chips, TextArea } from "~/ui/controls";
import { Avatar, Badge, Facts, Rating } from "~/ui/marks";
import { Photos } from "~/ui/photos";
import {
  Card,
  Confirm,
  Failure,
  List,
  Page,
  Row,
  Section,
  Sheet,
  Skeleton,
  toast,
  Wrong,
} from "~/ui/surfaces";
import { useSay, useWords } from "~/words";
import { useFormat } from "~/words/format";

import css from "./answers.module.css";

export default function Provider() {
  const say = useSay();
  const { providerId = "" } = useParams();
  const { data, error, refetch } = api.useQuery(
    "get",
    "/api/v1/providers/{provider_id}",
    { params: { path: { provider_id: providerId } } },
    { meta: { keep: true } },
  );
  return (
    <Page title={data?.display_name ?? say("provider-title")} back="/jobs">
      {data ? (
        <Shown provider={data} />
      ) : error ? (
        <Failure error={error} again={() => refetch()} />
      ) : (
        <Skeleton lines={3} height="7rem" />
      )}
    </Page>
  );
}

function Shown({ provider }: { provider: PublicAnswer }) {
  const say = useSay();
  const me = useMe();
  const format = useFormat();
  const nameOf = useCategoryName();
  const { language } = useWords();
  const tools = useToolNames();
  const languages = new Intl.DisplayNames(language, { type: "language" });
  const rated = provider.ratings.filter((each) => each.mean !== null);
  return (
    <>
      <Card>
        <div className={css.who}>
          <Avatar name={provider.display_name} size={64} />
          <div>
            <p className={css.signs}>
              <Rating mean={provider.rating.mean} count={provider.rating.count} />
              <Badge tone="green">{say("provider-level", { level: provider.level })}</Badge>
            </p>
            {provider.headline && <p>{provider.headline}</p>}
          </div>
        </div>
        <Facts
          facts={[
            {
              name: say("provider-visits"),
              sign: <Star size={20} />,
              value: say("provider-visits-count", { count: provider.visits }),
              detail: [
                say("provider-since", { month: format.month(provider.member_since) }),
                provider.redo_share !== null &&
                  say("provider-redo", { share: format.percent(provider.redo_share) }),
              ]
                .filter(Boolean)
                .join(" · "),
            },
            provider.response_badge && {
              name: say("answers-response"),
              sign: <Timer size={20} />,
              value: provider.response_badge.says,
            },
            provider.languages.length > 0 && {
              name: say("provider-languages"),
              sign: <MessageCircle size={20} />,
              value: provider.languages.map((each) => languages.of(each) ?? each).join(", "),
            },
            provider.tools.length > 0 && {
              name: say("provider-tools"),
              sign: <Wrench size={20} />,
              value: provider.tools.map((each) => tools.get(each) ?? each).join(", "),
            },
          ]}
        />
        {provider.id !== me.id && me.roles.includes("resident") && <Favour provider={provider} />}
      </Card>
      {provider.papers.length > 0 && (
        <Section title={say("provider-papers")}>
          <List>
            {provider.papers.map((paper) => (
              <Row
                key={paper.kind}
                icon={<ShieldCheck aria-hidden />}
                title={say(`paper-kind-${paper.kind}`)}
                detail={
                  paper.expires
                    ? say("provider-paper-until", { month: format.month(`${paper.expires}-15`) })
                    : undefined
                }
              />
            ))}
          </List>
        </Section>
      )}
      {provider.portfolio.length > 0 && (
        <Section title={say("provider-portfolio")}>
          {provider.portfolio.map((work) => (
            <Card key={work.after.id} label={work.caption}>
              <Photos
                label={work.caption || say("provider-portfolio")}
                photos={work.before ? [work.before, work.after] : [work.after]}
              />
              <p>
                {[work.caption, work.category && nameOf(work.category)].filter(Boolean).join(" · ")}
              </p>
            </Card>
          ))}
        </Section>
      )}
      <Section title={say("provider-does")}>
        <List>
          {provider.categories.map((slug) => {
            const rating = rated.find((each) => each.category === slug);
            return (
              <Row
                key={slug}
                title={nameOf(slug)}
                end={rating ? <Rating mean={rating.mean} count={rating.count} /> : " "}
              />
            );
          })}
        </List>
      </Section>
      <Reviews providerId={provider.id} />
      {provider.id !== me.id && <Troubles provider={provider} />}
    </>
  );
}

function useToolNames(): Map<string, string> {
  const all = useCategories();
  return new Map(
    all.flatMap((each) => each.brief_template.tools.map((tool) => [tool.slug, tool.name] as const)),
  );
}

function Favour({ provider }: { provider: PublicAnswer }) {
  const say = useSay();
  const client = useQueryClient();
  const wanted = api.useQuery("get", "/api/v1/me/favourites", {}, { meta: { keep: true } });
  const is = wanted.data?.items.some((each) => each.account_id === provider.id) ?? false;
  const change = useMutation({
    mutationFn: async (to: boolean) => {
      const asked = { params: { path: { account_id: provider.id } } };
      if (to) await server.PUT("/api/v1/me/favourites/{account_id}", asked);
      else await server.DELETE("/api/v1/me/favourites/{account_id}", asked);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["get", "/api/v1/me/favourites"] }),
  });
  return (
    <>
      <Button
        look={is ? "plain" : "main"}
        icon={<Heart size={20} fill={is ? "currentColor" : "none"} aria-hidden />}
        aria-pressed={is}
        busy={change.isPending}
        onClick={() => change.mutate(!is)}
      >
        {say(is ? "provider-favoured" : "provider-favour")}
      </Button>
      <p className={css.muted}>{say("provider-favour-text")}</p>
      <Wrong error={change.error} />
    </>
  );
}

function Reviews({ providerId }: { providerId: string }) {
  const say = useSay();
  const format = useFormat();
  const nameOf = useCategoryName();
  const found = api.useInfiniteQuery(
    "get",
    "/api/v1/providers/{provider_id}/reviews",
    { params: { path: { provider_id: providerId }, query: { limit: 10 } } },
    {
      pageParamName: "cursor",
      initialPageParam: null as string | null,
      getNextPageParam: (last: { next_cursor: string | null }) => last.next_cursor,
    },
  );
  const all = found.data?.pages.flatMap((page) => page.items);
  return (
    <Section title={say("provider-reviews")}>
      {!all ? (
        found.error ? (
          <Failure error={found.error} again={() => found.refetch()} />
        ) : (
          <Skeleton lines={2} />
        )
      ) : all.length === 0 ? (
        <p className={css.muted}>{say("provider-no-reviews")}</p>
      ) : (
        all.map((review) => (
          <Card key={review.id}>
            <p className={css.signs}>
              <Badge icon={<Star size={14} aria-hidden />}>
                {say("stars", { stars: review.stars })}
              </Badge>
              <span className={css.muted}>
                {nameOf(review.category)} · {format.month(review.written_at)}
              </span>
            </p>
            {review.text && <p>{review.text}</p>}
            {review.reply && (
              <blockquote className={css.quote}>
                <strong>{say("provider-reply")}</strong>
                <p>{review.reply}</p>
              </blockquote>
            )}
          </Card>
        ))
      )}
      {found.hasNextPage && (
        <Button
          look="plain"
          busy={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {say("board-more")}
        </Button>
      )}
    </Section>
  );
}

const REASONS = ["false", "fraud", "insult", "private", "spam", "other"] as const;

/** Not wanting somebody, and telling a person about them. */
function Troubles({ provider }: { provider: PublicAnswer }) {
  const say = useSay();
  const [blocking, setBlocking] = useState(false);
  const [reporting, setReporting] = useState(false);
  const [reason, setReason] = useState<ReportBody["reason"]>("false");
  const [text, setText] = useState("");
  const name = provider.display_name;
  const block = useMutation({
    mutationFn: () =>
      server.PUT("/api/v1/me/blocks/{account_id}", {
        params: { path: { account_id: provider.id } },
      }),
    onSuccess: () => {
      setBlocking(false);
      toast(say("provider-blocked", { name }), {
        label: say("provider-unblock"),
        run: () =>
          void server.DELETE("/api/v1/me/blocks/{account_id}", {
            params: { path: { account_id: provider.id } },
          }),
      });
    },
  });
  const report = useAct("/api/v1/reports", {
    onSuccess: () => {
      setReporting(false);
      toast(say("provider-reported"));
    },
  });
  return (
    <div className={css.acts}>
      <Button look="quiet" onClick={() => setReporting(true)}>
        {say("provider-report")}
      </Button>
      <Button look="quiet" onClick={() => setBlocking(true)}>
        {say("provider-block")}
      </Button>
      <Confirm
        title={say("provider-block-title", { name })}
        text={say("provider-block-text")}
        yes={say("provider-block")}
        open={blocking}
        busy={block.isPending}
        error={block.error}
        onClose={() => setBlocking(false)}
        onYes={() => block.mutate()}
      />
      <Sheet title={say("provider-report")} open={reporting} onClose={() => setReporting(false)}>
        <Chips
          label={say("provider-report-why")}
          value={reason}
          onChange={setReason}
          choices={REASONS.map((each) => ({ value: each, label: say(`report-reason-${each}`) }))}
        />
        <TextArea
          label={say("provider-report-text")}
          optional
          maxLength={1000}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Wrong error={report.error} />
        <Button
          busy={report.isPending}
          onClick={() =>
            report.mutate({ body: { subject: "provider", subject_id: provider.id, reason, text } })
          }
        >
          {say("provider-report-send")}
        </Button>
      </Sheet>
    </div>
  );
}
