import type { Scalar, Scalars } from "./filter-variables.js";

/** Value of a part of an expression for an event; undefined when it has none, as when it asks for more than is known. */
export type Value = Scalar | number | Scalars | readonly Value[] | undefined;
/** Value that is defined; null is one. */
export type Known = Exclude<Value, undefined>;
/** Function of two values that are defined. */
export type Of = (left: Known, right: Known) => Value;

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
/** The first half of a character that takes two units. */
const PAIR = /[\ud800-\udbff]/;

/** Searches for a text in another one, by name. */
export const SEARCHES: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
};

/** Arithmetic by operator; `+` also joins texts and lists. */
export const ARITHMETIC: Readonly<Record<"+" | "-" | "*" | "/" | "%", Of>> = {
  "+": (left, right) => {
    if (typeof left === "bigint" && typeof right === "bigint") return whole(left + right);
    if (typeof left === "number" && typeof right === "number") return left + right;
    if (typeof left === "string" && typeof right === "string") return left + right;
    return isList(left) && isList(right) ? [...left, ...right] : undefined;
  },
  "-": numbers(
    (left, right) => whole(left - right),
    (left, right) => left - right,
  ),
  "*": numbers(
    (left, right) => whole(left * right),
    (left, right) => left * right,
  ),
  "/": numbers(
    (left, right) => (right === 0n ? undefined : left / right),
    (left, right) => left / right,
  ),
  "%": numbers(
    (left, right) => (right === 0n ? undefined : left % right),
    () => undefined,
  ),
};

function numbers(ints: (left: bigint, right: bigint) => Value, doubles: (left: number, right: number) => Value): Of {
  return (left, right) => {
    if (typeof left === "bigint" && typeof right === "bigint") return ints(left, right);
    return typeof left === "number" && typeof right === "number" ? doubles(left, right) : undefined;
  };
}

/** Returns a whole number; undefined beyond 64 bits. */
function whole(value: bigint): bigint | undefined {
  return value >= INT_MIN && value <= INT_MAX ? value : undefined;
}

type Ordered = string | number | bigint | boolean;
/** Comparisons by operator. */
export const ORDERS: Readonly<Record<"<" | "<=" | ">" | ">=", (left: Ordered, right: Ordered) => boolean>> = {
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};

/** Makes a comparison of two values of one kind, or two numbers; anything else has no order. */
export function ordered(holds: (left: Ordered, right: Ordered) => boolean): Of {
  return (left, right) => {
    if (typeof left === "string" || typeof left === "boolean")
      return typeof left === typeof right ? holds(left, right as Ordered) : undefined;
    const areNumbers = (typeof left === "bigint" || typeof left === "number") && (typeof right === "bigint" || typeof right === "number");
    return areNumbers ? holds(left, right) : undefined;
  };
}

/** Returns whether two values are the same; the two kinds of numbers are compared by what they stand for. */
export function isEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (typeof left === "bigint" && typeof right === "number") return Number.isInteger(right) && BigInt(right) === left;
  if (typeof left === "number" && typeof right === "bigint") return isEqual(right, left);
  if (!isList(left) || !isList(right)) return false;
  return left.length === right.length && left.every((one, index) => isEqual(one, right[index]));
}

/** Returns whether a value is a list. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Counts the characters of a text, in code points, or the items of a list. */
export function sizeOf(value: Known): Value {
  if (isList(value)) return BigInt(value.length);
  if (typeof value !== "string") return undefined;
  if (!PAIR.test(value)) return BigInt(value.length);
  let size = value.length;
  for (let index = 1; index < value.length; index++)
    if ((value.charCodeAt(index) & 0xfc00) === 0xdc00 && (value.charCodeAt(index - 1) & 0xfc00) === 0xd800) size--;
  return BigInt(size);
}
