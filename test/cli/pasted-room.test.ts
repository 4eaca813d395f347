// Guards: A stored room is found by whatever names it, and a refused command makes no store.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { pastedRoom } from "../../src/cli/pasted-room.js";
import { programFor } from "../../src/cli/program.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { useFolders } from "../store/directory.js";

const SEC = "MS4wLjABAAAAabcdefghijklmnopqrstuvwxyz0123456789-_ABCDEF";
const ROOM_ID = "7634850000000000019";
const folders = useFolders();

describe("a room of the store", () => {
  const stored = async () => {
    const store = openSqliteStore({ path: ":memory:" });
    onTestFinished(() => store.close());
    const names = [
      { kind: "web_rid", value: "100000001" },
      { kind: "unique_id", value: "xiaomian" },
      { kind: "sec_uid", value: SEC },
      { kind: "room_id", value: ROOM_ID },
    ] as const;
    return { ...store, room: await store.rooms.ensure(names, { webRid: "100000001" }) };
  };

  it.each([
    "100000001",
    "'100000001'",
    "'https://live.douyin.com/xiaomian'",
    "看看这个 live.douyin.com/100000001，快来",
    `8- 【小棉袄优选】正在直播 https://www.douyin.com/user/${SEC}?x=1 复制`,
  ])("is found by %s", async (text) => {
    const { rooms, room } = await stored();
    expect(await pastedRoom(rooms, text)).toEqual({ asked: text, room, sessionId: null });
  });

  it("is found by its key, and a broadcast of it by its room_id", async () => {
    const { rooms, room } = await stored();
    expect(await pastedRoom(rooms, `'room:${room}'`)).toMatchObject({ room, sessionId: null });
    expect(await pastedRoom(rooms, `'${ROOM_ID}'`)).toMatchObject({ room, sessionId: ROOM_ID });
  });

  it.each([
    ["nosuch", /no room is known as "nosuch"/],
    ["https://v.douyin.com/DEMO1/", /dylive resolve LINK/],
    ["https://user:secret@evil.example/1", /no room is known as "…@evil/],
  ])("is not found by %s, in words", async (text, words) => {
    const { rooms } = await stored();
    await expect(pastedRoom(rooms, text)).rejects.toMatchObject({ code: "not_found", message: expect.stringMatching(words) });
  });
});

describe("a command", () => {
  const ran = async (...line: string[]) => (await programFor(line[0] ?? null)).parseAsync(line, { from: "user" });

  it("that needs rooms which no store knows makes none", async () => {
    const data = join(folders(), "none");
    await expect(ran("token", "create", "--name", "n", "--rooms", "nosuch", "--data", data)).rejects.toMatchObject({ code: "bad_config" });
    expect(existsSync(data)).toBe(false);
  });

  it.each([
    [["room", "add", "没有链接"], "bad_room"],
    [["hook", "add", "foo"], "bad_request"],
  ])("%j makes no store for what it refuses by itself", async (line, code) => {
    const data = join(folders(), "none");
    await expect(ran(...line, "--data", data)).rejects.toMatchObject({ code });
    expect(existsSync(data)).toBe(false);
  });

  it("speaks of the folder that it was given before that of the store", async () => {
    const data = join(folders(), "none");
    await expect(ran("sidecar", join(data, "nosuch"), "--room", "1", "--data", data)).rejects.toMatchObject({ code: "file_failed" });
    expect(existsSync(data)).toBe(false);
  });
});
