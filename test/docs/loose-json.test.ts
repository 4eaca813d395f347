// Guards: JSON that a document shows is compared with what came by members and kinds.
import { describe, expect, it } from "vitest";
import { differences, readLoose } from "./loose-json.js";

const between = (shown: string, real: unknown) => differences(readLoose(shown), real);

describe("JSON as documents show it", () => {
  it("is like what came when members and kinds are the same, whatever the values", () => {
    expect(
      between('{"code": 200, "data": [{"id": "1"}], "msg": "success"}', { code: 200, data: [{ id: "7" }, { id: "8" }], msg: "x" }),
    ).toEqual([]);
    expect(between('{"events": [{"type": "chat", …}, …], "next": "djEv…"}', { events: [{ type: "chat", text: "a" }], next: null })).toEqual(
      [],
    );
  });

  it.each([
    ['{"a": 1}', { a: 1, b: 2 }, ["$.b came and is not shown"]],
    ['{"a": 1, …}', { b: 2 }, ["$.a is shown and did not come"]],
    ['{"a": 1}', { a: "1" }, ["$.a: a number is shown, a string came"]],
    ['{"type": "chat"}', { type: "gift" }, ['$.type: "chat" is shown, "gift" came']],
    ['[{"a": 1}]', [], ["$[0]: nothing like it came"]],
    ['[{"a": 1}]', [{ b: 1 }], ["$[0].b came and is not shown", "$[0].a is shown and did not come"]],
    ["[]", {}, ["$: a list is shown, a object came"]],
    ["{}", [], ["$: an object is shown, a list came"]],
  ])("%s is not like %j", (shown, real, found) => {
    expect(between(shown, real)).toEqual(found);
  });

  it("is refused where the rest is no JSON", () => {
    expect(() => readLoose('{"a": …}')).toThrow(SyntaxError);
  });
});
