import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { until } from "../until.js";
import { serveApi } from "./api-server.js";
import { chat, follow, gift, join, like, person } from "./events.js";

const path = fileURLToPath(new URL("../../examples/literal-client.mjs", import.meta.url));

describe("examples/literal-client.mjs", () => {
  it("has 20 lines at most, and knows nothing that the document does not say", () => {
    const text = readFileSync(path, "utf8");
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(20);
    expect(text).not.toMatch(/\/v1|cursor|wait=|client=|x-next|format=|types=|dylive|import /i);
  });

  it("polls and prints chats, follows, gifts and joins, each once", async () => {
    const { api, tokens, tell } = await serveApi();
    const user = person({ nickname: "薛莲" });
    await tell("98765", chat("我不会买", { user }), follow({ user }), like(5, { user }));
    const client = spawn(process.execPath, [path, api.url, tokens.read, "98765"], { stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    client.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    try {
      await until(() => printed.includes("关注"));
      await tell("98765", gift(3, { user }), join({ user }));
      await until(() => printed.includes("进场"));
      expect(printed).toBe("弹幕 薛莲: 我不会买\n关注或分享 薛莲: 关注了主播\n礼物 薛莲: 送出 小心心 x3\n进场 薛莲: 来了\n");
    } finally {
      client.kill();
    }
  });

  it("says why when it is refused", async () => {
    const { api } = await serveApi();
    const client = spawn(process.execPath, [path, api.url, "wrong", "98765"], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    client.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    expect(await new Promise((resolve) => client.on("close", resolve))).toBe(1);
    expect(said).toContain("401 The token is not valid");
  });
});
