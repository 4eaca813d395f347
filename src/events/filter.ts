import { Environment } from "@marcbachmann/cel-js";
import { english, type Msg, type MsgOrText, msg, msgOf } from "../runtime/msg.js";
import type { LiveEvent } from "./event.js";
import { objectionTo } from "./filter-bounds.js";
import { type Scalar, type Scalars, VARIABLES } from "./filter-variables.js";

/** Tells whether an event is wanted. Never throws. */
export type Predicate = (event: LiveEvent) => boolean;

/** Longest expression, in characters: 300 keywords fit. */
export const EXPRESSION_MAX_CHARS = 4_000;
/** Deepest nesting of parentheses, lists and calls. */
const DEPTH_MAX = 24;
const NODES_MAX = 2_000;

/** Error of a text that is no expression, or one that is not allowed. */
export class FilterError extends Error {
  /** Words for what is wrong, until it is known in which language it is said. */
  readonly said: Msg;
  /** Position in the expression, in characters from 0. */
  readonly position: number;

  constructor(said: MsgOrText, position: number) {
    super(english(said));
    this.said = msgOf(said);
    this.name = "FilterError";
    this.position = position;
  }
}

/**
 * `type` is a name of CEL's own, so an expression's `type` is read as this one; it has the same length, so that places in the expression
 * stay true.
 */
const TYPE = { asked: "type", used: "Type" } as const;
const name = (variable: string) => (variable === TYPE.asked ? TYPE.used : variable);

const limits = { maxDepth: DEPTH_MAX, maxAstNodes: NODES_MAX, maxListElements: 1_000, maxMapEntries: 16, maxCallArguments: 8 };
/** Environment that parses and runs expressions, in which every value may be null. */
const running = withNulls(new Environment({ limits, unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false }));
/** Environment that knows each variable's type, for errors that tell a slip at once. */
const strict = withNulls(withVariables(new Environment({ limits })));
/** Variables of an event, each read when an expression asks for it. */
const Variables = variablesClass();

function withNulls(environment: Environment): Environment {
  for (const type of ["int", "string", "bool"]) environment.registerOperator(`${type} == null`, () => false);
  return environment;
}

function withVariables(environment: Environment): Environment {
  for (const [variable, { type }] of Object.entries(VARIABLES))
    if (typeof type === "string") environment.registerVariable(name(variable), type);
    else environment.registerVariable(name(variable), { schema: { ...type } });
  return environment;
}

function variablesClass() {
  class EventVariables {
    readonly event: LiveEvent;

    constructor(event: LiveEvent) {
      this.event = event;
    }
  }
  for (const [variable, { of }] of Object.entries(VARIABLES))
    Object.defineProperty(EventVariables.prototype, name(variable), {
      get(this: EventVariables): Scalar | Scalars {
        return of(this.event);
      },
    });
  return EventVariables;
}

/**
 * Makes a predicate of a filter expression in CEL; `docs/filters.md` has the variables. An event for which the expression has no value
 * (it asks for something that is unknown) is not wanted. The work for one event is bounded, whatever the expression.
 * @throws FilterError that says what is wrong and where
 */
export function compile(expression: string): Predicate {
  if (expression.trim() === "") throw new FilterError(msg`the filter is empty`, 0);
  if (expression.length > EXPRESSION_MAX_CHARS)
    throw new FilterError(msg`the filter has ${expression.length} characters, ${EXPRESSION_MAX_CHARS} are allowed`, EXPRESSION_MAX_CHARS);
  const { ast } = guarded(() => running.parse(expression));
  const objection = objectionTo(ast);
  if (objection !== null) throw new FilterError(objection.message, objection.at);
  const named = withOwnNames(expression, ast);
  const checked = strict.check(named);
  if (!checked.valid) throw filterError(checked.error);
  if (checked.type !== "bool") throw new FilterError(msg`the filter gives ${checked.type ?? "a value"}, not true or false`, 0);
  const run = running.parse(named);
  return (event) => {
    try {
      return run(new Variables(event)) === true;
    } catch {
      // The library throws where a part has no value, and where hundreds of parts within each other are more than the stack holds.
      return false;
    }
  };
}

/** Returns the expression with our own name for `type`. */
function withOwnNames(expression: string, root: unknown): string {
  const places: number[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) visit(one);
    else if (typeof value === "object" && value !== null && "op" in value && "args" in value && "start" in value) {
      if (value.op === "id" && value.args === TYPE.asked) places.push(Number(value.start));
      else visit(value.args);
    }
  };
  visit(root);
  return places.reduce((text, at) => text.slice(0, at) + TYPE.used + text.slice(at + TYPE.used.length), expression);
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw filterError(error);
  }
}

/** Makes an error with the words of the library's, without its picture of the expression. */
function filterError(error: unknown): FilterError {
  // Thousands of signs in a row end the library's recursion before its limits do.
  if (error instanceof RangeError) return new FilterError(msg`the filter is nested too deep`, 0);
  const { summary, range } = error as { summary?: string; range?: { start: number } };
  if (summary === undefined) return new FilterError("the filter cannot be read", range?.start ?? 0);
  const words = summary.replace(/\$(user|gift|receiver)\b/g, "$1");
  const hint = /overload: string .* int|overload: int .* string/.test(words) ? ' (ids and texts are written in quotes, such as "123")' : "";
  return new FilterError(words.slice(0, 300) + hint, range?.start ?? 0);
}
