/** What a reader of JSON with 64-bit integers sees: those that a number could not hold are bigints. */
export type Big = null | boolean | number | string | bigint | Big[] | { [key: string]: Big };

/** Reads JSON as a language with 64-bit integers does, apart from `JSON.parse`, which would round them. Throws where it is no JSON. */
export function readBig(text: string): Big {
  let at = 0;
  const fail = (): never => {
    throw new Error(`no JSON at ${at}: ${text.slice(at, at + 20)}`);
  };
  const space = () => {
    while (" \t\r\n".includes(text[at] ?? "x")) at++;
  };
  const take = (word: string) => {
    if (!text.startsWith(word, at)) fail();
    at += word.length;
  };
  const matched = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? fail();
    at += found.length;
    return found;
  };
  const string = (): string => JSON.parse(matched(/"(?:[^"\\\u0000-\u001f]|\\.)*"/y)) as string;
  const list = (): Big[] => {
    const items: Big[] = [];
    take("[");
    space();
    while (text[at] !== "]") {
      items.push(value());
      space();
      if (text[at] !== "]") take(",");
    }
    take("]");
    return items;
  };
  const object = (): Big => {
    const fields: { [key: string]: Big } = {};
    take("{");
    space();
    while (text[at] !== "}") {
      space();
      const key = string();
      space();
      take(":");
      if (key in fields) throw new Error(`${key} twice`);
      fields[key] = value();
      space();
      if (text[at] !== "}") take(",");
    }
    take("}");
    return fields;
  };
  const number = (): Big => {
    const digits = matched(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    return /^-?\d+$/.test(digits) && !Number.isSafeInteger(Number(digits)) ? BigInt(digits) : Number(digits);
  };
  function value(): Big {
    space();
    const first = text[at];
    if (first === "{") return object();
    if (first === "[") return list();
    if (first === '"') return string();
    for (const [word, meaning] of [
      ["true", true],
      ["false", false],
      ["null", null],
    ] as const)
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    return number();
  }
  const result = value();
  space();
  return at === text.length ? result : fail();
}
