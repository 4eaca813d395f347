import type { ASTNode } from "@marcbachmann/cel-js";
import type { LiveEvent } from "./event.js";
import { mentions } from "./filter-bounds.js";
import { type Scalar, type Scalars, VARIABLES } from "./filter-variables.js";

/** Value of a part of an expression for an event; undefined when it has none, as when it asks for more than is known. */
type Value = Scalar | number | Scalars | readonly Value[] | undefined;
/** Value that is defined; null is one. */
type Known = Exclude<Value, undefined>;
/** Function of two values that are defined. */
type Of = (left: Known, right: Known) => Value;

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
/** The first half of a character that takes two units. */
const PAIR = /[\ud800-\udbff]/;

/** Searches for a text in another one, by name. */
const SEARCHES: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
};

/** Arithmetic and comparisons by operator; `+` also joins texts and lists. */
const OPERATORS: Readonly<Record<"+" | "-" | "*" | "/" | "%" | "<" | "<=" | ">" | ">=", Of>> = {
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
  "<": ordered((left, right) => left < right),
  "<=": ordered((left, right) => left <= right),
  ">": ordered((left, right) => left > right),
  ">=": ordered((left, right) => left >= right),
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
/** Makes a comparison of two values of one kind, or two numbers; anything else has no order. */
function ordered(holds: (left: Ordered, right: Ordered) => boolean): Of {
  return (left, right) => {
    if (typeof left === "string" || typeof left === "boolean")
      return typeof left === typeof right ? holds(left, right as Ordered) : undefined;
    const areNumbers = (typeof left === "bigint" || typeof left === "number") && (typeof right === "bigint" || typeof right === "number");
    return areNumbers ? holds(left, right) : undefined;
  };
}

/** Returns whether two values are the same; the two kinds of numbers are compared by what they stand for. */
function isEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (typeof left === "bigint" && typeof right === "number") return Number.isInteger(right) && BigInt(right) === left;
  if (typeof left === "number" && typeof right === "bigint") return isEqual(right, left);
  if (!isList(left) || !isList(right)) return false;
  return left.length === right.length && left.every((one, index) => isEqual(one, right[index]));
}

/** Returns whether a value is a list. */
function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Counts the characters of a text, in code points, or the items of a list. */
function sizeOf(value: Known): Value {
  if (isList(value)) return BigInt(value.length);
  if (typeof value !== "string") return undefined;
  if (!PAIR.test(value)) return BigInt(value.length);
  let size = value.length;
  for (let index = 1; index < value.length; index++)
    if ((value.charCodeAt(index) & 0xfc00) === 0xdc00 && (value.charCodeAt(index - 1) & 0xfc00) === 0xd800) size--;
  return BigInt(size);
}

type Part = (at: RunState) => Value;

/** Number of texts from which on a set is faster than a look at each. */
const SET_FROM = 8;

/** State of an expression that runs: the event, what was read of it, and the item of the loop around. */
interface RunState {
  event: LiveEvent;
  item: Value;
  /** Values of variables and of parts that do not change within a loop; undefined where nothing was worked out yet. */
  readonly known: { value: Value }[];
}

/**
 * Makes a function of a parsed expression that was looked through (`objectionTo`) and whose types fit. It says for an event what CEL says,
 * without exceptions: they would take a hundred times as long as everything else, and most events have no value for most questions.
 */
export function runnable(root: ASTNode): (event: LiveEvent) => boolean {
  const made = new Making();
  const part = made.part(root);
  const { frame } = made;
  return (event) => {
    frame.event = event;
    frame.known.length = 0;
    return part(frame) === true;
  };
}

class Making {
  // The event is set before anything runs.
  readonly frame: RunState = { event: undefined as unknown as LiveEvent, item: undefined, known: [] };
  readonly #slots = new Map<string, number>();
  #slotCount = 0;
  /** Name of the loop that is around. */
  #loop: string | null = null;

  part(node: ASTNode): Part {
    const made = this.#made(node);
    if (this.#loop === null || (node.op !== "call" && node.op !== "rcall") || mentions(node, this.#loop)) return made;
    return this.#once(made, this.#slotCount++);
  }

  #made(node: ASTNode): Part {
    switch (node.op) {
      case "value": {
        const value = node.args as Scalar | number;
        return () => value;
      }
      case "id":
        return node.args === this.#loop ? (at) => at.item : this.#variable(node.args);
      case ".": {
        const [of, field] = node.args;
        const whole = this.part(of);
        return (at) => (whole(at) as Scalars)[field];
      }
      case "list":
        return this.#list(node.args);
      case "!_":
        return this.#of(node.args, (value) => (typeof value === "boolean" ? !value : undefined));
      case "-_":
        return this.#of(node.args, (value) => (typeof value === "bigint" || typeof value === "number" ? -value : undefined));
      case "?:": {
        const [condition, yes, no] = [this.part(node.args[0]), this.part(node.args[1]), this.part(node.args[2])];
        return (at) => {
          const decided = condition(at);
          return decided === true ? yes(at) : decided === false ? no(at) : undefined;
        };
      }
      case "||":
        return this.#decided(node.args, true);
      case "&&":
        return this.#decided(node.args, false);
      case "==":
        return this.#both(node.args, isEqual);
      case "!=":
        return this.#both(node.args, (left, right) => !isEqual(left, right));
      case "in":
        return this.#in(node.args);
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
      case "<":
      case "<=":
      case ">":
      case ">=":
        return this.#both(node.args, OPERATORS[node.op]);
      case "call":
        return this.#of(node.args[1][0] as ASTNode, sizeOf);
      case "rcall":
        return this.#method(node.args[0], node.args[1], node.args[2]);
      default:
        throw new Error(`an expression with ${node.op} was let through`);
    }
  }

