import type { ASTNode } from "@marcbachmann/cel-js";
import { english, type Msg, msg } from "../runtime/msg.js";
import { EVENT_TYPES } from "./event.js";
import { VARIABLES } from "./filter-variables.js";
import { noSuch } from "./misspelt.js";

/** Part of an expression that is not allowed, and where it is (characters from its start). */
interface Objection {
  readonly message: Msg;
  readonly at: number;
}

/**
 * Steps that one event may cost: a step is a part of the expression, times the items of the loop around it. An expression at this bound takes
 * some 10 ms for an event whose texts were made to be slow, and microseconds if it is what people write.
 */
const COST_MAX = 30_000;
/** Steps of what goes through a text: a search, a size or lower case. */
const TEXT_STEPS = 50;
/** Steps of an operator that has no value for null: the library throws then. */
const FAILURE_STEPS = 30;
/** Steps of a `+`: joined texts are longer for all that goes through them. */
const JOIN_STEPS = 500;

const SEARCHES = new Set(["contains", "startsWith", "endsWith"]);
const LOOPS = new Set(["exists", "all", "exists_one"]);
const OFFERED = [...SEARCHES, "size", "lowerAscii", ...LOOPS].join(", ");

/**
 * Looks through a parsed expression before it is ever run. Only what is known to end soon is let through: no regular expressions (they
 * backtrack), no list that grows, loops over written-out lists only and none inside another. What is left has a cost that is known beforehand.
 */
export function objectionTo(root: ASTNode): Objection | null {
  try {
    const cost = costOf(root, null);
    return cost > COST_MAX
      ? { message: msg`it costs ${cost} steps for each event, ${COST_MAX} are allowed: make it shorter`, at: 0 }
      : null;
  } catch (error) {
    if (error instanceof Refused) return { message: error.said, at: error.at };
    throw error;
  }
}

class Refused extends Error {
  readonly said: Msg;
  readonly at: number;

  constructor(said: Msg, at: number) {
    super(english(said));
    this.said = said;
    this.at = at;
  }
}

/** @param item name of the item of the loop around it */
function costOf(node: ASTNode, item: string | null): number {
  const all = (nodes: readonly ASTNode[], own = 1) => nodes.reduce((sum, one) => sum + costOf(one, item), own);
  switch (node.op) {
    case "value":
      return typeof node.args === "object" && node.args !== null ? refuse(node, msg`bytes and unsigned numbers are not offered`) : 1;
    case "id":
      if (node.args === item || isVariable(node.args)) return 1;
      return refuse(node, noSuch("variable", node.args, Object.keys(VARIABLES)));
    case ".":
      assertField(node, node.args[0], node.args[1]);
      return 1 + costOf(node.args[0], item);
    case "list":
    case "?:":
    case "||":
    case "&&":
      return all(node.args);
    case "!_":
    case "-_":
      return all([node.args], FAILURE_STEPS);
    case "!=":
    case "==":
    case "in":
      assertTypes(node.args);
      return all(node.args);
    case "<":
    case "<=":
    case ">":
    case ">=":
    case "-":
    case "*":
    case "/":
    case "%":
      return all(node.args, FAILURE_STEPS);
    case "+":
      return all(node.args, JOIN_STEPS);
    case "call":
      return costOfSize(node, ...node.args, item);
    case "rcall":
      return costOfMethod(node, ...node.args, item);
    default:
      return refuse(node, msg`maps, [ ] after a value and optional fields are not offered`);
  }
}

function costOfSize(node: ASTNode, name: string, args: readonly ASTNode[], item: string | null): number {
  const [of] = args;
  if (name !== "size" || of === undefined || args.length > 1)
    return refuse(node, msg`the function ${quote(name)} is not offered; of functions there is size`);
  return TEXT_STEPS + costOf(of, item);
}

function costOfMethod(node: ASTNode, name: string, receiver: ASTNode, args: readonly ASTNode[], item: string | null): number {
  if (LOOPS.has(name)) return costOfLoop(node, receiver, args, item);
  if (name === "size") return costOfSize(node, name, [receiver, ...args], item);
  if (name !== "lowerAscii" && !SEARCHES.has(name)) {
    const instead = name === "matches" ? msg`regular expressions are not offered` : msg`the method ${quote(name)} is not offered`;
    return refuse(node, msg`${instead} (there are ${OFFERED})`);
  }
  return [receiver, ...args].reduce((sum, one) => sum + costOf(one, item), TEXT_STEPS);
}

function costOfLoop(node: ASTNode, list: ASTNode, args: readonly ASTNode[], item: string | null): number {
  const [variable, body] = args;
  if (item !== null) return refuse(node, msg`a loop inside a loop is not offered`);
  if (list.op !== "list") return refuse(list, msg`a loop goes through a written-out list, such as ["a", "b"].exists(w, text.contains(w))`);
  if (variable?.op !== "id" || body === undefined || args.length !== 2)
    return refuse(node, msg`a loop takes a name and a condition, such as exists(w, text.contains(w))`);
  if (isVariable(variable.args)) return refuse(variable, msg`${quote(variable.args)} is a variable already, take another name`);
  return costOf(list, variable.args) + list.args.length * costOf(body, variable.args);
}

/** Refuses a field that a variable does not have. */
function assertField(node: ASTNode, of: ASTNode, field: string): void {
  const type = of.op === "id" && isVariable(of.args) ? VARIABLES[of.args]?.type : undefined;
  if (typeof type !== "object" || Object.hasOwn(type, field)) return;
  throw new Refused(noSuch("field", field, Object.keys(type)), node.end - field.length);
}

/** Refuses a comparison of `type` with what is no type of event: it would never be true. */
function assertTypes([left, right]: readonly [ASTNode, ASTNode]): void {
  const isType = (one: ASTNode) => one.op === "id" && one.args === "type";
  const compared = isType(left) ? right : isType(right) ? left : null;
  for (const one of compared?.op === "list" ? compared.args : [compared]) {
    if (one?.op !== "value" || typeof one.args !== "string") continue;
    if (!EVENT_TYPES.some((type) => type === one.args)) refuse(one, noSuch("type", one.args, EVENT_TYPES));
  }
}

function refuse(node: ASTNode, message: Msg): never {
  throw new Refused(message, node.start);
}

function quote(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
}

function isVariable(name: string): boolean {
  return Object.hasOwn(VARIABLES, name);
}
