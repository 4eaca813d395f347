// Guards: The page of a room is read however it is streamed, and a live room never becomes one that is not live.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge } from "../../../src/platform/pages/answer.js";
import { readPage } from "../../../src/platform/pages/page.js";

const chunk = (text: string) => `<script nonce="">self.__pace_f.push([1,${JSON.stringify(text)}])</script>`;
const page = (roomInfo: unknown, odin: unknown = { user_unique_id: "7300000000000000001" }) =>
  `<html><body>${chunk('a:["$","div",null,{}]\n')}${chunk(`d:${JSON.stringify(["$", "$L1", null, { state: { roomStore: { roomInfo }, userStore: { odin } } }])}\n`)}</body></html>`;

describe("room page", () => {
  it("gives room, anchor and visitor id", () => {
    const room = {
      id_str: "7624505674873244442",
      status: 2,
      title: 'a "quoted" \\ title </script>',
      cover: { url_list: ["https://p3/cover.image"] },
      user_count_str: "812",
      stats: { total_user_str: "1.1万" },
    };
    const anchor = { id_str: "1", sec_uid: "MS4wLjABAAAAx", nickname: "主播", avatar_thumb: { url_list: ["https://p3/a.jpeg"] } };
    expect(readPage(page({ room, anchor, web_rid: "100", enter_mode: 1 }))).toEqual({
      userUniqueId: "7300000000000000001",
      webRid: "100",
      room: {
        id: "7624505674873244442",
        status: 2,
        title: 'a "quoted" \\ title </script>',
        cover: "https://p3/cover.image",
        online: "812",
        totalViewers: "1.1万",
      },
      anchor: { id: "1", secUid: "MS4wLjABAAAAx", nickname: "主播", avatar: "https://p3/a.jpeg" },
      audio: true,
    });
  });

  it("takes the exact count of viewers where the platform shows one, and the count that it writes where not", () => {
    const shown = (more: object) => {
      const room = { id_str: "7", status: 2, user_count_str: "900+", stats: { user_count_str: "900+", total_user_str: "1.1万" }, ...more };
      const read = readPage(page({ room, web_rid: "1" }))?.room;
      return read === "none" ? [] : [read?.online, read?.totalViewers];
    };
    const view = { is_hidden: false, display_type: 1, display_value: 959 };
    expect(shown({ room_view_stats: view })).toEqual(["959", "1.1万"]);
    expect(shown({ room_view_stats: view, stats: { total_user: 11_240, total_user_str: "1.1万" } })).toEqual(["959", "11240"]);
    // Not of those who watch now (3 is everybody so far), hidden, not filled in, no number.
    for (const other of [{ display_type: 3 }, { is_hidden: true }, { display_value: 0 }, { display_value: "959" }, { display_value: -1 }])
      expect(shown({ room_view_stats: { ...view, ...other } })).toEqual(["900+", "1.1万"]);
    expect(shown({ room_view_stats: null, user_count_str: "", stats: {}, user_count: 5 })).toEqual(["5", null]);
  });

  it("is read with space between the parts of the calls that stream it", () => {
    const room = { id_str: "7624505674873244442", status: 2 };
    const calls = (space: string) => page({ room, web_rid: "100" }).replaceAll("push([1,", `push(${space}[${space}1${space},${space}`);
    for (const space of [" ", "\n  ", ""]) expect(readPage(calls(space))).toMatchObject({ webRid: "100", room: { id: room.id_str } });
  });

  it("takes nothing for what it is not: other types, addresses that are no pictures, prototypes", () => {
    const room = { id_str: "0", status: "2", cover: { url_list: ["javascript:alert(1)"] } };
    expect(readPage(page({ room, anchor: {}, web_rid: 5 }))).toMatchObject({ room: null, anchor: null, webRid: null, audio: null });
    const odd = readPage(page({ room: { ...room, id_str: "7" }, anchor: { nickname: "a\0b\ud800", avatar_thumb: "x" } }));
    expect(odd?.room).toEqual({ id: "7", status: null, title: null, cover: null, online: null, totalViewers: null });
    expect(odd?.anchor).toEqual({ id: null, secUid: null, nickname: "ab\ufffd", avatar: null });
    expect(readPage(page(JSON.parse('{"__proto__":{"room":{"id_str":"1"}}}')))).toMatchObject({ room: "none" });
  });

  it("tells an account without a room, although a stray roomId sits beside it", () => {
    expect(readPage(page({ roomId: "1", anchor: { nickname: "主播" } }))).toMatchObject({
      room: "none",
      anchor: { nickname: "主播", id: null },
    });
  });

  const LIVE = {
    userStore: { odin: { user_unique_id: "7300000000000000001" } },
    roomStore: {
      roomInfo: {
        roomId: "7624505674873244442",
        room: { id_str: "7624505674873244442", status: 2, title: "t", stats: { total_user_str: "9" }, owner: { nickname: "主播" } },
        anchor: { id_str: "1", sec_uid: "s", nickname: "主播" },
        web_rid: "100",
      },
    },
    streamStore: { streamData: { H264_streamData: { stream: "s" } } },
  };
  const streamed = (state: unknown, ...more: string[]) =>
    [`d:${JSON.stringify(["$", "$L1", null, { state }])}\n`, ...more].map(chunk).join("");
  const meaning = (html: string) => {
    const read = readPage(html);
    return read === null ? "unknown" : judge({ ...read, step: "page", webRid: "100" }).outcome;
  };
  /** Every place of a value, as the keys that lead to it. */
  const placesIn = (value: unknown): string[][] =>
    typeof value !== "object" || value === null
      ? []
      : Object.entries(value).flatMap(([key, inner]) => [[key], ...placesIn(inner).map((path) => [key, ...path])]);
  function put(root: object, path: readonly string[], value: unknown): unknown {
    const copy = structuredClone(root) as Record<string, unknown>;
    const holder = path.slice(0, -1).reduce((inner, key) => inner[key] as Record<string, unknown>, copy);
    if (value === undefined) delete holder[path.at(-1) ?? ""];
    else holder[path.at(-1) ?? ""] = value;
    return copy;
  }
  const valueAt = (path: readonly string[]) => path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], LIVE);
  const objects = placesIn(LIVE).filter((path) => typeof valueAt(path) === "object");

  it.each(objects.map((path) => [path.join("."), path] as const))(
    "is read where %s stands in another chunk, before or after",
    (_, keys) => {
      const row = `13:${JSON.stringify(valueAt(keys))}\n`;
      const referring = put(LIVE, keys, "$13");
      for (const html of [streamed(referring, row), chunk(row) + streamed(referring)])
        expect(readPage(html)).toEqual(readPage(streamed(LIVE)));
    },
  );

  it("is read in an attribute of the HTML, escaped", () => {
    const escaped = JSON.stringify({ state: LIVE }).replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
    expect(readPage(`<html><div id="root" data-state="${escaped}"></div></html>`)).toEqual(readPage(streamed(LIVE)));
    expect(readPage(`<div data-state="${escaped.slice(9)}">`)).toBeNull();
  });

  it("of a live room that lacks or hides anything is live or unknown, and never not live", () => {
    const values = [undefined, null, "$13", "$L13", "$undefined", "", "text", 0, 9, true, [], {}, [{}]];
    for (const path of placesIn(LIVE))
      for (const value of values)
        expect(["live", "unknown"], `${path.join(".")}: ${value}`).toContain(meaning(streamed(put(LIVE, path, value))));
    const whole = streamed(LIVE, '13:{"a":1}\n');
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(400), (from, length) => {
        const cut = whole.slice(0, from) + whole.slice(from + length);
        expect(["live", "unknown"]).toContain(meaning(cut));
      }),
    );
  });

  it("is null for a page without state, and for damaged ones", () => {
    expect(readPage("<html>challenge</html>")).toBeNull();
    expect(readPage("")).toBeNull();
    const whole = page({ room: { id_str: "1", status: 2 }, web_rid: "1" });
    for (let cut = 0; cut < whole.length - 24; cut += 7) expect(readPage(whole.slice(0, cut))).toBeNull();
    expect(readPage(chunk('d:["$",{"state":'))).toBeNull();
    expect(readPage(chunk('d:{"state":1}'))).toBeNull();
  });

  it("reads a page of many megabytes of backslashes and quotes in linear time", () => {
    expect(readPage(`self.__pace_f.push([1,"${"\\\\".repeat(2_000_000)}`)).toBeNull();
    expect(readPage(`self.__pace_f.push([1,"${'\\"'.repeat(2_000_000)}"])`)).toBeNull();
  });
});