  /** Makes a part that is worked out once for an event. */
  #once(make: Part, slot: number): Part {
    return (at) => {
      const known = at.known[slot];
      if (known !== undefined) return known.value;
      const value = make(at);
      at.known[slot] = { value };
      return value;
    };
  }

  #variable(name: string): Part {
    const slot = this.#slots.get(name) ?? this.#slotCount++;
    this.#slots.set(name, slot);
    const variable = VARIABLES[name];
    if (variable === undefined) throw new Error(`a filter with ${name} was let through`);
    return this.#once(({ event }) => variable.of(event), slot);
  }

  #of(node: ASTNode, of: (value: Known) => Value): Part {
    const part = this.part(node);
    return (at) => {
      const value = part(at);
      return value === undefined ? undefined : of(value);
    };
  }

  #both([left, right]: readonly [ASTNode, ASTNode], of: Of): Part {
    const [first, second] = [this.part(left), this.part(right)];
    return (at) => {
      const one = first(at);
      if (one === undefined) return undefined;
      const other = second(at);
      return other === undefined ? undefined : of(one, other);
    };
  }

  /** Makes `||` or `&&`: one side that decides is enough, whatever the other is. */
  #decided([left, right]: readonly [ASTNode, ASTNode], by: boolean): Part {
    const [first, second] = [this.part(left), this.part(right)];
    return (at) => {
      const one = first(at);
      if (one === by) return by;
      const other = second(at);
      if (other === by) return by;
      return one === !by && other === !by ? !by : undefined;
    };
  }

  #list(nodes: readonly ASTNode[]): Part {
    const constant = constantsOf(nodes);
    if (constant !== null) return () => constant;
    const parts = nodes.map((node) => this.part(node));
    return (at) => {
      const items: Value[] = [];
      for (const part of parts) {
        const item = part(at);
        if (item === undefined) return undefined;
        items.push(item);
      }
      return items;
    };
  }

  #in([item, list]: readonly [ASTNode, ASTNode]): Part {
    const constant = list.op === "list" ? constantsOf(list.args) : null;
    if (constant !== null && constant.length >= SET_FROM && constant.every((one) => typeof one === "string")) {
      const texts = new Set<Value>(constant);
      return this.#of(item, (value) => texts.has(value));
    }
    return this.#both([item, list], (value, items) => (isList(items) ? items.some((one) => isEqual(one, value)) : undefined));
  }

  #method(name: string, receiver: ASTNode, args: readonly ASTNode[]): Part {
    const [first, second] = args as [ASTNode, ASTNode];
    if (name === "size") return this.#of(receiver, sizeOf);
    if (name === "lowerAscii") return this.#of(receiver, (text) => (typeof text === "string" ? text.toLowerCase() : undefined));
    const search = SEARCHES[name];
    if (search !== undefined)
      return this.#both([receiver, first], (text, part) =>
        typeof text === "string" && typeof part === "string" ? search(text, part) : undefined,
      );
    const list = this.part(receiver);
    this.#loop = first.args as string;
    const body = this.part(second);
    this.#loop = null;
    const loop = name === "exists_one" ? exactlyOne : name === "all" ? decidedBy(false) : decidedBy(true);
    return (at) => {
      const items = list(at);
      return isList(items) ? loop(items, body, at) : undefined;
    };
  }
}

/** Makes `exists` or `all`: one item that decides is enough, whatever the others are. */
function decidedBy(by: boolean) {
  return (items: readonly Value[], body: Part, at: RunState): Value => {
    let result: Value = !by;
    for (const item of items) {
      at.item = item;
      const value = body(at);
      if (value === by) return by;
      if (value !== !by) result = undefined;
    }
    return result;
  };
}

function exactlyOne(items: readonly Value[], body: Part, at: RunState): Value {
  let count = 0;
  for (const item of items) {
    at.item = item;
    const value = body(at);
    if (typeof value !== "boolean") return undefined;
    if (value) count++;
  }
  return count === 1;
}

/** Returns the values of nodes that are all written out; null when one is not. */
function constantsOf(nodes: readonly ASTNode[]): readonly Value[] | null {
  const values: Value[] = [];
  for (const node of nodes) {
    if (node.op !== "value") return null;
    values.push(node.args as Scalar | number);
  }
  return values;
}
