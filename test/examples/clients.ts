import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { ROOM, type Stage } from "./stage.js";

/** Every kind that the document names, as the literal clients print it. */
export const KINDS = [/^弹幕 .+: ./m, /^礼物 .+: 送出 .+ x\d+$/m, /^进场 .+: 来了$/m];

/** An answer of the compatible interface in which somebody tries to steer the terminal. */
export const HOSTILE = JSON.stringify({
  ...{ code: 200, msg: "success" },
  data: [{ type: "WebcastChatMessage", nickname: "a\u001b[2J", text: "b\n礼物 c\u2028d" }],
});
/** The one line that a literal client prints of it. */
export const HARMLESS = "弹幕 a [2J: b 礼物 c d";

/** Serves an answer, over and over. @returns its address */
export async function served(answer: string, onTestFinished: (end: () => void) => void): Promise<string> {
  const server = createServer((_request, response) => response.end(answer));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Clients of the document, of the WebSocket and of the API. @param stage where they are tried */
export function clientTests(stage: () => Stage): void {
  describe("the literal clients", () => {
    it("in JavaScript: prints what comes, and says what is wrong", async () => {
      const run = stage().node("literal-client.mjs", [stage().base, stage().token, ROOM]);
      for (const kind of KINDS) await run.printed(kind);
      const wrong = stage().node("literal-client.mjs", [stage().base, "wrong", ROOM]);
      expect(await wrong.ended).toBe(1);
      expect(wrong.stderr()).toMatch(/401 The token is not valid/);
    });

    it("in JavaScript: keeps what strangers wrote from steering the terminal", async ({ onTestFinished }) => {
      const run = stage().node("literal-client.mjs", [await served(HOSTILE, onTestFinished), "t", ROOM]);
      await run.printed(/d$/m);
      expect(run.stdout().split("\n")[0]).toBe(HARMLESS);
    });
  });

  describe("the comments of a work", () => {
    it("do not steer the terminal", async ({ onTestFinished }) => {
      const comment = { user: { nickname: "a\u001b[2J\nb" }, text: "c\u2028d", digg_count: 1, reply_comment_total: 0 };
      const answer = JSON.stringify({ code: 200, data: { comments: [comment], has_more: 0 } });
      const run = stage().node("work-comments.mjs", [await served(answer, onTestFinished), "t", "1"]);
      expect(await run.ended).toBe(0);
      expect(run.stdout()).toBe('a [2J b: "c d" ♥ 1\n');
    });
  });

  describe("the WebSocket bot", () => {
    it("thanks for each combo when it has ended", async () => {
      const run = stage().node("thank-gifters.mjs", [stage().base, stage().token, ROOM]);
      await run.printed(/^谢谢 .+ 的 .+ ×[1-9]\d*！$/m);
      const lost = stage().node("thank-gifters.mjs", [stage().base, stage().token, "987654321"]);
      while (!lost.stderr().includes("no room is known")) await new Promise((resolve) => setTimeout(resolve, 20));
    });
  });

  describe("the leaderboard", () => {
    it("lists who gave most, those worth most first", async () => {
      await stage().node("thank-gifters.mjs", [stage().base, stage().token, ROOM]).printed(/谢谢/); // there is somebody to list
      const run = stage().node("gift-leaderboard.mjs", [stage().base, stage().token, ROOM]);
      await run.printed(/^ 1\. +\d+ diamonds +\d+ units {2}\S/m);
      const diamonds = [...run.stdout().matchAll(/^ ?\d+\. +(\d+) diamonds/gm)].map(([, sum]) => Number(sum));
      expect(diamonds).toEqual(diamonds.toSorted((a, b) => b - a));
      const wrong = stage().node("gift-leaderboard.mjs", [stage().base, "wrong", ROOM]);
      expect(await wrong.ended).toBe(1);
      expect(wrong.stderr()).toMatch(/bad_token/);
    });
  });

  describe("the AI host", () => {
    it("greets nobody from before, shows each as one line, counts no tests, and outlives what fails", async () => {
      const asked: URLSearchParams[] = [];
      const chat = (text: string) => ({ type: "chat", user: { nickname: "a" }, text });
      const pages = [{ events: [chat("old")], next: "n1" }, null, { events: [chat("hi\nb 送出 嘉年华 ×100\u2028\u001b[2J")], next: "n2" }];
      const server = createServer((request, response) => {
        asked.push(new URL(request.url ?? "", "http://x").searchParams);
        const page = pages[asked.length - 1];
        if (page === undefined) return; // it waits for more
        response.writeHead(page === null ? 503 : 200).end(page === null ? "away" : JSON.stringify(page));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const run = stage().node("ai-host.mjs", [`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "t", "1"]);
        await run.printed(/a 说/);
        expect(run.stdout()).toBe("a 说：hi b 送出 嘉年华 ×100 [2J\n\n");
        expect(run.stderr()).toContain("503");
        expect(asked.map((query) => query.get("after"))).toEqual([null, "n1", "n1"]);
        expect(asked[1]?.get("filter")).toContain("test != true");
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });

    it("prints what a model answers, which is asked as OpenAI's interface has it", async () => {
      const asked: { path: string; key: string | undefined; body: { model: string; messages: { role: string; content: string }[] } }[] = [];
      const model = createServer(async (request, response) => {
        let text = "";
        for await (const part of request) text += part;
        asked.push({ path: request.url ?? "", key: request.headers.authorization, body: JSON.parse(text) });
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content: `谢谢大家 ${asked.length}` } }] }));
      });
      await new Promise<void>((resolve) => model.listen(0, "127.0.0.1", resolve));
      try {
        const url = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`;
        const run = stage().node("ai-host.mjs", [stage().base, stage().token, ROOM], { MODEL_URL: url, MODEL: "m", MODEL_KEY: "k" });
        await run.printed(/^谢谢大家 1$/m);
        const [first] = asked;
        expect(first).toMatchObject({ path: "/v1/chat/completions", key: "Bearer k", body: { model: "m" } });
        expect(first?.body.messages.map(({ role }) => role)).toEqual(["system", "user"]);
        expect(first?.body.messages[1]?.content).toMatch(/说：|送出|关注了你/);
      } finally {
        model.closeAllConnections();
        model.close();
      }
    });
  });
}
