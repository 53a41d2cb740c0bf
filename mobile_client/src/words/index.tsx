/**
 * Every word on the screen.
 *
 * Hides: Fluent, and which of the two files is loaded. `say("id", {values})` gives the words; a
 * name nobody wrote words for does not compile (ids.d.ts).
 */
import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from "react";

import type { MessageId } from "./ids";
import * as device from "./language";

export type { MessageId } from "./ids";
export type Values = Record<string, FluentVariable>;
export type Say = (id: MessageId, values?: Values) => string;

interface Words {
  language: device.Language;
  say: Say;
  /** Speak another language from now on, on this device. */
  speak: (tag: string) => Promise<void>;
}

const files: Record<device.Language, () => Promise<{ default: string }>> = {
  fr: () => import("./fr"),
  en: () => import("./en"),
};

/** The words of one language, ready to be said. */
export async function load(language: device.Language): Promise<FluentBundle> {
  const text = (await files[language]()).default;
  // Marks around values would be read aloud by some phones, and both languages run one way.
  const bundle = new FluentBundle(language, { useIsolating: false });
  for (const error of bundle.addResource(new FluentResource(text))) console.error(error);
  return bundle;
}

export function sayer(bundle: FluentBundle): Say {
  return (id, values) => {
    const message = bundle.getMessage(id);
    if (!message?.value) return id;
    const errors: Error[] = [];
    const said = bundle.formatPattern(message.value, values ?? null, errors);
    for (const error of errors) console.error(id, error);
    return said;
  };
}

const Context = createContext<Words | undefined>(undefined);

export function WordsProvider({ first, children }: { first: FluentBundle; children: ReactNode }) {
  const [bundle, setBundle] = useState(first);
  const speak = useCallback(async (tag: string) => {
    const next = await load(device.choose(tag));
    document.documentElement.lang = device.language();
    setBundle(next);
  }, []);
  const words = useMemo(
    () => ({ language: bundle.locales[0] as device.Language, say: sayer(bundle), speak }),
    [bundle, speak],
  );
  return <Context value={words}>{children}</Context>;
}

export function useWords(): Words {
  const words = use(Context);
  if (!words) throw new Error("useWords outside WordsProvider");
  return words;
}

/** `const say = useSay()`: the words, for most of the screens. */
export function useSay(): Say {
  return useWords().say;
}
