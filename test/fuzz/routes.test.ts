// Guards: every route answers every request that is like one of its own, and never with an error of ours.
import { expect, it } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/runtime/errors.js";
import { type ApiServer, type Reply, replyOf } from "../http/api-server.js";
import { SAMPLES, type Sample, seeded } from "../http/samples.js";
import { measured } from "../long/measured.js";
import { isWhole } from "../whole.js";
import { Chance, Fuzzing } from "./mutator.js";

/** Time in `npm run test:long`, in ms: with the readers ten minutes. */
const WHOLE_MS = 150_000;
/** Long after the last answer: what is not answered then never is. */
const LIMIT_MS = isWhole() ? 4 * WHOLE_MS : 120_000;
/** Statuses of a server that is out of order; the others say what is wrong with the request, or, as 503 may, with the platform. */
const OUT_OF_ORDER = new Set([500, 502, 504]);
/** All that the stand-ins for the platform refuse with 503: rooms and a work that they have behind a captcha, and short links of rooms. */
const OF_PLATFORM: readonly ErrorCode[] = ["room_unknown", "blocked", "unreachable"];
/** Streams that begin, and go on; other tests read what is in them. */
const STREAMS: Readonly<Record<string, Sample>> = {
  "GET /v1/events/stream": ["/v1/events/stream?rooms=98765&types=*&after=0", 200],
  "GET /v1/rooms/stream": ["/v1/rooms/stream", 200],
};

/** Reads an answer; of a stream that has begun only the beginning, which is null. */
async function begunOrRead(response: Response, method: string): Promise<Reply | null> {
  const isStream = response.status === 200 && response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (!isStream || method !== "GET") return replyOf(response);
  const reader = response.body?.getReader();
  const first = await reader?.read();
  expect(Buffer.from(first?.value ?? []).toString()).toMatch(/^retry: /);
  await reader?.cancel();
  return null;
}

/** The code of an error; of the compatible interface, which has none in its answers, by its words. */
function codeOf({ at }: Reply): unknown {
  return at("error", "code") ?? OF_PLATFORM.find((code) => String(at("msg")).startsWith(ERRORS[code].message));
}

/** A value of a request that is like another, or nothing that the schema knows. */
function strange(chance: Chance, value: unknown): unknown {
  if (typeof value === "object" && value !== null && chance.below(4) > 0) {
    const entries = Object.entries(value);
    const at = chance.below(entries.length + 1);
    const changed = entries.map(([key, one], i) => [key, i === at ? strange(chance, one) : one] as const);
    if (at === entries.length) return { ...value, [chance.of(["x", "__proto__", "limit", "cursor", "room"])]: strange(chance, null) };
    return Array.isArray(value) ? changed.map(([, one]) => one) : Object.fromEntries(changed);
  }
  if (typeof value === "string" && chance.below(3) > 0) return chance.changed([Buffer.from(value)]).toString();
  const odd = [null, true, 0, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER, "", "\0", "x".repeat(5_000), "‮<script>", [], {}, [[[[]]]]];
  return chance.of([...odd, [value], { value }]);
}

/** An address that is like another: parts of its path and of its query are changed, left out or doubled. */
function strangeAddress(chance: Chance, address: string): string {
  const [path = "", query] = address.split("?");
  const changed = (text: string) =>
    encodeURIComponent(
      chance
        .changed([Buffer.from(decodeURIComponent(text))])
        .toString()
        .slice(0, 2_000),
    );
  const parts = path.split("/").map((part, i) => (i > 2 && chance.below(3) === 0 ? changed(part) : part));
  const pairs = (query ?? "").split("&").filter((pair) => pair !== "" && chance.below(5) > 0);
  const extra =
    chance.below(3) === 0 ? [`${chance.of(["limit", "cursor", "room", "types", "filter", "q", "from", "to", "%00"])}=${changed("1")}`] : [];
  const asked = [
    ...pairs.map((pair) => (chance.below(2) === 0 ? pair.replace(/=(.*)$/s, (_, value) => `=${changed(value)}`) : pair)),
    ...extra,
  ];
  return parts.join("/") + (asked.length > 0 ? `?${asked.join("&")}` : "");
}

