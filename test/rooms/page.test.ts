import { describe, expect, it } from "vitest";
import { readPage } from "../../src/rooms/page.js";

const chunk = (text: string) => `<script nonce="">self.__pace_f.push([1,${JSON.stringify(text)}])</script>`;
const page = (roomInfo: unknown, odin: unknown = { user_unique_id: "7300000000000000001" }) =>
  `<html><body>${chunk('a:["$","div",null,{}]\n')}${chunk(`d:${JSON.stringify(["$", "$L1", null, { state: { roomStore: { roomInfo }, userStore: { odin } } }])}\n`)}</body></html>`;

describe("room page", () => {
  it("gives room, anchor and visitor id", () => {
    const room = { id_str: "7624505674873244442", status: 2, title: 'a "quoted" \\ title </script>' };
    const anchor = { id_str: "1", sec_uid: "MS4wLjABAAAAx", nickname: "主播", avatar_thumb: { url_list: ["https://p3/a.jpeg"] } };
    expect(readPage(page({ room, anchor, web_rid: "100" }))).toEqual({
      userUniqueId: "7300000000000000001",
      webRid: "100",
      room: { id: "7624505674873244442", status: 2, title: 'a "quoted" \\ title </script>' },
      anchor: { id: "1", secUid: "MS4wLjABAAAAx", nickname: "主播", avatar: "https://p3/a.jpeg" },
    });
  });

  it("tells an account without a room, although a stray roomId sits beside it", () => {
    expect(readPage(page({ roomId: "1", anchor: { nickname: "主播" } }))).toMatchObject({
      room: null,
      anchor: { nickname: "主播", id: null },
    });
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
