// Guards: A filter passes the events that its words say, names what is wrong in one, and no filter holds the server.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { LiveEvent, NewEvent } from "../../src/events/event.js";
import { compile, EXPRESSION_MAX_CHARS, FilterError } from "../../src/events/filter.js";
import { TEXT_SEEN, VARIABLES } from "../../src/events/filter-variables.js";
import { chat, gift, join, like, person, stats } from "../http/events.js";

const live = (event: NewEvent): LiveEvent => ({ ...event, seq: 1 });
const HELLO = live(
  chat("主播加油 hello", { user: person({ id: "42", nickname: "小明", payLevel: 30, fansClub: { name: "团", level: 7 } }) }),
);
const ROSE = live(gift(3, { unitDiamonds: 50, diamonds: 150, user: person({ id: "43", payLevel: null }) }));
const UNPRICED = live(gift(1, { unitDiamonds: null, diamonds: null }));
const LIKE = live(like(15));
const ALL = [HELLO, ROSE, UNPRICED, LIKE];

const wanted = (expression: string) => ALL.filter(compile(expression)).map((event) => ALL.indexOf(event));
function errorOf(expression: string): { message: string; position: number } {
  try {
    compile(expression);
  } catch (error) {
    if (error instanceof FilterError) return { message: error.message, position: error.position };
    throw error;
  }
  throw new Error(`no error: ${expression}`);
}

describe("a filter", () => {
  it.each<[string, number[]]>([
    ['type == "chat"', [0]],
    ['type in ["gift", "like"]', [1, 2, 3]],
    ['type != "gift" || diamonds >= 100', [0, 1, 3]],
    ["diamonds >= 100", [1]],
    ["!(diamonds >= 100)", []],
    ["comboDiamonds >= 100", [1]],
    ["comboDiamonds > 0 && diamonds < comboDiamonds", []],
    ["diamonds == null", [0, 2, 3]],
    ["diamonds != null && diamonds > 1", [1]],
    ['["你好", "加油"].exists(w, text.contains(w))', [0]],
    ['!["广告", "加微信"].exists(w, text.contains(w))', [0]],
    ['text.lowerAscii().contains("HELLO".lowerAscii())', [0]],
    ['user.id in ["42", "43"]', [0, 1]],
    ['user.nickname.startsWith("小") && user.fansClubLevel > 5', [0]],
    ['payLevel > 20 || type == "like"', [0, 3]],
    ['gift.name == "小心心" && delta > 1', [1]],
    ["receiver.id == null", [0, 1, 2, 3]],
    ["!user.isAdmin", [0, 1, 2, 3]],
    ["true", [0, 1, 2, 3]],
    ["'type' == 'type' && type == \"chat\"", [0]],
    ["time > 1600000000000", [0, 1, 2, 3]],
  ])("%s", (expression, expected) => {
    expect(wanted(expression)).toEqual(expected);
  });

  it("passes a combo from where it reaches a value on, to its end", () => {
    const messages = [
      { delta: 60, comboTotal: 60 },
      { delta: 60, comboTotal: 120 },
      { delta: 1, comboTotal: 121 },
      { delta: 0, comboTotal: 121, settled: true },
    ].map((units) => live(gift(1, { unitDiamonds: 1, ...units, diamonds: units.delta })));
    const passed = (expression: string) => messages.filter(compile(expression)).map((event) => messages.indexOf(event));
    expect(passed("comboDiamonds >= 100")).toEqual([1, 2, 3]);
    expect(passed("comboDiamonds >= 100 && settled")).toEqual([3]);
    expect(passed("diamonds >= 100")).toEqual([]);
  });

  it("knows every kind of event's values, and null for the rest", () => {
    expect(compile("memberCount == 5")(live(join({ memberCount: 5 })))).toBe(true);
    expect(compile('via == "share"')(live(join({ via: "share" })))).toBe(true);
    expect(compile("online == 1 && totalViewers == 2")(live(stats()))).toBe(true);
    for (const event of ALL) for (const { of } of Object.values(VARIABLES)) expect(of(event)).not.toBeUndefined();
  });

  it("looks at the beginning of a long text only", () => {
    const long = live(chat(`${"a".repeat(TEXT_SEEN)}b`));
    expect(compile('text.contains("b")')(long)).toBe(false);
    expect(compile('text.contains("aaa")')(long)).toBe(true);
  });
});

