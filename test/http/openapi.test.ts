// Guards: /openapi.json describes every route, its scope and its answers, and docs/gen keeps it.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import openapiTS, { astToString } from "openapi-typescript";
import { beforeEach, describe, expect, it } from "vitest";
import { EVENT_TYPES } from "../../src/events/event.js";
import { type ApiServer, type Reply, serveApi } from "./api-server.js";
import { type ApiDocuments, describeRoutes } from "./describe-routes.js";
import { redoclyComplaints, spectralComplaints } from "./openapi-lint.js";
import { SAMPLES, seeded } from "./samples.js";

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Readonly<Record<string, object>> }>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
let server: ApiServer;
let document: Document;
/** The documents as docs/gen has them. */
let texts: Readonly<Record<"openapi" | "asyncapi", string>>;
// Each schema is used a few times: to make its code shorter took more time than to run it.
const ajv = new Ajv2020({ strict: false, validateFormats: false, code: { optimize: false } });
const validators = new Map<string, ValidateFunction>();

function operations(): [string, Operation][] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method.toUpperCase()} ${path}`, operation]),
  );
}

/** What is wrong with an answer by the document; null when nothing is. */
function mistake(key: string, operation: Operation, reply: Reply): string | null {
  const [method = "", path = ""] = key.split(" ");
  const status = String(reply.status) in operation.responses ? String(reply.status) : `${Math.floor(reply.status / 100)}XX`;
  const media = (reply.headers.get("content-type") ?? "").split(";")[0] ?? "";
  if (operation.responses[status]?.content?.[media] === undefined) return `${media} with status ${reply.status} is not described`;
  if (media !== "application/json") return null;
  const escaped = [path, method.toLowerCase(), "responses", status, "content", media, "schema"].map((part) =>
    part.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D"),
  );
  const $ref = `openapi#/paths/${escaped.join("/")}`;
  const validate = validators.get($ref) ?? ajv.compile({ $ref });
  validators.set($ref, validate);
  return validate(reply.body) ? null : `${ajv.errorsText(validate.errors)} in ${reply.text.slice(0, 500)}`;
}

beforeEach(async () => {
  if (ajv.schemas["openapi"] !== undefined) return;
  let make = (): ApiDocuments => expect.fail("nothing was described");
  await serveApi({
    describe: async (app) => {
      make = await describeRoutes(app);
    },
  });
  const { openapi, asyncapi } = make();
  document = openapi as Document;
  texts = { openapi: `${JSON.stringify(openapi, null, 1)}\n`, asyncapi: `${JSON.stringify(asyncapi, null, 1)}\n` };
  ajv.addSchema(document, "openapi");
});

describe("the OpenAPI document", () => {
  it("is of version 3.1, and every route has a sample here", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(
      operations()
        .map(([key]) => key)
        .sort(),
    ).toEqual(Object.keys(SAMPLES).sort());
    for (const [key, { summary, responses }] of operations()) {
      expect([key, summary]).toEqual([key, expect.stringMatching(/./)]);
      for (const { description } of Object.values(responses)) expect([key, description]).not.toEqual([key, "Default Response"]);
    }
  });

  it("has nothing that Spectral or Redocly complain of, warnings too", { tags: ["full"] }, async () => {
    const text = JSON.stringify(document);
    expect(await spectralComplaints(text)).toEqual([]);
    expect(await redoclyComplaints(text)).toEqual([]);
  });

  // By parts: each is a request and a schema to compile, and there are many.
  it.each([
    ["of the compatible interface", / \/douyin\//],
    ["of rooms, and the tasks that begin there", / \/v1\/(?:rooms|erase|tasks)/],
    ["of works, their authors and files", / \/v1\/(?:works|authors|downloads|lists|mixes)/],
    ["of all else", / (?!\/douyin\/|\/v1\/(?:rooms|erase|tasks|works|authors|downloads|lists|mixes))/],
  ])("describes what is really answered: %s", { tags: ["full"] }, async (_, which) => {
    server = await seeded();
    const looked = operations().filter(([key]) => which.test(key));
    expect(looked.length).toBeGreaterThan(5);
    for (const [key, operation] of looked) {
      for (const [path, status, init] of SAMPLES[key] ?? []) {
        const reply = await server.call(path, { ...init, method: key.split(" ")[0] ?? "GET" });
        expect([key, path, reply.status, mistake(key, operation, reply)]).toEqual([key, path, status, null]);
      }
    }
  });

  it("has a sample of every type of event", async () => {
    server = await seeded();
    const all = await server.call("/v1/rooms/98765/events?types=*&limit=2000&after=0");
    const types = new Set((all.at("events") as { type: string }[]).map(({ type }) => type));
    expect([...types].sort()).toEqual([...EVENT_TYPES].sort());
  });

  it("says of every route whether it needs a token, and the refusals are as described", { tags: ["full"] }, async () => {
    server = await seeded();
    const open = ["GET /healthz", "GET /readyz"];
    for (const [key, operation] of operations()) {
      const [path] = SAMPLES[key]?.[0] ?? [key.split(" ")[1] ?? ""];
      const method = key.split(" ")[0] ?? "GET";
      const without = await server.call(path, { method, token: null });
      const wrong = await server.call(path, { method, token: "dyl_wrong" });
      expect([key, operation.security?.length === 0]).toEqual([key, open.includes(key)]);
      if (open.includes(key)) continue;
      expect([key, without.status, wrong.status, mistake(key, operation, without)]).toEqual([key, 401, 401, null]);
      const needs = /scope (\w+)/.exec((operation as { description?: string }).description ?? "")?.[1];
      const less = { read: undefined, manage: server.tokens.read, admin: server.tokens.manage }[needs ?? ""];
      if (less !== undefined) expect([key, (await server.call(path, { method, token: less })).status]).toEqual([key, 403]);
    }
  });

  it("is served with that of what the server sends by itself, as docs/gen has them, to whoever asks", async () => {
    server = await serveApi();
    for (const [name, text] of Object.entries(texts)) {
      const { status, headers, text: served } = await server.call(`/${name}.json`, { token: null });
      expect([status, headers.get("content-type"), served === text]).toEqual([200, "application/json; charset=utf-8", true]);
    }
  });

  it("is kept in docs/gen, with the types of a client; after a change: vitest run --project unit test/http/openapi.test.ts -u", {
    tags: ["full"],
  }, async () => {
    await expect(texts.openapi).toMatchFileSnapshot("../../docs/gen/openapi.json");
    await expect(texts.asyncapi).toMatchFileSnapshot("../../docs/gen/asyncapi.json");
    const types = astToString(await openapiTS(JSON.stringify(document)));
    await expect(`// Generated from /openapi.json by test/http/openapi.test.ts. Do not edit.\n${types}`).toMatchFileSnapshot(
      "../../web/src/api/gen/openapi.ts",
    );
  });
});
