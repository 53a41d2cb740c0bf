/** What is said in passing, on the screen and to a screen reader. */
import { Toast } from "radix-ui";

import { useSay } from "~/words";

import type { Said } from "./surfaces";
import css from "./surfaces.module.css";

export default function SaidInPassing({
  all,
  onOver,
}: {
  all: readonly Said[];
  onOver: (id: number) => void;
}) {
  const say = useSay();
  return (
    <Toast.Provider label={say("toast-label")}>
      {all.map((each) => (
        <Toast.Root
          key={each.id}
          className={css.toast}
          duration={each.ms}
          onOpenChange={(open) => !open && onOver(each.id)}
        >
          <Toast.Description>{each.text}</Toast.Description>
          {each.action && (
            <Toast.Action altText={each.action.label} asChild>
              <button type="button" onClick={each.action.run}>
                {each.action.label}
              </button>
            </Toast.Action>
          )}
        </Toast.Root>
      ))}
      <Toast.Viewport className={css.toasts} label={say("toast-label")} />
    </Toast.Provider>
  );
}
