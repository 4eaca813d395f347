import type { ASTNode } from "@marcbachmann/cel-js";
import { TEXT_SEEN, VARIABLES } from "./filter-variables.js";

/** Something of an expression that is not allowed, and where it is (characters from its start). */
export interface Objection {
  readonly message: string;
  readonly at: number;
}

/** Steps that one event may cost: a few milliseconds at the very worst, some microseconds for what people write. */
const COST_MAX = 20_000;

/** Methods of a text, and whether they search it for their argument. */
const METHODS: Readonly<Record<string, boolean>> = {
  contains: true,
  startsWith: true,
  endsWith: true,
  size: false,
  lowerAscii: false,
};
const LOOPS = new Set(["exists", "all", "exists_one"]);
const OFFERED = [...Object.keys(METHODS), ...LOOPS].join(", ");

/**
 * Looks through a parsed expression before it is ever run. Only what is known to end soon is let through: no regular expressions (they
 * backtrack), no list that grows, loops over written-out lists only and none inside another. What is left has a cost that can be told beforehand.
 */
export function objectionTo(root: ASTNode): Objection | null {
  const walk = new Walk();
  try {
    const cost = walk.cost(root, new Set(), false);
    return cost > COST_MAX ? { message: `it costs ${cost} steps for each event, ${COST_MAX} are allowed: make it shorter`, at: 0 } : null;
  } catch (error) {
    if (error instanceof Refused) return { message: error.message, at: error.at };
    throw error;
  }
}

class Refused extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

class Walk {
  /** Characters of the longest text in the list that is gone through. */
  #longest = 0;

  /** @param bound names of the loops around it  @param inLoop whether there is one */
  cost(node: ASTNode, bound: ReadonlySet<string>, inLoop: boolean): number {
    const all = (nodes: readonly ASTNode[]) => nodes.reduce((sum, one) => sum + this.cost(one, bound, inLoop), 1);
    switch (node.op) {
      case "value":
        return typeof node.args === "object" && node.args !== null ? refuse(node, "bytes and unsigned numbers are not offered") : 1;
      case "id":
        if (bound.has(node.args) || isVariable(node.args)) return 1;
        return refuse(node, `there is no variable ${quote(node.args)}`);
      case ".":
        return 1 + this.cost(node.args[0], bound, inLoop);
      case "list":
        return all(node.args);
      case "!_":
      case "-_":
        return all([node.args]);
      case "?:":
      case "||":
      case "&&":
      case "!=":
      case "==":
      case "in":
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
      case "<":
      case "<=":
      case ">":
      case ">=":
        return all(node.args);
      case "call":
        if (node.args[0] === "size" && node.args[1].length === 1) return all(node.args[1]);
        return refuse(node, `the function ${quote(node.args[0])} is not offered; of functions there is size`);
      case "rcall":
        return this.#method(node, ...node.args, bound, inLoop);
      default:
        return refuse(node, "maps, [ ] after a value and optional fields are not offered");
    }
  }

  #method(node: ASTNode, name: string, receiver: ASTNode, args: readonly ASTNode[], bound: ReadonlySet<string>, inLoop: boolean): number {
    if (LOOPS.has(name)) return this.#loop(node, receiver, args, bound, inLoop);
    const searches = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
    if (searches === undefined) {
      const instead = name === "matches" ? "regular expressions are not offered" : `the method ${quote(name)} is not offered`;
      return refuse(node, `${instead}; there are ${OFFERED}`);
    }
    const inner = [receiver, ...args].reduce((sum, one) => sum + this.cost(one, bound, inLoop), 1);
    if (!searches) return inner;
    // A search looks at most at all that is searched for, at every place where it may begin; a step is as many places as a variable has.
    const places = lengthOf(receiver, this.#longest) / TEXT_SEEN;
    return inner + Math.ceil(places * args.reduce((sum, arg) => sum + lengthOf(arg, this.#longest), 0));
  }

  #loop(node: ASTNode, list: ASTNode, args: readonly ASTNode[], bound: ReadonlySet<string>, inLoop: boolean): number {
    const [variable, body] = args;
    if (inLoop) return refuse(node, "a loop inside a loop is not offered");
    if (list.op !== "list") return refuse(list, `a loop goes through a written-out list, such as ["a", "b"].exists(w, text.contains(w))`);
    if (variable?.op !== "id" || body === undefined || args.length !== 2)
      return refuse(node, "a loop takes a name and a condition, such as exists(w, text.contains(w))");
    if (isVariable(variable.args)) return refuse(variable, `${quote(variable.args)} is a variable already, take another name`);
    const listed = this.cost(list, bound, true);
    this.#longest = Math.max(0, ...list.args.map((one) => lengthOf(one, 0)));
    return listed + list.args.length * this.cost(body, new Set([...bound, variable.args]), true);
  }
}

/** The most characters that the text of a node has. @param ofName that of a loop's variable */
function lengthOf(node: ASTNode, ofName: number): number {
  switch (node.op) {
    case "value":
      return typeof node.args === "string" ? node.args.length : 1;
    case "id":
      return isVariable(node.args) ? TEXT_SEEN : ofName;
    case "+":
      return lengthOf(node.args[0], ofName) + lengthOf(node.args[1], ofName);
    case "?:":
      return Math.max(lengthOf(node.args[1], ofName), lengthOf(node.args[2], ofName));
    case "rcall":
      // lowerAscii has as many; the other methods give no text.
      return lengthOf(node.args[1], ofName);
    default:
      return TEXT_SEEN;
  }
}

function refuse(node: ASTNode, message: string): never {
  throw new Refused(message, node.start);
}

function quote(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
}

function isVariable(name: string): boolean {
  return Object.hasOwn(VARIABLES, name);
}
