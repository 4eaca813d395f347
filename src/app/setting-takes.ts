/** What is read of a setting's schema. */
export interface SettingSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly SettingSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
  readonly description?: string;
  /** What a text must be like, in words; where any text will do there are none. */
  readonly takes?: string;
  /** A value that it takes. */
  readonly example?: string;
}

/** What a setting takes, in words; values stand in backticks. */
export function takesOf(schema: SettingSchema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.filter(({ type }) => type !== "null").map(takesOf))].join(", or ");
  if (schema.takes !== undefined) return schema.takes;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.type === "integer") return range(schema.minimum, schema.maximum);
  return schema.maxLength === undefined ? "text" : `text of up to ${schema.maxLength} characters`;
}

/** A value that a setting takes, as it is written in the environment; null where nobody can know one. */
export function exampleOf(schema: SettingSchema): string | null {
  const { example, enum: values, anyOf = [], default: given, type, minimum } = schema;
  if (example !== undefined) return example;
  // Another one than the default: whoever sets it wants another.
  if (values !== undefined) return values.find((value) => value !== given) ?? null;
  if (typeof given === "number" || typeof given === "string") return String(given);
  if (type === "integer") return String(minimum ?? 1);
  for (const one of anyOf) {
    const found = exampleOf(one);
    if (found !== null) return found;
  }
  return null;
}

function range(least: number | undefined, most: number | undefined): string {
  const from = (least ?? 0).toLocaleString("en");
  return most === undefined ? `a whole number from ${from} on` : `a whole number, ${from} to ${most.toLocaleString("en")}`;
}

/** A setting as whoever set it knows it. */
interface NamedSetting {
  /** Its variable or option. */
  readonly name: string;
  /** What stands between that and a value. */
  readonly assign: string;
  readonly schema: SettingSchema;
  /** Whether its value is told to nobody. */
  readonly secret: boolean;
}

/** Longer values are not repeated. */
const SHOWN_CHARS = 80;

/** What is wrong with a value, and what would be right. Never holds a secret: an address may have a password in it. */
export function complaintOf({ name, assign, schema, secret }: NamedSetting, value: unknown): string {
  const text = String(value);
  const shown = secret || /[@?]/.test(text) || text.length > SHOWN_CHARS ? "the value that it has" : JSON.stringify(text);
  const example = exampleOf(schema);
  const such = example === null ? "" : `, such as ${name}${assign}${example}`;
  return `${name} does not take ${shown}. It takes ${takesOf(schema).replaceAll("`", "")}${such} (${schema.description ?? ""})`;
}
