import { describe, expect, it } from "vitest";
import openapi from "../../docs/gen/openapi.json" with { type: "json" };
import {
  CHANGEABLE,
  type Config,
  changedValue,
  environmentOf,
  exampleOf,
  loadConfig,
  misspeltSettings,
  shownSettings,
  variableOf,
} from "../../src/app/config.js";
import { ConfigSchema } from "../../src/app/setting-schema.js";

const SETTINGS: Partial<Config> = {
  port: 0,
  proxy: "socks5://me:TOPSECRET@proxy.example:1080",
  signer: "http://127.0.0.1:9/sign?key=TOPSECRET",
  cdp: "ws://127.0.0.1:9222/devtools?token=TOPSECRET",
  officialApp: "tt1",
  databaseUrl: "postgres://me:TOPSECRET@db.example/dylive",
  officialPath: "TOPSECRET",
  officialSecret: "TOPSECRET",
  officialDataSecrets: { "*": ["TOPSECRET"] },
};

it("names of settings with a slip of the pen are found, others of the same house are left alone", () => {
  const env = { DYLIVE_PROT: "1", DYLIVE_SORCE: "browser", DYLIVE_PORT: "2", DYLIVE_SERVICE_HOST: "10.0.0.1", DATABASE_URI: "x" };
  expect([...misspeltSettings(env)]).toEqual([
    ["DYLIVE_PROT", "DYLIVE_PORT"],
    ["DYLIVE_SORCE", "DYLIVE_SOURCE"],
  ]);
});

describe("settings as they are shown", () => {
  it("are all there, without secrets", () => {
    const shown = shownSettings(loadConfig(SETTINGS, {}));
    expect(shown).toHaveLength(Object.keys(ConfigSchema.properties).length);
    expect(JSON.stringify(shown)).not.toContain("TOPSECRET");
    const value = (name: string) => shown.find((one) => one.name === name)?.value;
    expect(value("DYLIVE_PROXY")).toBe("socks5://***@proxy.example:1080");
    expect(value("DYLIVE_SIGNER")).toBe("http://127.0.0.1:9/sign");
    expect([value("DYLIVE_PORT"), value("DYLIVE_UPSTREAM"), value("DYLIVE_OFFICIAL_SECRET")]).toEqual([0, null, "***"]);
    expect(shownSettings(loadConfig({}, {})).find(({ name }) => name === "DYLIVE_OFFICIAL_DATA_SECRETS")?.value).toBeNull();
  });

  it("of a user whose password has an @ or a slash hide it whole", () => {
    for (const proxy of ["http://me:TOP@SECRET@proxy.example:1", "http://me:TOP/SECRET@proxy.example:1"])
      expect(shownSettings(loadConfig({ proxy }, {})).find(({ name }) => name === "DYLIVE_PROXY")?.value).toBe(
        "http://***@proxy.example:1",
      );
  });
});

describe("the environment of settings", () => {
  it("gives a process of our own the same settings, whatever was in the environment before", () => {
    const config = loadConfig(SETTINGS, { DYLIVE_HOST: "0.0.0.0" });
    const env = environmentOf(config, { PATH: "/bin", DYLIVE_UPSTREAM: "http://other.example", DYLIVE_PORT: "1" });
    expect(env["PATH"]).toBe("/bin");
    expect(loadConfig({}, env)).toEqual(config);
  });
});

describe("a value that a setting does not take", () => {
  const told = (env: NodeJS.ProcessEnv, overrides: object = {}) => {
    try {
      loadConfig(overrides, env);
    } catch (error) {
      return (error as Error).message;
    }
    return "nothing";
  };

  it.each([
    [{ DYLIVE_RECORD: "yes" }, 'DYLIVE_RECORD does not take "yes". It takes on, off, such as DYLIVE_RECORD=on ('],
    [{ DYLIVE_LOG_LEVEL: "loud" }, "It takes trace, debug, info, warn, error, fatal, silent, such as DYLIVE_LOG_LEVEL=trace ("],
    [{ DYLIVE_PORT: "70000" }, 'DYLIVE_PORT does not take "70000". It takes a whole number, 0 to 65,535, such as DYLIVE_PORT=8787 ('],
    [{ DYLIVE_PORT: "NaN" }, 'DYLIVE_PORT does not take "NaN".'],
    [{ DYLIVE_PORT: "-1" }, 'DYLIVE_PORT does not take "-1".'],
    [{ DYLIVE_PORT: "1.5" }, 'DYLIVE_PORT does not take "1.5".'],
    [{ DYLIVE_UPSTREAM: "localhost" }, "It takes an address, http(s)://…, such as DYLIVE_UPSTREAM=http://127.0.0.1:18000 ("],
    [{ DYLIVE_SIGNER: "me" }, "It takes an address, http(s)://…, or browser, such as DYLIVE_SIGNER=http://"],
    [{ DATABASE_URL: "db" }, "It takes an address, postgres://…, such as DATABASE_URL=postgres://user:password@127.0.0.1:5432/dylive ("],
    [{ DYLIVE_NAME: "n".repeat(65) }, "It takes text of up to 64 characters"],
    [{ DYLIVE_KEEP_RAW_DAYS: "0" }, "It takes a whole number, 1 to 36,500, such as DYLIVE_KEEP_RAW_DAYS=1 ("],
    [
      { DYLIVE_OFFICIAL_DATA_SECRETS: '{"*":"TOPSECRET"}' },
      "DYLIVE_OFFICIAL_DATA_SECRETS does not take the value that it has. It takes JSON",
    ],
  ])("%j is named with what was given, what is allowed and an example", (env, sentence) => {
    expect(told(env)).toContain(sentence);
    expect(told(env)).not.toMatch(/\^|\\s|TOPSECRET/);
  });

  it("is named by its option where it was given by one", () => {
    expect(told({}, { upstream: "localhost" })).toContain('--upstream does not take "localhost".');
    expect(told({}, { port: 70_000 })).toContain("such as --port 8787 (");
  });

  it("is not shown where it may hold a secret", () => {
    for (const env of [
      { DYLIVE_PROXY: "me:TOPSECRET@proxy" },
      { DYLIVE_UPSTREAM: "host/?key=TOPSECRET" },
      { DYLIVE_OFFICIAL_PATH: "TOPSECRET/x" },
      { DATABASE_URL: "TOPSECRET" },
    ])
      expect(told(env)).toMatch(/^((?!TOPSECRET).)*does not take the value that it has\. It takes ((?!TOPSECRET).)*$/);
  });

  it("has an example that the setting takes", () => {
    for (const [key, schema] of Object.entries(ConfigSchema.properties) as [keyof Config, Parameters<typeof exampleOf>[0]][]) {
      const example = exampleOf(schema);
      if (example !== null) expect(() => loadConfig({ databaseUrl: "postgres://x/y" }, { [variableOf(key)]: example }), key).not.toThrow();
    }
  });
});

