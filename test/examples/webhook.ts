import { createHmac } from "node:crypto";
import { connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { ran } from "../e2e/command.js";
import { ROOM, type Stage } from "./stage.js";

/** A port that was free a moment ago: the hook is made before its receiver, who needs the secret. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** The webhook receiver. @param stage where they are tried */
export function webhookTests(stage: () => Stage): void {
  describe("the webhook receiver", () => {
    it("takes what dylive signed, once, and refuses what another sends", async () => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}/`;
      const made = await ran(["hook", "add", url, "--allow-private", "--rooms", ROOM, "--types", "chat,gift"], {
        DYLIVE_DATA: stage().data,
      });
      const secret = made.stdout.trim();
      expect(secret).toMatch(/^whsec_/);
      const run = stage().node("webhook-receiver.mjs", [String(port)], { SECRET: secret });
      await run.printed(/^http:/m);
      await run.printed(/^\d+ \d+ chat \S/m);
      const headers = { "webhook-id": "x", "webhook-timestamp": String(Math.floor(Date.now() / 1000)), "webhook-signature": "v1,aGFsbG8=" };
      expect((await fetch(url, { method: "POST", headers, body: "{}" })).status).toBe(401);
      expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(401);

      await run.printed(/^\d+ \d+ gift \S/m);
      const seqs = [...run.stdout().matchAll(/^\d+ (\d+) (?:chat|gift)/gm)].map(([, seq]) => Number(seq));
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
      const id = /hook (\w+)/.exec(made.stderr)?.[1] ?? "";
      expect((await ran(["hook", "test", id], { DYLIVE_DATA: stage().data })).stdout).toMatch(/delivered, HTTP 204/);
    });

    it("takes what is sent again on request, once, and outlives a request that is cut off or too large", async () => {
      const secret = Buffer.alloc(24, 7).toString("base64");
      const run = stage().node("webhook-receiver.mjs", ["0"], { SECRET: `whsec_${secret}` });
      const [url = ""] = await run.printed(/http:\S+/);
      const post = (message: object) => {
        const body = JSON.stringify({ log: "l", room: 7, from: 1, to: 2, ...message });
        const at = String(Math.floor(Date.now() / 1000));
        const signature = createHmac("sha256", Buffer.from(secret, "base64")).update(`x.${at}.${body}`).digest("base64");
        const headers = { "webhook-id": "x", "webhook-timestamp": at, "webhook-signature": `v1,${signature}` };
        return fetch(url, { method: "POST", headers, body });
      };
      await new Promise<void>((resolve) => {
        const cut = connect(Number(new URL(url).port), "127.0.0.1", () => {
          cut.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf", () => cut.destroy());
        }).on("close", () => resolve());
      });
      await expect(fetch(url, { method: "POST", body: Buffer.alloc(5 * 1024 * 1024) })).rejects.toThrow();
      const events = [1, 2].map((seq) => ({ seq, type: "chat", user: { nickname: "a\u001b[2J\nb\u2028c" } }));
      for (const message of [{ events }, { events }, { replay: 1, from: 2, events: events.slice(1) }])
        expect((await post(message)).status).toBe(204);
      const line = (seq: number) => `7 ${seq} chat a [2J b c`;
      await run.printed(/2 chat.*2 chat/s);
      expect(run.stdout().trimEnd().split("\n").slice(1)).toEqual([line(1), line(2), line(2)]);
      expect(run.stderr()).toBe("");
    });
  });
}
