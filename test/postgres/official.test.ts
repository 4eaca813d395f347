import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startOpenPlatform } from "../../simulator/open-platform/open-platform.js";
import { signPush } from "../../src/platform/open-platform/push.js";
import { systemClock } from "../../src/runtime/clock.js";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { APP, DATA_SECRETS, type Ingest, PATH, ROOM_ID, startIngest } from "../collector/open-platform/ingest.js";
import { useDirectory } from "../store/directory.js";
import { dropDatabase, newDatabase } from "./database.js";

const file = useDirectory();
let url: string;
const nodes: Ingest[] = [];
beforeAll(async () => {
  url = await newDatabase();
});
afterAll(() => dropDatabase(url));
afterEach(async () => {
  for (const { stop, store } of nodes.splice(0)) {
    await stop();
    await store.close();
  }
});

/** A comment as the platform pushes it. */
const comment = (n: number) =>
  JSON.stringify([
    { msg_id: String(7_300_000_000_000_000_000n + BigInt(n)), sec_openid: "_000a", content: `text ${n}`, timestamp: Date.now() },
  ]);

async function push({ api }: Ingest, text: string): Promise<number> {
  const head = { msgType: "live_comment", nonce: "n", roomId: ROOM_ID, timestamp: String(Date.now()) };
  const headers = {
    ...{ "content-type": "application/json", "x-msg-type": head.msgType, "x-nonce-str": head.nonce, "x-roomid": ROOM_ID },
    ...{ "x-timestamp": head.timestamp, "x-signature": signPush(head, Buffer.from(text), DATA_SECRETS.live_comment) },
  };
  return (await fetch(`${api.url}/ingest/douyin-open/${PATH}`, { method: "POST", headers, body: text })).status;
}

describe("pushes of the Open Platform to two servers of one store", () => {
  it("are all kept once, whichever server they come to; one access token is fetched for both", async () => {
    const platform = await startOpenPlatform({ clock: systemClock, patienceMs: 5_000 });
    try {
      for (const name of ["one", "other"])
        nodes.push(await startIngest({ clock: systemClock, spool: file(name), platform, store: await openPostgresStore({ url }) }));
      const [one, other] = nodes;
      if (one === undefined || other === undefined) throw new Error("no servers");
      platform.mount(APP, ROOM_ID);
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, n) => push(n % 2 === 0 ? one : other, comment(n >> 2))), // each comes to both, twice
      );
      expect(new Set(answers)).toEqual(new Set([200]));
      await expect
        .poll(async () => one.official.receiver.counts.waiting + other.official.receiver.counts.waiting, { timeout: 20_000 })
        .toBe(0);
      const ids = (await one.events()).map(({ id }) => id);
      expect([...ids].sort()).toEqual(Array.from({ length: 15 }, (_, n) => String(7_300_000_000_000_000_000n + BigInt(n))));
      expect([...one.aside, ...other.aside]).toEqual([]);
      const message = { msgId: ids[0] ?? "", msgType: "live_comment", at: Date.now() };
      await Promise.all(nodes.map(({ official }) => official.handled(ROOM_ID, [message])));
      expect(platform.calls.filter(({ path }) => path === "/api/apps/v2/token")).toHaveLength(1);
    } finally {
      await platform.close();
    }
  });
});
