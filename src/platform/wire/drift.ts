/** Counts by key, as JSON. */
export interface DriftCounts {
  /** Methods that no table knows, by method. */
  methods: Record<string, number>;
  /** Fields that the schema does not know, as `Type.number`; of another type as `Type.number:wire`, where `:2` of a message says that it does not decode. */
  fields: Record<string, number>;
  /** Payloads and frames that could not be read, by WireError code. */
  failures: Record<string, number>;
  /** Counts that had no place: a table was full, or one payload had more strange fields than are named. */
  overflow: number;
}

/** Most keys of a table: a sender chooses methods and field numbers, so each is bounded. The platform has some 150 methods. */
const MAX_KEYS = 1000;
/** Longest key, in characters: a method name is quoted in logs and metrics; the longest real one has 52. */
const MAX_KEY_LENGTH = 100;

/**
 * Counts how far what arrives has drifted from what we know: unknown methods, unknown fields, failures.
 * Nothing unknown is dropped silently: it is counted here.
 */
export class Drift {
  readonly #methods = new Map<string, number>();
  readonly #fields = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  #overflow = 0;

  /** Counts a message of a method that no table knows. */
  unknownMethod(method: string): void {
    this.#add(this.#methods, method, 1);
  }

  /** Counts a field that the schema does not know, by its number, or by its name in JSON. */
  unknownField(type: string, field: number | string): void {
    this.#add(this.#fields, `${type}.${field}`, 1);
  }

  /** Counts a known field of another type than the schema's: of another wire type, or a message (2) that does not decode. */
  wrongType(type: string, field: number, wireType: number): void {
    this.#add(this.#fields, `${type}.${field}:${wireType}`, 1);
  }

  beyond(): void {
    this.#overflow++;
  }

  /** Counts something that could not be read. */
  failed(code: string): void {
    this.#add(this.#failures, code, 1);
  }

  /** Adds the counts of another, for instance of another room. */
  merge(other: Drift): void {
    for (const [key, count] of other.#methods) this.#add(this.#methods, key, count);
    for (const [key, count] of other.#fields) this.#add(this.#fields, key, count);
    for (const [key, count] of other.#failures) this.#add(this.#failures, key, count);
    this.#overflow += other.#overflow;
  }

  /** Returns a snapshot, keys in order. */
  toJSON(): DriftCounts {
    return {
      methods: sorted(this.#methods),
      fields: sorted(this.#fields),
      failures: sorted(this.#failures),
      overflow: this.#overflow,
    };
  }

  #add(table: Map<string, number>, key: string, count: number): void {
    const bounded = key.length > MAX_KEY_LENGTH ? key.slice(0, MAX_KEY_LENGTH) : key;
    const before = table.get(bounded);
    if (before !== undefined) table.set(bounded, before + count);
    else if (table.size < MAX_KEYS) table.set(bounded, count);
    else this.#overflow += count;
  }
}

function sorted(table: Map<string, number>): Record<string, number> {
  // Without a prototype: a method named `__proto__` is a key like any other.
  const out: Record<string, number> = Object.create(null);
  for (const key of [...table.keys()].sort()) out[key] = table.get(key) ?? 0;
  return out;
}
