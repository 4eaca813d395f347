// Guards: The figures of a long broadcast have its newest minutes and ask for past minutes once.
import { afterEach, expect, it, vi } from "vitest";
import type { ApiClient } from "../../../web/src/api/client.js";
import { Figures } from "../../../web/src/room/figures.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("the figures of a broadcast of days have its newest minutes, and ask for those that are over once", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.stubGlobal("document", { hidden: false });
  let count = 4_500;
  const cursors: (string | undefined)[] = [];
  const minutesAfter = (cursor: string | undefined) => {
    cursors.push(cursor);
    const from = Number(cursor ?? 0);
    const minutes = Array.from({ length: Math.min(1_000, count - from) }, (_, index) => ({ time: (from + index) * 60_000, messages: {} }));
    return { minutes, next: from + 1_000 < count ? String(from + 1_000) : null };
  };
  const paths: string[] = [];
  const get = async (
    path: string,
    { params }: { readonly params: { readonly query: { readonly cursor?: string; readonly minutes?: string } } },
  ) => {
    paths.push(path);
    const { cursor, minutes } = params.query;
    const data = path.endsWith("/summary")
      ? { session: { totals: null }, minutes: minutesAfter(minutes), gaps: null, gifters: null, chatters: null, gifts: null, words: null }
      : minutesAfter(cursor);
    return { data, response: new Response() };
  };
  const stop = new AbortController();
  const { figures } = new Figures({ v1: { GET: get } } as unknown as ApiClient, "1", "7", stop.signal);
  await vi.waitUntil(() => figures.value !== null);
  const shown = () => [figures.value?.minutes.length, figures.value?.minutes[0]?.time, figures.value?.minutes.at(-1)?.time];
  expect(shown()).toEqual([3_000, 1_500 * 60_000, 4_499 * 60_000]);
  expect(cursors.splice(0)).toEqual([undefined, "1000", "2000", "3000", "4000"]);
  count = 5_001;
  await vi.advanceTimersByTimeAsync(15_000);
  expect(shown()).toEqual([3_000, 2_001 * 60_000, 5_000 * 60_000]);
  expect(cursors.splice(0)).toEqual(["4000", "5000"]);
  paths.length = 0;
  await vi.advanceTimersByTimeAsync(15_000);
  expect([cursors, paths]).toEqual([["5000"], ["/v1/rooms/{room}/summary"]]);
  stop.abort();
});
