/** Amounts as people type them. */

/** "42", "42,50", "1 200.5" as cents; undefined where it is no amount. */
export function cents(text: string): number | undefined {
  const plain = text.replace(/[\s€]/g, "").replace(",", ".");
  if (!/^\d{1,7}(\.\d{1,2})?$/.test(plain)) return undefined;
  return Math.round(Number(plain) * 100);
}

/** For a field: "42", "42.50". */
export function typed(amount: number | null | undefined): string {
  if (amount === null || amount === undefined) return "";
  return amount % 100 === 0 ? String(amount / 100) : (amount / 100).toFixed(2);
}
