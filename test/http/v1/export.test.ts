// Guards: an export holds exactly what was asked for, can be continued, and ends with its client.
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import type { LiveEvent } from "../../../src/events/event.js";
import type { Store } from "../../../src/store/store.js";
import { chats, userOf } from "../../contracts/events.js";
import { type ApiServer, serveApi } from "../api-server.js";
import { chat, gift } from "../events.js";

const SESSION = "7300000000000000019";
const T0 = 1_760_000_000_000;

/** A room with a thousand and ten events in two broadcasts. */
async function filled(replace?: (store: Store) => Store): Promise<ApiServer> {
  const made = await serveApi(replace === undefined ? {} : { replace });
  const person = { ...userOf("42"), nickname: "小明", secUid: "MS4wsec" };
  const room = await made.tell(
    "11",
    ...chats(1000).map((event, n) => ({ ...event, sessionId: "7300000000000000018", time: T0 - 1_000_000 + n })),
    ...Array.from({ length: 5 }, (_, n) => chat(`第${n}`, { id: `a${n}`, sessionId: SESSION, time: T0 + n * 1000, user: person })),
    ...Array.from({ length: 5 }, (_, n) =>
      gift(n, { id: `b${n}`, comboId: `x.42.${n}`, sessionId: SESSION, time: T0 + n * 1000, user: person, diamonds: n }),
    ),
  );
  await made.store.sessions.open(room, "7300000000000000018", T0 - 1_000_000);
  await made.store.sessions.open(room, SESSION, T0 - 500);
  return made;
}

const events = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LiveEvent);
const seqs = (text: string) => events(text).map(({ seq }) => seq);

describe("GET /v1/rooms/{room}/export", () => {
  it("gives everything of a room, or of one broadcast, as a file", async () => {
    const { call, tokens } = await filled();
    const all = await call("/v1/rooms/11/export?format=jsonl", { token: tokens.read });
    expect([all.status, all.headers.get("content-type"), all.headers.get("x-export-until")]).toEqual([200, "application/x-ndjson", "1010"]);
    expect(seqs(all.text)).toEqual(Array.from({ length: 1010 }, (_, n) => n + 1));
    const one = await call(`/v1/rooms/11/export?format=jsonl&session=${SESSION}`);
    expect(one.headers.get("content-disposition")).toBe(`attachment; filename="dylive-11-${SESSION}.jsonl"`);
    expect(seqs(one.text)[0]).toBe(1001);
    expect((await call("/v1/rooms/11/export?format=jsonl&session=latest")).text).toBe(one.text);
  });

  it("chooses by time, type, user, worth and filter", async () => {
    const { call } = await filled();
    const get = async (query: string) => seqs((await call(`/v1/rooms/11/export?format=jsonl&${query}`)).text);
    expect(await get(`from=${T0 + 1000}&to=${T0 + 3000}`)).toEqual([1002, 1003, 1007, 1008]);
    expect(await get(`from=2025-10-09T16:53:21&to=${encodeURIComponent("2025-10-09T08:53:22Z")}&types=chat`)).toEqual([1002]);
    expect(await get("user=42&minDiamonds=3")).toEqual([1009, 1010]);
    expect(await get(`filter=${encodeURIComponent('type == "chat" && text.contains("第3")')}`)).toEqual([1004]);
  });

  it("is continued after the last seq that came", async () => {
    const { call } = await filled();
    const whole = (await call("/v1/rooms/11/export?format=csv")).text;
    const half = whole.split("\r\n").slice(0, 701);
    const last = half.at(-1)?.split(",")[0];
    const rest = (await call(`/v1/rooms/11/export?format=csv&after=${last}`)).text;
    expect(`${half.join("\r\n")}\r\n${rest}`).toBe(whole);
    expect(parse(whole, { bom: true, columns: true })).toHaveLength(1010);
    const refused = await call("/v1/rooms/11/export?format=xlsx&after=5");
    expect([refused.status, refused.at("error", "code")]).toEqual([400, "bad_request"]);
  });

  it("has its titles in Chinese when that is asked for, and is then continued as it began", async () => {
    const { call } = await filled();
    const names = (await call("/v1/rooms/11/export?format=csv")).text;
    const chinese = (await call("/v1/rooms/11/export?format=csv&headers=zh")).text;
    expect(chinese.split(",", 3)).toEqual(["序号", "时间", "类型"]);
    expect(chinese.split("\r\n").slice(1)).toEqual(names.split("\r\n").slice(1));
    expect((await call("/v1/rooms/11/export?format=csv&headers=zh&after=1009")).text).toBe(`${names.split("\r\n").at(-2)}\r\n`);
    for (const format of ["jsonl", "parquet", "xml"]) {
      const refused = await call(`/v1/rooms/11/export?format=${format}&headers=zh`);
      expect([format, refused.status, refused.text.includes("csv and xlsx")]).toEqual([format, 400, true]);
    }
    expect((await call("/v1/rooms/11/export?format=csv&headers=fr")).status).toBe(400);
  });

  it("breaks the connection off when it cannot go on, and gives its place back", async () => {
    let reads = 0;
    const broken = (store: Store): Store => {
      const [read, lines] = [store.log.readRoom.bind(store.log), store.log.lines.bind(store.log)];
      const works = () => ++reads % 4 !== 0;
      store.log.readRoom = (...ask) => (works() ? read(...ask) : Promise.reject(new Error("disk")));
      store.log.lines = (...ask) => (works() ? lines(...ask) : Promise.reject(new Error("disk")));
      return store;
    };
    const { call, tell } = await filled(broken);
    await tell("11", ...chats(3000, "more"));
    for (const format of ["jsonl", "csv", "jsonl&from=1577836800000"])
      for (let time = 0; time < 2; time++) await expect(call(`/v1/rooms/11/export?format=${format}`)).rejects.toThrow();
  });

  it("ends when nobody takes it, and when the server stops", { tags: ["full"] }, async () => {
    const { api, tokens, store, tell } = await filled();
    await tell("11", ...chats(20_000, "more"));
    const controllers = Array.from({ length: 5 }, () => new AbortController());
    const get = async (stop: AbortController) =>
      fetch(`${api.url}/v1/rooms/11/export?format=jsonl`, { headers: { authorization: `Bearer ${tokens.read}` }, signal: stop.signal });
    const [a, b, c, d, e] = controllers as [AbortController, AbortController, AbortController, AbortController, AbortController];
    const open = await Promise.all([a, b, c, d].map(get));
    expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const fifth = await get(e);
    expect([fifth.status, ((await fifth.json()) as { error: { code: string } }).error.code]).toEqual([409, "in_use"]);
    a.abort();
    for (let status = 0; status !== 200; ) status = (await get(e)).status;
    await api.close();
    await expect(Promise.all(open.slice(1).map((answer) => answer.text()))).rejects.toThrow();
    await store.close();
  });
});