describe("what is given as digits", () => {
  it("is a number where one is taken, and a text elsewhere", () => {
    const env = {
      DYLIVE_PORT: "9000",
      DYLIVE_COMPAT_LIVE_PORT: "1088",
      DYLIVE_KEEP_RAW_DAYS: "7",
      DYLIVE_NAME: "7",
      DYLIVE_ACCOUNT: "123",
    };
    expect(loadConfig({}, env)).toMatchObject({ port: 9000, compatLivePort: 1088, keepRawDays: 7, name: "7", account: "123" });
    for (const [key, property] of Object.entries(ConfigSchema.properties) as [keyof Config, { default?: unknown }][])
      if (typeof property.default === "number")
        expect(loadConfig({}, { [variableOf(key)]: String(property.default) })[key], key).toBe(property.default);
  });
});

describe("the database", () => {
  it("is the one of DATABASE_URL, and a role of its own needs one", () => {
    const url = "postgresql://db.example/dylive?sslmode=require";
    expect(loadConfig({}, { DATABASE_URL: url, DYLIVE_ROLE: "serve" })).toMatchObject({ databaseUrl: url, role: "serve" });
    expect(loadConfig({}, { DATABASE_URL: "" }).databaseUrl).toBeNull();
    expect(() => loadConfig({}, { DYLIVE_ROLE: "collect" })).toThrow("DYLIVE_ROLE is collect, which needs a DATABASE_URL");
  });

  it("is not told to whoever named another kind of it", () => {
    const load = () => loadConfig({}, { DATABASE_URL: "mysql://me:TOPSECRET@db.example/dylive" });
    expect(load).toThrow(/^The configuration is not valid: DATABASE_URL .*postgres:/);
    expect(load).toThrow(expect.not.objectContaining({ message: expect.stringContaining("TOPSECRET") }));
  });
});

describe("times", () => {
  it("have an upper bound, far below what a timer can wait even when they are stretched", () => {
    for (const [key, { minimum, maximum }] of Object.entries(ConfigSchema.properties) as [
      keyof Config,
      { minimum?: number; maximum?: number },
    ][]) {
      if (!/(Ms|Days)$/.test(key) || key.startsWith("keep")) continue;
      expect([key, minimum, maximum]).toEqual([key, expect.any(Number), expect.any(Number)]);
      expect(() => loadConfig({}, { [variableOf(key)]: String((maximum ?? 0) + 1) }), key).toThrow("does not take");
    }
    // Four times as long for a room that has long been offline, and a quarter more by chance.
    expect(Number((ConfigSchema.properties.pollMs as Bounds).maximum) * 4 * 1.25).toBeLessThan(2 ** 31);
    expect(() => loadConfig({}, { DYLIVE_POLL_MS: "3000000000" })).toThrow("DYLIVE_POLL_MS does not take");
    expect(() => changedValue("pollMs", "3000000000")).toThrow("DYLIVE_POLL_MS does not take");
    expect(() => changedValue("keepEventsDays", "36501")).toThrow("DYLIVE_KEEP_EVENTS_DAYS does not take");
  });
});

describe("settings that may be changed while a server runs", () => {
  it("have the same bounds in the API as in the environment", () => {
    const { properties } = openapi.paths["/v1/settings"].patch.requestBody.content["application/json"].schema;
    const bounds = (schema: Bounds): readonly unknown[] =>
      (schema.anyOf ?? [schema]).flatMap(bounded).filter(({ type }) => type !== "null");
    const bounded = ({ type, enum: values, minimum, maximum }: Bounds) => [
      { type: values === undefined ? type : "enum", values, minimum, maximum },
    ];
    const given = Object.entries(properties).map(([name, schema]) => [name, bounds(schema as Bounds)]);
    expect(given).toEqual(CHANGEABLE.map((key) => [variableOf(key), bounds(ConfigSchema.properties[key] as Bounds)]));
  });
});

interface Bounds {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Bounds[];
}
