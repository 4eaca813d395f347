import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { ROOM, type Stage } from "./stage.js";

/** Every kind that the document names, as the literal clients print it. */
export const KINDS = [/^弹幕 .+: ./m, /^礼物 .+: 送出 .+ x\d+$/m, /^进场 .+: 来了$/m];

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
    it("prints prompts where there is no model", async () => {
      const run = stage().node("ai-host.mjs", [stage().base, stage().token, ROOM]);
      await run.printed(/^\S.* 说：.+$/m);
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
