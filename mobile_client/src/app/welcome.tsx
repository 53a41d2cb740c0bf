/** The first screen of somebody nobody knows yet: what this is, and the two ways in. */
import { HandCoins, MapPin, Star } from "lucide-react";

import { Mark } from "~/ui/brand";
import { Button, ButtonLink } from "~/ui/controls";
import { useWords } from "~/words";

import css from "./auth.module.css";

export default function Welcome() {
  const { say, language, speak } = useWords();
  return (
    <div className={css.welcome}>
      <div className={css.top}>
        <span className={css.name}>
          <Mark size={36} />
          {say("app-name")}
        </span>
        <Button
          look="quiet"
          lang={language === "fr" ? "en" : "fr"}
          onClick={() => void speak(language === "fr" ? "en" : "fr")}
        >
          {say("other-language")}
        </Button>
      </div>
      <div className={css.hero}>
        <h1>{say("welcome-title")}</h1>
        <p>{say("welcome-text")}</p>
        <ul className={css.steps}>
          <li>
            <MapPin aria-hidden />
            {say("welcome-near")}
          </li>
          <li>
            <HandCoins aria-hidden />
            {say("welcome-price")}
          </li>
          <li>
            <Star aria-hidden />
            {say("welcome-trust")}
          </li>
        </ul>
      </div>
      <div className={css.doors}>
        <ButtonLink to="/post" wide>
          {say("welcome-post")}
        </ButtonLink>
        <ButtonLink to="/sign-up?role=provider" look="plain" wide>
          {say("welcome-work")}
        </ButtonLink>
        <ButtonLink to="/sign-in" look="quiet" wide>
          {say("welcome-sign-in")}
        </ButtonLink>
      </div>
    </div>
  );
}
