// Guards: A list goes on where a page ended and leaves out late answers.
import { expect, it } from "vitest";
import { Paged } from "../../../web/src/api/paged.js";

it("a list goes on where a page ended, passes over a few empty pages, and leaves out answers that come late", async () => {
  const asked: (string | null)[] = [];
  let pages: Record<string, readonly [items: readonly number[], next: string | null]> = {};
  const held: (() => void)[] = [];
  let hold = false;
  const list = new Paged<number>(async (cursor) => {
    asked.push(cursor);
    const [items, next] = pages[cursor ?? "first"] ?? [[], null];
    if (hold) await new Promise<void>((resolve) => void held.push(resolve));
    return { items, next, behind: 7 };
  });
  pages = { first: [[1], "a"], a: [[], "b"], b: [[2], "c"], c: [[], null] };
  await list.start();
  expect([list.items.value, list.next.value, list.behind.value, list.busy.value]).toEqual([[1], "a", 7, false]);
  await list.more();
  expect([list.items.value, list.next.value]).toEqual([[1, 2], "c"]);
  await list.more();
  await list.more();
  expect([list.items.value, list.next.value, asked]).toEqual([[1, 2], null, [null, "a", "b", "c"]]);
  // Not for ever.
  pages = Object.fromEntries(Array.from({ length: 99 }, (_, n) => [n === 0 ? "first" : String(n), [[], String(n + 1)] as const]));
  asked.length = 0;
  await list.start();
  expect([list.items.value, list.next.value, asked.length]).toEqual([[], "6", 6]);
  // An answer to a question that nobody asks any more.
  pages = { first: [[1], null] };
  hold = true;
  const late = list.start();
  pages = { first: [[2], null] };
  const now = list.start();
  for (const one of held) one();
  await Promise.all([late, now]);
  expect([list.items.value, list.busy.value]).toEqual([[2], false]);
  hold = false;
  pages = { first: [[3], "x"] };
  await list.start(true);
  list.clear();
  expect([list.items.value, list.next.value, list.behind.value]).toEqual([null, null, 0]);
});

it("a list that could not be read says why, and goes on from there", async () => {
  let fails = false;
  const list = new Paged<number>(async (cursor) => {
    if (fails) throw new TypeError("no answer");
    return { items: [cursor === null ? 1 : 2], next: cursor === null ? "a" : null };
  });
  await list.start();
  fails = true;
  await list.more();
  expect([list.failure.value?.code, list.items.value, list.next.value, list.busy.value]).toEqual(["offline", [1], "a", false]);
  fails = false;
  await list.more();
  expect([list.failure.value, list.items.value, list.next.value]).toEqual([null, [1, 2], null]);
});
