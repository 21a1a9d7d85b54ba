// SPDX-License-Identifier: AGPL-3.0-only
import { formatUnits } from "viem";
import { beyondRounding } from "../../core/share-price.ts";

/** Of the staking token: the contracts take no other. */
const DECIMALS = 18;
/** Places that are shown of an amount of at least 1; smaller ones get as many digits that count. */
const PLACES = 4;
const MAX_UINT96 = 2n ** 96n - 1n;

const formats = new Map<string, Intl.NumberFormat>();

/** Each is made once: to make one takes longer than all that it ever formats. */
function numbers(locale: string | undefined, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  const format = formats.get(key) ?? new Intl.NumberFormat(locale, options);
  formats.set(key, format);
  return format;
}

/** All digits, with the point that programs read: what is copied. */
export function exactAmount(wei: bigint): string {
  return formatUnits(wei, DECIMALS);
}

/** Tokens in the reader's locale, rounded to the nearest of what is shown, but never to nothing. */
export function shownAmount(wei: bigint, locale?: string): string {
  const size = wei < 0n ? -wei : wei;
  const digits =
    size !== 0n && size < 10n ** BigInt(DECIMALS)
      ? ({ maximumSignificantDigits: PLACES } as const)
      : ({ maximumFractionDigits: PLACES } as const);
  const format = numbers(locale, { ...digits, roundingMode: "halfExpand" });
  // As text: a number would lose what is beyond 2^53 wei.
  return format.format(exactAmount(wei) as Intl.StringNumericLiteral);
}

/** A gain or a loss with its sign; what may be `rounding` alone, in wei, is neither: 0. */
export function shownGain(wei: bigint, rounding: bigint, locale?: string): string {
  const sound = beyondRounding(wei, rounding);
  return `${sound > 0n ? "+" : ""}${shownAmount(sound, locale)}`;
}

/** A whole number with the locale's separators. */
export function shownCount(count: number | bigint, locale?: string): string {
  return numbers(locale).format(count);
}

/** Basis points as a percentage. */
export function shownBps(bps: number, locale?: string): string {
  return numbers(locale, { style: "percent", maximumFractionDigits: 2 }).format(bps / 10_000);
}

/** A part of 1, such as 0.0123, as a percentage with its sign. */
export function shownRatio(ratio: number, locale?: string): string {
  const options = { style: "percent", maximumFractionDigits: 2, signDisplay: "exceptZero" } as const;
  return numbers(locale, options).format(ratio);
}

/** What was typed is no amount; the message is shown beside the field. */
export class AmountError extends Error {
  override readonly name = "AmountError";
}

/**
 * An amount as somebody types or pastes it, in wei: `1234.5`, `1,234.5`, `1 234,5`, `1.234,5`, `1'234.5`. Where a single
 * mark could be either, as in `1,000`, the locale says which; three digits behind a mark that the locale groups by are
 * a group. @throws AmountError that says what to write instead
 */
export function parseAmount(text: string, locale?: string): bigint {
  const plain = asciiDigits(text.trim(), locale).replace(/[\s\u00a0\u202f'’_]/g, "");
  if (plain === "") throw new AmountError("give an amount");
  if (/^[-−]/.test(plain)) throw new AmountError("an amount is above zero");
  if (!/^[0-9.,]+$/.test(plain) || !/[0-9]/.test(plain)) {
    throw new AmountError(
      `${text.trim().slice(0, 40)} is no amount: write it in digits, such as ${example(locale)}`,
    );
  }
  const [whole, fraction] = split(plain, locale);
  if (fraction.length > DECIMALS) {
    throw new AmountError(`the token has ${DECIMALS} decimals: ${fraction.length} are too many`);
  }
  const wei = BigInt(whole || "0") * 10n ** BigInt(DECIMALS) + BigInt(fraction.padEnd(DECIMALS, "0"));
  if (wei === 0n) throw new AmountError("an amount is above zero");
  if (wei > MAX_UINT96) throw new AmountError("no vault takes that much: there are fewer than 2^96 wei");
  return wei;
}

/** The locale's own digits and Arabic marks as those that programs read. */
function asciiDigits(text: string, locale: string | undefined): string {
  const digits = [...numbers(locale, { useGrouping: false }).format(9_876_543_210)].reverse();
  const ascii = text.replace(/\p{Nd}/gu, (digit) =>
    digits.includes(digit) ? String(digits.indexOf(digit)) : digit,
  );
  return ascii.replaceAll("٫", ".").replaceAll("٬", "");
}

function split(plain: string, locale: string | undefined): readonly [string, string] {
  const marks = [...plain.matchAll(/[.,]/g)];
  const last = marks.at(-1);
  if (last === undefined) return [plain, ""];
  const kinds = new Set(marks.map(([mark]) => mark));
  // Two kinds: the last one divides, if it is there once.
  const divides =
    kinds.size === 2
      ? marks.filter(([mark]) => mark === last[0]).length === 1
      : marks.length === 1 && !isGroup(plain, last, locale);
  const whole = divides ? plain.slice(0, last.index) : plain;
  requireGroups(whole, plain);
  return [whole.replace(/[.,]/g, ""), divides ? plain.slice(last.index + 1) : ""];
}

/** Whether the only mark stands where the locale groups: `1,000` in English, `1.000` in German. */
function isGroup(plain: string, mark: RegExpMatchArray, locale: string | undefined): boolean {
  return mark[0] === groupOf(locale) && /^[1-9]\d{0,2}[.,]\d{3}$/.test(plain);
}

function requireGroups(whole: string, plain: string): void {
  if (!/[.,]/.test(whole) || /^\d{1,3}([.,])\d{3}(?:\1\d{3})*$/.test(whole)) return;
  throw new AmountError(`${plain.slice(0, 40)} can be read in two ways: leave out what divides thousands`);
}

function groupOf(locale: string | undefined): string | undefined {
  return numbers(locale)
    .formatToParts(12_345_678)
    .find(({ type }) => type === "group")?.value;
}

function example(locale: string | undefined): string {
  return numbers(locale, { useGrouping: false }).format(1000.5);
}

/** An amount as a field holds it: all digits, with the locale's decimal mark, and nothing between thousands. */
export function typedAmount(wei: bigint, locale?: string): string {
  const mark =
    numbers(locale)
      .formatToParts(0.5)
      .find(({ type }) => type === "decimal")?.value ?? ".";
  return exactAmount(wei).replace(".", mark);
}
