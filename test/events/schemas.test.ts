// Guards: The public schemas take the events of the documents in every library, and say what does not fit and where.
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, expectTypeOf, it } from "vitest";
import { EVENT_SCHEMAS, EVENT_TYPES, type LiveEvent, type LiveEventOf, LiveEventSchema } from "../../src/events.js";
import { EVENT_SAMPLES } from "../docs/event-samples.js";

/** Whether a value fits, as any library that takes a Standard Schema asks; types only what the standard's own package says. */
async function issuesOf(schema: StandardSchemaV1, value: unknown): Promise<readonly StandardSchemaV1.Issue[]> {
  const { issues = [], ...rest } = await schema["~standard"].validate(value);
  if (issues.length === 0) expect(rest).toEqual({ value });
  return issues;
}

const SAMPLES = Object.values(EVENT_SAMPLES) as readonly LiveEvent[];

describe("the schemas of events", () => {
  it("are of each type, and take the events that the documents show", async () => {
    expect(Object.keys(EVENT_SCHEMAS)).toEqual(EVENT_TYPES);
    expect(SAMPLES.length).toBeGreaterThan(5);
    for (const event of SAMPLES) {
      expect(await issuesOf(EVENT_SCHEMAS[event.type], event)).toEqual([]);
      expect(await issuesOf(LiveEventSchema, event)).toEqual([]);
      expect(await issuesOf(LiveEventSchema, { ...event, ofANewerServer: 1 })).toEqual([]);
    }
  });

  it("say what does not fit, and where", async () => {
    const { gift } = EVENT_SAMPLES;
    const { seq: _, ...without } = gift ?? {};
    expect(await issuesOf(EVENT_SCHEMAS.gift, without)).toEqual([{ message: expect.stringContaining("seq"), path: [] }]);
    expect(await issuesOf(LiveEventSchema, { ...gift, gift: { ...gift?.gift, id: 7 } })).toEqual([
      { message: expect.stringContaining("string"), path: ["gift", "id"] },
    ]);
    expect(await issuesOf(EVENT_SCHEMAS.chat, gift)).toContainEqual(expect.objectContaining({ path: ["type"] }));
    expect(await issuesOf(LiveEventSchema, { ...gift, type: "gifts" })).toEqual([
      { message: expect.stringContaining("did you mean gift?"), path: ["type"] },
    ]);
    for (const wrong of [null, 7, "chat", [], {}, { type: null }, { type: "toString" }])
      expect(await issuesOf(LiveEventSchema, wrong)).toHaveLength(1);
  });

  it.each([
    ["draft-2020-12", new Ajv2020({ strict: false })],
    ["draft-07", new Ajv({ strict: false })],
  ])("are plain JSON Schema of %s, which judges as they do", async (target, ajv) => {
    const schemas: StandardJSONSchemaV1[] = [...EVENT_TYPES.map((type) => EVENT_SCHEMAS[type]), LiveEventSchema];
    const [any, ...each] = schemas.map((schema) => ajv.compile(schema["~standard"].jsonSchema.output({ target }))).reverse();
    expect(each).toHaveLength(EVENT_TYPES.length);
    for (const event of SAMPLES) {
      expect(any?.(event)).toBe(true);
      for (const field of Object.keys(event)) {
        const changed = { ...event, [field]: { odd: true } };
        expect(any?.(changed), field).toBe((await issuesOf(LiveEventSchema, changed)).length === 0);
      }
    }
    expect(() => LiveEventSchema["~standard"].jsonSchema.input({ target: "openapi-3.0" })).toThrow(/there are draft-2020-12, draft-07/);
  });

  it("are written down as they were: what makes them standard is no part of them", () => {
    expect(JSON.stringify(EVENT_SCHEMAS.gift)).not.toContain("standard");
    expect(Object.keys(EVENT_SCHEMAS.gift["properties" as keyof typeof EVENT_SCHEMAS.gift] as object)).toContain("seq");
  });

  it("tell the type checker what they take", () => {
    expectTypeOf<StandardSchemaV1.InferOutput<typeof EVENT_SCHEMAS.gift>>().toEqualTypeOf<LiveEventOf<"gift">>();
    expectTypeOf<StandardSchemaV1.InferOutput<typeof LiveEventSchema>>().toEqualTypeOf<LiveEvent>();
  });
});
