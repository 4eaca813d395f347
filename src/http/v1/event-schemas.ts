import { EVENT_TYPES, type EventType, KINDS, UserSchema } from "../../events/event.js";

/** A JSON Schema as plain data. */
type Schema = Readonly<Record<string, unknown>>;

/** Schemas of all events with the names that `/openapi.json` gives them: each kind once, people once, and the union of all kinds. */
export function eventSchemas(): readonly Schema[] {
  const kinds = EVENT_TYPES.map((type) => {
    const kind = plain(KINDS[type]);
    const properties = { seq: { type: "integer", minimum: 1, description: "place in the room's log" }, ...(kind["properties"] as Schema) };
    return { ...kind, $id: nameOf(type), required: ["seq", ...(kind["required"] as readonly string[])], properties };
  });
  const mapping = Object.fromEntries(EVENT_TYPES.map((type) => [type, `#/components/schemas/${nameOf(type)}`]));
  const union = {
    $id: "LiveEvent",
    oneOf: EVENT_TYPES.map((type) => ({ $ref: nameOf(type) })),
    discriminator: { propertyName: "type", mapping },
  };
  return [{ ...plainText(UserSchema), $id: "User" }, ...kinds, union];
}

function nameOf(type: EventType): string {
  return `${type[0]?.toUpperCase()}${type.slice(1)}Event`;
}

/** Returns the schema with people by reference. */
function plain(schema: object): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) =>
    typeof value === "object" && value !== null && "$id" in value && value.$id === "User" ? { $ref: "User" } : value,
  ) as Schema;
}

function plainText(schema: object): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema;
}
