// Guards: `dylive demo` shows all five kinds of events of a simulated room at the first start, and fresh events at the next.
import { afterAll, describe, expect, it } from "vitest";
import { chat, dylive, scratch } from "../e2e/command.js";
import { until } from "../until.js";

const dir = scratch();
afterAll(() => dir.remove());

async function demo() {
  const run = dylive(["demo"], { DYLIVE_DATA: dir.path, DYLIVE_PORT: "0" });
  const [, base = "", token = ""] = await run.printed(/curl "(http:\/\/[^/]+)\/douyin\/liveroom\/chat\?token=([\w-]+)&room_id=100000002"/);
  return { run, base, token };
}

describe("dylive demo", () => {
  it("shows all five kinds, and fresh events at every start", async () => {
    const first = await demo();
    await first.run.printed(/^works: after that page, http:\S+\/#\/works with https:\/\/v\.douyin\.com\/\w+\/ \(a video\), /m);
    await until(async () => {
      const asked = await fetch(`${first.base}/v1/rooms`, { headers: { authorization: `Bearer ${first.token}` } });
      const { rooms } = (await asked.json()) as { rooms: readonly { webRid: string; watch: string }[] };
      const watched = rooms.filter(({ watch }) => watch === "on").map(({ webRid }) => webRid);
      return watched.sort().join() === "100000001,100000002,100000003";
    });
    const seen = new Set<string>();
    const ids = new Set<string>();
    const poll = async ({ base, token }: { base: string; token: string }) => {
      const { body, status, text } = await chat(base, { token, room_id: "100000002", wait: "2" });
      expect(status, text).toBe(200);
      return body.data;
    };
    await until(async () => {
      for (const event of await poll(first)) {
        seen.add(event.type);
        ids.add(event.msg_id ?? event.tid ?? "");
      }
      return seen.size === 5;
    });
    expect([...seen].sort()).toEqual(["Chat", "Gift", "Like", "Member", "Social"].map((kind) => `Webcast${kind}Message`));
    const page = await fetch(`${first.base}/`);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).toContain("<script");
    first.run.process.kill("SIGTERM");
    expect(await first.run.ended, first.run.stderr()).toBe(0);

    const second = await demo();
    expect(second.token).toBe(first.token);
    const fresh = new Set<string>();
    await until(async () => {
      for (const event of await poll(second)) fresh.add(event.msg_id ?? event.tid ?? "");
      return [...fresh].filter((id) => !ids.has(id)).length > 5;
    });
    second.run.process.kill("SIGTERM");
    expect(await second.run.ended, second.run.stderr()).toBe(0);
  });
});
