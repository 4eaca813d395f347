// Guards: dylive/events and dylive/client run in a browser, at the size that the documents state.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { describe, expect, it } from "vitest";
import type * as Client from "../../src/client.js";
import type * as Events from "../../src/events.js";
import { chat as chatOf } from "../contracts/events.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Bundles an entry for browsers, as one script that leaves its names in `dylive`. */
async function bundled(entry: string): Promise<string> {
  const lib = { entry: `${ROOT}src/${entry}`, formats: ["iife" as const], name: "dylive", fileName: "bundle" };
  const made = await build({ configFile: false, root: ROOT, logLevel: "silent", build: { write: false, lib } });
  const { output } = (Array.isArray(made) ? made[0] : made) as Rolldown.RolldownOutput;
  expect(output).toHaveLength(1);
  return output[0].code;
}

/** Kilobytes that docs/library.md says for an entry: as it is, and packed. */
function statedFor(entry: string): readonly number[] {
  return (["library.md", "library.zh.md"] as const).flatMap((page) => {
    const row = readFileSync(`${ROOT}docs/${page}`, "utf8")
      .split("\n")
      .find((line) => line.startsWith(`| \`dylive/${entry}\``));
    return [...(row ?? "").matchAll(/(\d+) KB/g)].map(([, size]) => Number(size));
  });
}

/** Expects that both documents state the size of a bundle, within a twentieth: other versions of Node pack a little otherwise. */
function expectStated(entry: string, code: string): void {
  const sizes = [Buffer.byteLength(code), gzipSync(code).length].map((bytes) => Math.round(bytes / 1000));
  const stated = statedFor(entry);
  expect(stated, `${sizes.join(" and ")} KB`).toHaveLength(4);
  for (const [i, size] of [...sizes, ...sizes].entries())
    expect(Math.abs((stated[i] ?? 0) / size - 1), `${sizes.join(" and ")} KB`).toBeLessThan(0.05);
}

/** Runs a bundle where there is ECMAScript, what is given, and nothing of Node; code made of text is refused, as by a page's strict policy. */
const inPage = (code: string, given: object): unknown =>
  runInNewContext(`${code}; dylive`, { ...given }, { contextCodeGeneration: { strings: false } });

describe("in a browser", { tags: ["full"] }, () => {
  it("dylive/events runs where there is the language and nothing else, at the size that is stated", async () => {
    const code = await bundled("events.ts");
    const made = inPage(code, { TextEncoder, TextDecoder, URL }) as typeof Events;
    const { EVENT_SCHEMAS, EVENT_TYPES, LiveEventSchema, compileFilter, describe: inWords, platformId } = made;
    const chat = { ...chatOf("1", { text: "主播好" }), seq: 1 };
    expect(compileFilter('type == "chat" && text.contains("主播")')(chat)).toBe(true);
    expect(compileFilter("delta > 1")(chat)).toBe(false);
    expect(() => compileFilter("user.nicknam == 'a'")).toThrow(/did you mean nickname/);
    expect(inWords(chat)).toBe("主播好");
    expect(platformId({ id: "7418", method: "WebcastChatMessage" })).toBe("7418");
    expect(EVENT_SCHEMAS.chat["~standard"].validate(chat).issues).toBeUndefined();
    expect(LiveEventSchema["~standard"].validate({ ...chat, seq: 0 }).issues).toHaveLength(1);
    expect(EVENT_TYPES).toContain("gift");
    expectStated("events", code);
  });

  it("dylive/client runs with what browsers, Deno, Bun and Node share, at the size that is stated", async () => {
    const code = await bundled("client.ts");
    const timers = { setTimeout, clearTimeout, setInterval, clearInterval };
    const shared = { TextEncoder, TextDecoder, URL, AbortController, AbortSignal, atob, btoa, crypto, ...timers };
    const { DyliveClient, verifyWebhook } = inPage(code, shared) as typeof Client;
    const events = [{ ...chatOf("1", { text: "主播好" }), seq: 1 }];
    const page = { events, next: "djEvMToxL3g", previous: "djEvMTowL3g", more: false, removed: [] };
    const asked: string[] = [];
    const fetch = async (url: string | URL | Request) => {
      asked.push(String(url));
      return new Response(JSON.stringify(page));
    };
    for await (const { text } of new DyliveClient({ url: "http://a/behind", token: "t", fetch }).follow("98765", {
      by: "poll",
      types: ["chat"],
      after: "0",
    })) {
      expect(text).toBe("主播好");
      break;
    }
    expect(asked).toEqual(["http://a/behind/v1/rooms/98765/events?types=chat&after=0&wait=60&limit=500&cursors=true"]);
    await expect(verifyWebhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", {}, "")).rejects.toMatchObject({ code: "bad_signature" });
    expectStated("client", code);
  });
});
