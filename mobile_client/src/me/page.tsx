/** Everything about oneself: the account, what rings, whom one would have again, and the way out. */
import { CalendarDays, Hammer, Heart, Home, UserRound, Wallet } from "lucide-react";
import { useEffect } from "react";
import { useNavigate } from "react-router";

import { api } from "~/api/client";
import * as session from "~/api/session";
import { useMe } from "~/api/who";
import { Chips, IconButton } from "~/ui/controls";
import { Avatar } from "~/ui/marks";
import { List, Page, Row, Section, Skeleton, toast, Wrong } from "~/ui/surfaces";
import { useWords } from "~/words";
import { LANGUAGES } from "~/words/language";

import { Account } from "./account";
import { DataAndLeaving } from "./leaving";
import { Notices } from "./notices";
import { useAccountChange } from "./change";
import { Reviews } from "./reviews";

export default function MePage() {
  const { say } = useWords();
  const me = useMe();
  useFreshAccount();
  const provider = me.roles.includes("provider");
  const resident = me.roles.includes("resident");
  return (
    <Page title={say("me-title")}>
      {provider && (
        <Section title={say("me-work")}>
          <List>
            <Row
              icon={<UserRound aria-hidden />}
              title={say("me-profile")}
              detail={say("me-profile-detail")}
              to="/profile"
            />
            <Row
              icon={<CalendarDays aria-hidden />}
              title={say("me-calendar")}
              detail={say("me-calendar-detail")}
              to="/calendar"
            />
            <Row
              icon={<Wallet aria-hidden />}
              title={say("me-earnings")}
              detail={say("me-earnings-detail")}
              to="/earnings"
            />
          </List>
        </Section>
      )}
      <Account />
      <Language />
      <OtherRole />
      <Notices />
      {resident && <Favourites />}
      {provider && <Reviews />}
      <DataAndLeaving />
    </Page>
  );
}

/** What was kept at the sign-in may be old: an address was proved by a link meanwhile. */
function useFreshAccount() {
  const { data } = api.useQuery("get", "/api/v1/me");
  useEffect(() => {
    if (data && JSON.stringify(data) !== JSON.stringify(session.account())) session.update(data);
  }, [data]);
}

function Language() {
  const { say, language, speak } = useWords();
  const change = useAccountChange();
  return (
    <Section title={say("me-language")}>
      <Chips
        label={say("me-language")}
        choices={LANGUAGES.map((value) => ({
          value,
          label: <span lang={value}>{say(`me-language-${value}`)}</span>,
        }))}
        value={language}
        onChange={(chosen) => {
          void speak(chosen);
          change.mutate({ language: chosen });
        }}
      />
      <Wrong error={change.error} />
    </Section>
  );
}

/** The same person may ask for jobs and take them. */
function OtherRole() {
  const { say } = useWords();
  const me = useMe();
  const navigate = useNavigate();
  const join = api.useMutation("put", "/api/v1/me/roles/{role}", {
    onSuccess: (changed, asked) => {
      session.update(changed);
      void navigate(asked.params.path.role === "provider" ? "/profile" : "/post");
    },
  });
  const missing = (["provider", "resident"] as const).filter((role) => !me.roles.includes(role));
  if (missing.length === 0) return null;
  return (
    <>
      <List>
        {missing.map((role) => (
          <Row
            key={role}
            icon={role === "provider" ? <Hammer aria-hidden /> : <Home aria-hidden />}
            title={say(`me-role-${role}`)}
            detail={say(`me-role-${role}-detail`)}
            onPress={() => {
              if (!join.isPending) join.mutate({ params: { path: { role } } });
            }}
          />
        ))}
      </List>
      <Wrong error={join.error} />
    </>
  );
}

function Favourites() {
  const { say } = useWords();
  const favourites = api.useQuery("get", "/api/v1/me/favourites", {}, { meta: { keep: true } });
  const again = () => void favourites.refetch();
  const remove = api.useMutation("delete", "/api/v1/me/favourites/{account_id}");
  const add = api.useMutation("put", "/api/v1/me/favourites/{account_id}", { onSettled: again });
  return (
    <Section title={say("me-favourites")}>
      {favourites.isPending && <Skeleton lines={1} />}
      <Wrong error={favourites.data ? undefined : favourites.error} />
      {favourites.data?.items.length === 0 && <p>{say("me-favourites-none")}</p>}
      {favourites.data && favourites.data.items.length > 0 && (
        <List label={say("me-favourites")}>
          {favourites.data.items.map(({ account_id, display_name: name }) => (
            <Row
              key={account_id}
              icon={<Avatar name={name} />}
              title={name}
              end={
                <IconButton
                  label={say("me-favourite-remove", { name })}
                  busy={remove.isPending && remove.variables.params.path.account_id === account_id}
                  onClick={() => {
                    const params = { path: { account_id } };
                    remove.mutate(
                      { params },
                      {
                        onSuccess: () => {
                          const undo = { label: say("me-undo"), run: () => add.mutate({ params }) };
                          toast(say("me-favourite-removed", { name }), undo);
                          again();
                        },
                      },
                    );
                  }}
                >
                  <Heart aria-hidden fill="currentColor" />
                </IconButton>
              }
            />
          ))}
        </List>
      )}
      <Wrong error={remove.error ?? add.error} />
    </Section>
  );
}
