/** Which sheet is behind which deed. Fetched when the first one is opened. */
import { type ComponentType, createElement } from "react";

import {
  Again,
  ConfirmDone,
  Reason,
  RedoDate,
  Series,
  Statement,
  WriteReview,
} from "./after-deeds";
import { Edit } from "./edit";
import type { DeedProps } from "./form";
import { AnswerChange, AnswerPayment, Change, Pay, Supplies } from "./money-deeds";
import type { Deed } from "./next";
import {
  AnswerMove,
  AnswerSubstitute,
  CallOff,
  ConfirmVisit,
  Here,
  Move,
  NoShow,
  SetOut,
  Start,
  Substitute,
} from "./visit-deeds";
import { Blocked, CheckIn, Finish, Rest } from "./work-deeds";

const SHEETS: Record<Exclude<Deed, "compare" | "write" | "order">, ComponentType<DeedProps>> = {
  "answer-move": AnswerMove,
  "answer-substitute": AnswerSubstitute,
  "answer-change": AnswerChange,
  "answer-payment": AnswerPayment,
  "confirm-visit": ConfirmVisit,
  "set-out": SetOut,
  start: Start,
  here: Here,
  "no-show": NoShow,
  move: Move,
  substitute: Substitute,
  "call-off": CallOff,
  "check-in": CheckIn,
  pause: (props) => <Rest kind="pause" {...props} />,
  resume: (props) => <Rest kind="resume" {...props} />,
  blocked: Blocked,
  finish: Finish,
  change: Change,
  supplies: Supplies,
  "redo-date": RedoDate,
  confirm: ConfirmDone,
  redo: (props) => <Reason kind="redo" {...props} />,
  dispute: (props) => <Reason kind="dispute" {...props} />,
  statement: Statement,
  pay: Pay,
  review: WriteReview,
  again: Again,
  series: Series,
  edit: Edit,
};

export type SheetDeed = keyof typeof SHEETS;

export default function DeedForm({ deed, ...props }: DeedProps & { deed: SheetDeed }) {
  return createElement(SHEETS[deed], props);
}
