/** What stands for "and more": as a member's name in objects, as an element in lists. */
const MORE = "…";

/**
 * JSON as documents show it: a `…` after a comma stands for further members or elements.
 * @throws SyntaxError when the rest is not JSON
 */
export function readLoose(text: string): unknown {
  const objects = text.replace(/([{,]\s*)…(\s*\})/g, `$1"${MORE}": "${MORE}"$2`);
  return JSON.parse(objects.replace(/([[,]\s*)…(\s*\])/g, `$1"${MORE}"$2`)) as unknown;
}

/**
 * How what really came differs from what a document shows. Values are examples: their kinds are compared, the names of members exactly, and the
 * texts of members that are the same each time. A `…` in a text stands for any text.
 * @returns one line for each difference
 */
export function differences(shown: unknown, real: unknown, path = "$"): readonly string[] {
  if (shown === null || real === null || shown === MORE) return [];
  if (Array.isArray(shown)) return Array.isArray(real) ? ofLists(shown, real, path) : [`${path}: a list is shown, ${kindOf(real)} came`];
  if (typeof shown === "object") {
    if (typeof real !== "object" || Array.isArray(real)) return [`${path}: an object is shown, ${kindOf(real)} came`];
    return ofObjects(shown as Members, real as Members, path);
  }
  if (typeof shown !== typeof real) return [`${path}: ${kindOf(shown)} is shown, ${kindOf(real)} came`];
  return [];
}

type Members = Readonly<Record<string, unknown>>;
/** Members whose texts are words of the interface, not data. */
const WORDS = new Set(["type", "code", "state", "event", "method"]);

function ofObjects(shown: Members, real: Members, path: string): readonly string[] {
  const open = MORE in shown;
  const extra = open ? [] : Object.keys(real).filter((name) => !(name in shown));
  return [
    ...extra.map((name) => `${path}.${name} came and is not shown`),
    ...Object.keys(shown)
      .filter((name) => name !== MORE)
      .flatMap((name) => {
        if (!(name in real)) return [`${path}.${name} is shown and did not come`];
        const [a, b] = [shown[name], real[name]];
        const word = WORDS.has(name) && typeof a === "string" && a !== MORE && a !== b;
        return word ? [`${path}.${name}: "${a}" is shown, ${JSON.stringify(b)} came`] : differences(a, b, `${path}.${name}`);
      }),
  ];
}

/** Each element that is shown must be like one that came. */
function ofLists(shown: readonly unknown[], real: readonly unknown[], path: string): readonly string[] {
  return shown.flatMap((element, index) => {
    if (element === MORE) return [];
    const tries = real.map((candidate) => differences(element, candidate, `${path}[${index}]`));
    if (tries.some((one) => one.length === 0)) return [];
    return tries.toSorted((a, b) => a.length - b.length)[0] ?? [`${path}[${index}]: nothing like it came`];
  });
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
