/**
 * What people press and fill in.
 *
 * Hides: Radix, and what a screen reader needs to hear: labels, hints and what is wrong are tied to
 * their fields here and nowhere else.
 */
import { CircleAlert } from "lucide-react";
import { RadioGroup, Switch as RadixSwitch, ToggleGroup } from "radix-ui";
import {
  type ButtonHTMLAttributes,
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { Link, type LinkProps } from "react-router";

import { useSay } from "~/words";

import css from "./controls.module.css";

type Look = "main" | "plain" | "quiet" | "danger";

function classes(...names: (string | false | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  wide?: boolean;
  /** Something is under way: pressing again does nothing, and a reader hears of it. */
  busy?: boolean;
  icon?: ReactNode;
}

export function Button({
  look = "main",
  wide,
  busy = false,
  disabled,
  icon,
  children,
  className,
  onClick,
  type = "button",
  ...rest
}: ButtonProps) {
  const off = busy || disabled === true;
  return (
    <button
      type={type}
      // Not `disabled`: the finger that pressed it, and a keyboard's focus, stay where they are.
      aria-disabled={off}
      aria-busy={busy}
      className={classes(css.button, css[look], wide && css.wide, className)}
      onClick={(event) => {
        if (off) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {busy ? <span className={css.spin} aria-hidden /> : icon}
      {children}
    </button>
  );
}

export function IconButton({
  label,
  look = "quiet",
  children,
  ...rest
}: ButtonProps & { label: string }) {
  return (
    <Button look={look} className={css.icon} aria-label={label} title={label} {...rest}>
      {children}
    </Button>
  );
}

/** Looks like a button, leads somewhere. */
export function ButtonLink({
  look = "main",
  wide,
  icon,
  children,
  ...rest
}: LinkProps & { look?: Look; wide?: boolean; icon?: ReactNode }) {
  return (
    <Link className={classes(css.button, css[look], wide && css.wide)} {...rest}>
      {icon}
      {children}
    </Link>
  );
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** What is wrong with it, in words that say what to do. */
  wrong?: string | undefined;
  optional?: boolean;
}

interface Ids {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
}

/** A label, whatever is filled in, a hint, and what is wrong with it. */
export function Field({
  label,
  hint,
  wrong,
  optional,
  children,
}: FieldProps & { children: (ids: Ids) => ReactNode }) {
  const say = useSay();
  const id = useId();
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return (
    <div className={css.field}>
      <label className={css.label} htmlFor={id}>
        {label} {optional && <span className={css.optional}>{say("field-optional")}</span>}
      </label>
      {children({
        id,
        "aria-describedby": described || undefined,
        "aria-invalid": wrong !== undefined,
      })}
      {hint && (
        <p className={css.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {wrong && (
        <p className={css.wrong} id={`${id}-wrong`}>
          <CircleAlert size={16} aria-hidden />
          {wrong}
        </p>
      )}
    </div>
  );
}

export function TextField({
  label,
  hint,
  wrong,
  optional,
  suffix,
  ...rest
}: FieldProps &
  InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement>; suffix?: string }) {
  return (
    <Field {...{ label, hint, optional: optional ?? false, wrong }}>
      {(ids) =>
        suffix ? (
          <div className={css.affixed}>
            <input className={css.input} {...ids} {...rest} />
            <span className={css.suffix}>{suffix}</span>
          </div>
        ) : (
          <input className={css.input} {...ids} {...rest} />
        )
      }
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  wrong,
  optional,
  ...rest
}: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> }) {
  return (
    <Field {...{ label, hint, optional: optional ?? false, wrong }}>
      {(ids) => <textarea className={css.input} {...ids} {...rest} />}
    </Field>
  );
}

export function Select({
  label,
  hint,
  wrong,
  optional,
  children,
  ...rest
}: FieldProps & SelectHTMLAttributes<HTMLSelectElement> & { ref?: Ref<HTMLSelectElement> }) {
  return (
    <Field {...{ label, hint, optional: optional ?? false, wrong }}>
      {(ids) => (
        <select className={css.input} {...ids} {...rest}>
          {children}
        </select>
      )}
    </Field>
  );
}

export interface Choice<T extends string> {
  value: T;
  label: ReactNode;
  disabled?: boolean;
}

/** One of several, all in sight. */
export function Chips<T extends string>({
  label,
  choices,
  value,
  onChange,
}: {
  label: string;
  choices: readonly Choice<T>[];
  value: T | undefined;
  onChange: (value: T) => void;
}) {
  return (
    <RadioGroup.Root
      className={css.chips}
      aria-label={label}
      value={value ?? ""}
      onValueChange={(next) => onChange(next as T)}
    >
      {choices.map((each) => (
        <RadioGroup.Item
          key={each.value}
          className={css.chip}
          value={each.value}
          disabled={each.disabled ?? false}
        >
          {each.label}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}

/** Any of several, all in sight. */
export function ManyChips<T extends string>({
  label,
  choices,
  value,
  onChange,
}: {
  label: string;
  choices: readonly Choice<T>[];
  value: readonly T[];
  onChange: (value: T[]) => void;
}) {
  return (
    <ToggleGroup.Root
      type="multiple"
      className={css.chips}
      aria-label={label}
      value={[...value]}
      onValueChange={(next) => onChange(next as T[])}
    >
      {choices.map((each) => (
        <ToggleGroup.Item
          key={each.value}
          className={css.chip}
          value={each.value}
          disabled={each.disabled ?? false}
        >
          {each.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}

export function Switch({
  label,
  hint,
  checked,
  onChange,
  disabled = false,
}: {
  label: string;
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div className={css.switchRow}>
      <div>
        <label className={css.label} htmlFor={id}>
          {label}
        </label>
        {hint && (
          <p className={css.hint} id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <RadixSwitch.Root
        id={id}
        className={css.switch}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChange}
        aria-describedby={hint ? `${id}-hint` : undefined}
      >
        <RadixSwitch.Thumb className={css.thumb} />
      </RadixSwitch.Root>
    </div>
  );
}