it("every route answers every request that is like one of its own, by tokens of every scope, and never with an error of ours", {
  tags: ["full"],
  timeout: LIMIT_MS,
}, async () => {
  const fuzzing = new Fuzzing();
  if (isWhole()) console.log(`FUZZ_SEED=${fuzzing.seed}`);
  const server = await seeded();
  const { paths } = JSON.parse((await server.call("/openapi.json", { token: null })).text) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(operations.sort()).toEqual(Object.keys(SAMPLES).sort());
  const limited = await server.token({ scope: "read", rooms: ["98765"] });
  const { read, manage, admin } = server.tokens;
  // What is allowed goes furthest.
  const tokens = [admin, null, admin, read, admin, manage, limited, "dyl_nobody"];
  const answered = new Map<number, number>();
  let begun = 0;
  const end = Date.now() + LIMIT_MS - 1_000;
  /** Asks, and reads the answer, of a stream that has begun only the beginning: null. What is never answered fails just before the test is ended. */
  const answerTo = async (path: string, init: Parameters<ApiServer["send"]>[1] = {}) => {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(new Error("it was not answered when the test had to end")), end - Date.now());
    try {
      return await begunOrRead(await server.send(path, { ...init, signal: stop.signal }), init.method ?? "GET");
    } finally {
      clearTimeout(late);
    }
  };
  /** Asks by a seed; so many in a row as there are operations ask each of them once, and in as many rows as there are tokens by each token. */
  const ask = async (seeded: number) => {
    const chance = new Chance(seeded);
    const at = seeded % operations.length;
    const operation = operations[at] ?? "";
    const token = tokens[(at + Math.floor(seeded / operations.length)) % tokens.length] ?? null;
    const [method = "", pattern = ""] = operation.split(" ");
    const stream = STREAMS[operation];
    const samples = [...(SAMPLES[operation] ?? []), ...(stream === undefined ? [] : [stream])];
    const [path, , init = {}]: Sample = samples.length > 0 ? chance.of(samples) : [pattern.replace(/\{\w+\}/g, "98765"), 200];
    const { json, ...rest } = init;
    const body =
      json === undefined
        ? {}
        : chance.below(8) === 0
          ? { body: chance.changed([Buffer.from(JSON.stringify(json))]).toString() }
          : { json: strange(chance, json) };
    const headers = "body" in body ? { ...rest.headers, "content-type": "application/json" } : rest.headers;
    const reply = await answerTo(strangeAddress(chance, path), { method, ...rest, ...(headers && { headers }), ...body, token });
    if (reply === null) begun++;
    if (reply === null) return;
    answered.set(reply.status, (answered.get(reply.status) ?? 0) + 1);
    const said = `${operation} ${reply.status} ${reply.text.slice(0, 500)}`;
    expect(OUT_OF_ORDER.has(reply.status), said).toBe(false);
    if (reply.status === 503) expect(OF_PLATFORM, said).toContain(codeOf(reply));
    if (reply.status >= 400 && reply.body !== null && !pattern.startsWith("/mcp")) expect(reply.text, said).not.toContain('"internal"');
  };
  for (const [path] of Object.values(STREAMS)) expect(await answerTo(path), `${path} begins a stream`).toBe(null);
  await fuzzing.try("every route", { rounds: operations.length, ms: isWhole() ? WHOLE_MS : null }, ask);
  expect(server.lines.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  expect(answered.size).toBeGreaterThan(4);
  const statuses = [...answered].sort(([a], [b]) => a - b).map(([status, count]) => `${status} ${count} times`);
  if (isWhole())
    measured(
      "fuzzing of every route of the API, by tokens of every scope",
      `${operations.length} operations, answered ${statuses.join(", ")}, and ${begun} times by a stream that began; ${fuzzing.figures}`,
    );
});