describe("a wrong filter", () => {
  it.each<[string, string, number]>([
    ["", "is empty", 0],
    ["diamonds >=", "Unexpected token", 11],
    ["true && diamond > 5", 'no variable "diamond" (did you mean diamonds?); there are type, kind, ', 8],
    ["user.level > 5", 'no field "level"; there are id, secUid, ', 5],
    ['receiver.nickName == "a"', 'no field "nickName" (did you mean nickname?)', 9],
    ['diamonds > 1 && type == "gfit"', 'no type "gfit" (did you mean gift?); there are ', 24],
    ['"Chat" != type', 'no type "Chat" (did you mean chat?)', 0],
    ['!(type in ["gift", "likes"])', 'no type "likes" (did you mean like?)', 19],
    ["user.id == 42", "written in quotes", 0],
    ['text + "a"', "gives string", 0],
    ["diamonds", "gives int", 0],
    ['true && text.matches("(a+)+$")', "regular expressions are not offered", 8],
    ['type(1) == type("a")', "function", 0],
    ['timestamp("2024-01-01T00:00:00Z") != null', "function", 0],
    ['"a" in {"a": 1}', "not offered", 7],
    ["user['id'] == null", "not offered", 0],
    ["[1].map(x, x)[0] == 1", "not offered", 0],
    ["[1].exists(x, [2].exists(y, x == y))", "inside a loop", 14],
    ["[[1].exists(x, true)].exists(y, y)", "inside a loop", 1],
    ['text.exists(x, x == "a")', "written-out list", 0],
    ['["a"].exists(text, true)', "already", 13],
    ['["a"].exists(w)', "takes a name and a condition", 0],
    ['cel.bind(x, "a", x == "a")', "not offered", 0],
    ['google.protobuf.Timestamp == "a"', 'no variable "google"', 0],
    ["constructor == null", 'no variable "constructor"', 0],
    ["__proto__ == null", "Reserved identifier", 0],
    ['text.constructor("return 1")() == 1', "", 0],
    ['text.toString() == "a"', 'method "toString" is not offered', 0],
    ["text.__proto__ == null", "", 0],
    ['b"a" == b"a"', "bytes", 0],
    ["Type == type", 'no variable "Type"', 0],
  ])("%s", (expression, message, position) => {
    const error = errorOf(expression);
    expect(error.message).toContain(message);
    if (message !== "") expect(error.position).toBe(position);
  });
});

describe("a hostile filter", () => {
  const list = (n: number, one: string) => `[${Array.from({ length: n }, () => one).join(",")}]`;

  it.each([
    ["deep parentheses", `${"(".repeat(2_000)}true${")".repeat(1_990)}`],
    ["deep negation", `${"!".repeat(3_900)}true`],
    ["deep minus", `${"-".repeat(3_900)}1 == 1`],
    ["a long chain", `true${"||true".repeat(600)}`],
    ["a long text", `text == "${"a".repeat(EXPRESSION_MAX_CHARS)}"`],
    ["a dear loop", `${list(900, "1")}.all(x, ${Array.from({ length: 100 }, () => "x>0").join("&&")})`],
    ["a dear search", `${list(300, "1")}.all(x, text.contains("${"a".repeat(800)}b"))`],
    ["many fields", `user${".id".repeat(900)} == null`],
    ["many lists", `${"[".repeat(1_900)}1${"]".repeat(1_900)} == [1]`],
    ["ternaries", `${"true?".repeat(700)}true`],
  ])("is refused at once: %s", (_what, expression) => {
    const began = performance.now();
    try {
      const predicate = compile(expression);
      predicate(HELLO);
    } catch (error) {
      expect(error).toBeInstanceOf(FilterError);
    }
    expect(performance.now() - began).toBeLessThan(500);
  });

  it.each([
    ["in texts put together", (text: string) => `(${text}).contains("${"a".repeat(100)}b")`],
    ["in the longer of two", (text: string) => `(true ? ${text} : "a").lowerAscii().contains("${"a".repeat(100)}b")`],
    ["for texts put together", (text: string) => `text.contains(${text})`],
  ])("is refused when it searches too much: %s", (_what, search) => {
    const text = Array.from({ length: 100 }, () => "text").join(" + ");
    compile(search("text"));
    expect(errorOf(`${list(15, "1")}.all(x, !${search(text)})`).message).toContain("steps for each event");
  });

  it("costs an event little at the most that is allowed", () => {
    const text = live(chat("a".repeat(100_000)));
    const predicate = compile(`${list(24, "1")}.all(x, !text.contains("${"a".repeat(780)}b"))`);
    const began = performance.now();
    for (let n = 0; n < 20; n++) expect(predicate(text)).toBe(true);
    expect((performance.now() - began) / 20).toBeLessThan(50);
  });

  it("never throws when it runs", () => {
    for (const expression of ["1 / 0 == 1", "delta % 0 == 1", "9223372036854775807 + 1 > 0", "size(text) / (size(text) - size(text)) > 0"])
      for (const event of ALL) expect(compile(expression)(event)).toBe(false);
  });

  it("does not see values that an earlier event left", () => {
    const predicate = compile('user.nickname == "小明"');
    expect([HELLO, ROSE, HELLO].map(predicate)).toEqual([true, false, true]);
  });
});

describe("docs/filters.md", () => {
  const doc = readFileSync(new URL("../../docs/filters.md", import.meta.url), "utf8").replace(/ +\|/g, " |");

  it("names every variable with its type, and what it is", () => {
    for (const [name, { type, about }] of Object.entries(VARIABLES)) {
      const rows = typeof type === "string" ? [[name, type]] : Object.entries(type).map(([field, of]) => [`${name}.${field}`, of]);
      for (const [variable, of] of rows) expect(doc).toContain(`| \`${variable}\` | ${of} |`);
      if (typeof type === "string") expect(doc).toContain(about);
    }
  });

  it("has the same variables, of the same types, in Chinese", () => {
    const rowsOf = (text: string) =>
      [...text.matchAll(/^\| `([\w.]+)` \| (string|int|bool) \|/gm)].map(([, variable, of]) => [variable, of]);
    const translated = readFileSync(new URL("../../docs/filters.zh.md", import.meta.url), "utf8");
    expect(rowsOf(translated)).toEqual(rowsOf(doc));
  });

  it("has examples that compile", () => {
    const examples = [...doc.matchAll(/^```cel\n([\s\S]*?)```/gm)].flatMap(([, block]) => (block ?? "").trim().split("\n"));
    expect(examples.length).toBeGreaterThan(5);
    for (const example of examples) compile(example);
  });
});
