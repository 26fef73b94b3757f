import { isRawNumber } from './json.ts';

/** Decimals are text, digit for digit as sent; they are converted to numbers only for addition. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)$/;

/** A number with more digits is neither an amount nor a quantity, and not canonical. The limit also keeps these regular expressions cheap on any text. */
const MOST_DIGITS = 400;
const MOST_CHARACTERS = MOST_DIGITS + '+.'.length;

/** The decimal text of a JSON number or a quoted number; `null` for anything else (missing, empty, not a number, too many digits). */
export function decimalText(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  if (isRawNumber(value)) return hasTooManyDigits(value) ? null : value.rawJSON;
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return !hasTooManyDigits(text) && text.length <= MOST_CHARACTERS && DECIMAL.test(text) ? text : null;
}

/** True for a number, or text of a number, with more digits than any amount has. */
export function hasTooManyDigits(value: unknown): boolean {
  const text = isRawNumber(value) ? value.rawJSON : value;
  if (typeof text !== 'string' || text.length <= MOST_DIGITS || !/^[\d.eE+-]+$/.test(text)) return false;
  return text.replaceAll(/\D/g, '').length > MOST_DIGITS;
}

/** The exact sum of decimal texts, with as many fraction digits as the longest of them; `null` if there is nothing to add. */
export function sumDecimals(values: readonly (string | null)[]): string | null {
  const given = values.filter((value): value is string => value !== null && plainText(value) !== null);
  if (given.length <= 1) return given[0] ?? null;
  const parts = given.map((value) => plainText(value) ?? '0');
  const digits = Math.max(...parts.map((part) => (part.split('.')[1] ?? '').length));
  const total = parts.reduce((sum, part) => sum + scaled(part, digits), 0n);
  return unscaled(total, digits);
}

const EXPONENTIAL = /^([+-]?)(\d+)(?:\.(\d*))?[eE]([+-]?\d{1,2})$/;

/** Some JSON serializers write 100 as 1E+2. `null` for anything that is not a decimal, or too large to be a quantity. */
function plainText(text: string): string | null {
  if (DECIMAL.test(text)) return text;
  const [, sign, whole = '', fraction = '', exponent] = EXPONENTIAL.exec(text) ?? [];
  if (exponent === undefined) return null;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point >= digits.length) return `${sign}${digits.padEnd(point, '0')}`;
  return point > 0 ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}` : `${sign}0.${'0'.repeat(-point)}${digits}`;
}

function scaled(text: string, digits: number): bigint {
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const value = BigInt((whole || '0') + fraction.padEnd(digits, '0'));
  return negative ? -value : value;
}

function unscaled(value: bigint, digits: number): string {
  const text = (value < 0n ? -value : value).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${value < 0n ? '-' : ''}${whole}${digits > 0 ? `.${text.slice(-digits)}` : ''}`;
}
