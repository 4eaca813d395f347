import { Compile, type Validator } from "typebox/compile";
import { expect } from "vitest";
import { EVENT_TYPES, type EventType, KINDS, type NewEvent } from "../../src/events/event.js";

const validators = new Map<EventType, Validator>(EVENT_TYPES.map((type) => [type, Compile(KINDS[type])]));

/** Fails with the schema's complaints unless the event is of its kind's schema, has no key besides, and only texts that any store takes. */
export function expectValid(event: NewEvent): void {
  const validator = validators.get(event.type);
  if (!validator?.Check(event)) {
    expect.fail(`${event.type} ${event.id}: ${JSON.stringify(validator?.Errors(event))} in ${JSON.stringify(event).slice(0, 1000)}`);
  }
  const known = new Set(Object.keys(KINDS[event.type].properties));
  expect(Object.keys(event).filter((key) => !known.has(key))).toEqual([]);
  for (const text of texts(event)) expect(text.isWellFormed() && !text.includes("\0")).toBe(true);
  expect(JSON.parse(JSON.stringify(event))).toEqual(event);
}

function* texts(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) yield* texts(item);
}
