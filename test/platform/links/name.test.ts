// Guards: the kinds of room names are told apart.
import { describe, expect, it } from "vitest";
import { parseRoomName } from "../../../src/platform/links/resolve.js";

describe("room names", () => {
  it("are told apart", () => {
    expect(parseRoomName("100000002")).toEqual({ kind: "web_rid", value: "100000002" });
    expect(parseRoomName(" 7624505674873244442 ")).toEqual({ kind: "room_id", value: "7624505674873244442" });
    expect(parseRoomName("cctv.com")).toEqual({ kind: "unique_id", value: "cctv.com" });
    const secUid = "MS4wLjABAAAAnr-Ky5vDGSq1inu9xsTrrEjd_h6zN1nm";
    expect(parseRoomName(secUid)).toEqual({ kind: "sec_uid", value: secUid });
    expect(parseRoomName("MS4wLjABAAAA")).toEqual({ kind: "unique_id", value: "MS4wLjABAAAA" });
    expect(parseRoomName("a_B-9")).toEqual({ kind: "unique_id", value: "a_B-9" });
  });

  it.each([
    "",
    " ",
    "..",
    "12345678901234567",
    "76245056748732444421",
    "a/b",
    "房间",
    "'; drop table events; --",
    "x".repeat(129),
    "https://live.douyin.com/1",
  ])("%j is refused", (text) => {
    expect(() => parseRoomName(text)).toThrowError(expect.objectContaining({ code: "bad_room" }));
  });
});
