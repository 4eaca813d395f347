// Guards: A compiled filter says of every event what the library of CEL says.
import { Environment } from "@marcbachmann/cel-js";
import { describe, expect, it } from "vitest";
import { Random } from "../../simulator/random.js";
import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import { compile, FilterError } from "../../src/events/filter.js";
import { VARIABLES } from "../../src/events/filter-variables.js";
import { chat, gift, join, like, person, stats } from "../http/events.js";

const live = (event: NewEvent): LiveEvent => ({ ...event, seq: 1 });
const EVENTS = [
  live(chat("主播加油 hello 😀", { user: person({ id: "42", nickname: "小明", payLevel: 30, fansClub: { name: "团", level: 7 } }) })),
  live(chat("")),
  live(gift(3, { unitDiamonds: 50, diamonds: 150, user: person({ id: "43", payLevel: null }) })),
  live(gift(1, { unitDiamonds: null, diamonds: null })),
  live(like(15)),
  live(join({ memberCount: 5 })),
  live(stats()),
];

/** The library's own way to run an expression, which ours must agree with: every value may be null there. */
const library = new Environment({ homogeneousAggregateLiterals: false });
for (const type of ["int", "string", "bool"]) library.registerOperator(`${type} == null`, () => false);
for (const [name, { type }] of Object.entries(VARIABLES)) {
  if (typeof type === "string") library.registerVariable(name === "type" ? "Type" : name, "dyn");
  else library.registerVariable(name, { schema: Object.fromEntries(Object.keys(type).map((field) => [field, "dyn"])) });
}

function byLibrary(expression: string): (event: LiveEvent) => boolean {
  const run = library.parse(expression.replace(/\btype\b/g, "Type"));
  return (event) => {
    const context = Object.fromEntries(
      Object.entries(VARIABLES).map(([name, variable]) => [name === "type" ? "Type" : name, variable.of(event)]),
    );
    try {
      return run(context) === true;
    } catch {
      return false;
    }
  };
}

/** Writes expressions at random, of which most fit by their types. */
class Writer {
  readonly #random: Random;

  constructor(seed: string) {
    this.#random = new Random(seed);
  }

  bool(depth: number, item: string | null = null): string {
    const { text, int, bool } = this.#of(depth - 1, item);
    if (depth === 0) return this.#one(["true", "false", "user.isAdmin", "settled", "luckyBag", 'type == "chat"', "user.masked == null"]);
    return this.#one([
      () => `(${bool()} || ${bool()})`,
      () => `(${bool()} && ${bool()})`,
      () => `!${bool()}`,
      () => `(${bool()} ? ${bool()} : ${bool()})`,
      () => `${int()} ${this.#one(["<", "<=", ">", ">=", "==", "!="])} ${int()}`,
      () => `${text()} ${this.#one(["<", ">=", "==", "!="])} ${text()}`,
      () => `${this.#one(["text", "payLevel", "diamonds", "user.id", "settled"])} ${this.#one(["==", "!="])} null`,
      () => `${text()}.${this.#one(["contains", "startsWith", "endsWith"])}(${text()})`,
      () => `${text()} in [${text()}, ${text()}]`,
      () => `user.id in ["1","2","3","4","5","6","7","42","43"]`,
      () => `${int()} in [1, 3, ${item === "n" ? "n" : "15"}]`,
      () => `[${int()}, 1] == [3, ${int()}]`,
      () => `payLevel > 1.5`,
      () => (item === null ? `["加", "hello", ""].${this.#one(["exists", "all", "exists_one"])}(w, ${this.bool(depth - 1, "w")})` : bool()),
      () => (item === null ? `[1, 3, 15].${this.#one(["exists", "all", "exists_one"])}(n, ${this.bool(depth - 1, "n")})` : bool()),
    ])();
  }

  #of(depth: number, item: string | null) {
    const deeper = Math.max(depth, 0);
    const text = (): string =>
      this.#one([
        () => this.#one(["text", "user.nickname", "gift.name", "user.id", "kind", "type", item === "w" ? "w" : "text"]),
        () => this.#one(['"加油"', '"a"', '""', '"hello"', '"42"']),
        () => (deeper === 0 ? "via" : `${this.#of(deeper - 1, item).text()}.lowerAscii()`),
        () => (deeper === 0 ? "action" : `(${this.#of(deeper - 1, item).text()} + ${this.#of(deeper - 1, item).text()})`),
      ])();
    const int = (): string =>
      this.#one([
        () => this.#one(["payLevel", "diamonds", "delta", "count", "memberCount", "user.fansClubLevel", item === "n" ? "n" : "time"]),
        () => this.#one(["0", "1", "3", "9223372036854775807", "-7"]),
        () => `size(${text()})`,
        () =>
          deeper === 0
            ? "online"
            : `(${this.#of(deeper - 1, item).int()} ${this.#one(["+", "-", "*", "/", "%"])} ${this.#of(deeper - 1, item).int()})`,
        () => (deeper === 0 ? "total" : `-${this.#of(deeper - 1, item).int()}`),
      ])();
    return { text, int, bool: () => this.bool(deeper, item) };
  }

  #one<T>(choices: readonly T[]): T {
    return this.#random.pick(choices);
  }
}

describe("a filter", () => {
  it("says of every event what the library says, for 1,000 expressions made at random", () => {
    const writer = new Writer("filters");
    const answers = { true: 0, false: 0 };
    for (let n = 0; n < 1_000; n++) {
      const expression = writer.bool(1 + (n % 4));
      let ours: (event: LiveEvent) => boolean;
      try {
        ours = compile(expression);
      } catch (error) {
        expect(error).toBeInstanceOf(FilterError);
        continue;
      }
      const theirs = byLibrary(expression);
      for (const event of EVENTS) {
        const answer = ours(event);
        answers[`${answer}`]++;
        expect([expression, event.type, answer]).toEqual([expression, event.type, theirs(event)]);
      }
    }
    expect(Math.min(answers.true, answers.false)).toBeGreaterThan(500);
  });
});
