// Guards: Settings are read and refused by name with an example, and no secret is shown.
import { describe, expect, it } from "vitest";
import openapi from "../../docs/gen/openapi.json" with { type: "json" };
import {
  CHANGEABLE,
  type Config,
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
    [{ DYLIVE_PORT: "1.5" }, 'DYLIVE_PORT does not take "1.5".'],
    [{ DYLIVE_SIGNER: "me" }, "It takes an address, http(s)://…, or browser, such as DYLIVE_SIGNER=http://"],
    [{ DATABASE_URL: "db" }, "It takes an address, postgres://…, such as DATABASE_URL=postgres://user:password@127.0.0.1:5432/dylive ("],
    [{ DYLIVE_NAME: "n".repeat(65) }, "It takes text of up to 64 characters"],
    [
      { DYLIVE_OFFICIAL_DATA_SECRETS: '{"*":"TOPSECRET"}' },
      "DYLIVE_OFFICIAL_DATA_SECRETS does not take the value that it has. It takes JSON",
    ],
  ])("%j is named with what was given, what is allowed and an example", (env, sentence) => {
    expect(told(env)).toContain(sentence);
    expect(told(env)).not.toMatch(/\^|\\s|TOPSECRET/);
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
    const env = { DYLIVE_PORT: "9000", DYLIVE_KEEP_RAW_DAYS: "7", DYLIVE_NAME: "7" };
    expect(loadConfig({}, env)).toMatchObject({ port: 9000, keepRawDays: 7, name: "7" });
  });
});

describe("settings of the Open Platform", () => {
  it("are read from the environment; secrets of digits stay texts", () => {
    const env = {
      DYLIVE_OFFICIAL_SECRET: "12345678",
      DYLIVE_OFFICIAL_PATH: "42",
      DYLIVE_OFFICIAL_DATA_SECRETS: '{"live_gift":["123"],"*":["x"]}',
    };
    const officialDataSecrets = { live_gift: ["123"], "*": ["x"] };
    expect(loadConfig({}, env)).toMatchObject({ officialSecret: "12345678", officialPath: "42", officialDataSecrets });
  });

  it.each(["{s3cr3t", '{"live_gift":[""],"x":["s3cr3t"]}', '{"Not A Type":["s3cr3t"]}', '["s3cr3t"]'])(
    "are refused without being shown: %s",
    (text) => {
      const load = () => loadConfig({}, { DYLIVE_OFFICIAL_DATA_SECRETS: text });
      expect(load).toThrow(/DYLIVE_OFFICIAL_DATA_SECRETS((?!s3cr3t).)*$/);
    },
  );
});

describe("the database", () => {
  it("is the one of DATABASE_URL, and a role of its own needs one", () => {
    const url = "postgresql://db.example/dylive?sslmode=require";
    expect(loadConfig({}, { DATABASE_URL: url, DYLIVE_ROLE: "serve" })).toMatchObject({ databaseUrl: url, role: "serve" });
    expect(loadConfig({}, { DATABASE_URL: "" }).databaseUrl).toBeNull();
    expect(() => loadConfig({}, { DYLIVE_ROLE: "collect" })).toThrow("DYLIVE_ROLE is collect, which needs a DATABASE_URL");
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
