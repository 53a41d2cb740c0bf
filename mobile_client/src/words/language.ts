/** Which language the app speaks: the one chosen, else the device's, else French. */
export const LANGUAGES = ["fr", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = "jobbing.language";

function known(tag: string | null | undefined): Language | undefined {
  return LANGUAGES.find((each) => tag?.toLowerCase().startsWith(each));
}

let chosen: Language =
  known(localStorage.getItem(KEY)) ??
  navigator.languages.map(known).find((each) => each !== undefined) ??
  "fr";

export function language(): Language {
  return chosen;
}

/** Remember a choice on this device; the screen is drawn anew by whoever calls this. */
export function choose(tag: string): Language {
  chosen = known(tag) ?? chosen;
  localStorage.setItem(KEY, chosen);
  return chosen;
}
