// Guards: the cluster's compose file runs collectors and servers with settings that there are, its proxy leads to all servers and logs no token.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Config, loadConfig, variableOf } from "../../src/app/config.js";
import { ConfigSchema } from "../../src/app/setting-schema.js";

const FOLDER = fileURLToPath(new URL("../../deploy/cluster/", import.meta.url));
const text = (name: string) => readFileSync(`${FOLDER}${name}`, "utf8");
const KNOWN = new Set((Object.keys(ConfigSchema.properties) as (keyof Config)[]).map(variableOf));

interface Service {
  readonly build?: { readonly context: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
}
const { services, volumes } = parse(text("compose.yaml"), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
  volumes: Readonly<Record<string, null>>;
};
const processes = Object.entries(services).filter(([, { build }]) => build !== undefined);

/** A value as compose makes it, where nothing is set on the machine but the password. */
function filled(value: string): string {
  return value.replace(/\$\{(\w+)(:[-?][^}]*)?\}/g, (_all, name: string) => (name === "DB_PASSWORD" ? "0123abcd" : ""));
}

/** The settings of a process, as they reach it. */
function configOf({ environment = {} }: Service): Config {
  return loadConfig({}, Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value)])));
}

describe("deploy/cluster/compose.yaml", () => {
  it("runs two that collect and two that serve, on one database, each with a name and a folder of its own", () => {
    const configs = processes.map(([, service]) => configOf(service));
    expect(configs.map(({ role }) => role)).toEqual(["collect", "collect", "serve", "serve"]);
    expect(configs.map(({ name }) => name)).toEqual(processes.map(([name]) => name));
    for (const { databaseUrl } of configs) expect(databaseUrl).toBe("postgres://dylive:0123abcd@db:5432/dylive");
    expect(processes.flatMap(([, service]) => service.volumes)).toEqual(processes.map(([name]) => `${name}:/data`));
    expect(Object.keys(volumes).toSorted()).toEqual(["database", ...processes.map(([name]) => name)].toSorted());
    for (const [, { build }] of processes) expect(existsSync(`${FOLDER}${build?.context}/Dockerfile`)).toBe(true);
  });

  it("sets what there is to be set, and nothing where the machine sets nothing", () => {
    for (const [name, service] of processes) {
      expect(
        Object.keys(service.environment ?? {}).filter((one) => !KNOWN.has(one)),
        name,
      ).toEqual([]);
      const { databaseUrl, role, name: called } = configOf(service);
      expect(configOf(service), name).toEqual(loadConfig({ databaseUrl, role, name: called }, {}));
    }
  });

  it("listens on loopback alone, at the proxy", () => {
    expect(Object.entries(services).filter(([, { ports }]) => ports !== undefined)).toEqual([
      ["proxy", expect.objectContaining({ ports: ["127.0.0.1:8787:8787"] })],
    ]);
  });
});

describe("deploy/cluster/haproxy.cfg", () => {
  const config = text("haproxy.cfg");

  it("leads to the servers of compose.yaml, and to all of them", () => {
    const serving = processes.filter(([, service]) => configOf(service).role === "serve").map(([name]) => name);
    const led = [...config.matchAll(/^ +server (\S+) (\S+):(\d+)( backup)?$/gm)];
    expect(led.map(([, name, host, port]) => [name, host, port])).toEqual([...serving, ...serving].map((name) => [name, name, "8787"]));
    expect(config.match(/^ +server .* backup$/gm)).toHaveLength(1);
    expect(config.match(/^ +option httpchk GET \/healthz$/gm)).toHaveLength(2);
    expect(services["proxy"]?.volumes).toContain("./haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro");
  });

  it("logs no query, which may hold a token", () => {
    expect(/^ +log-format .*$/m.exec(config)?.[0]).toContain("%HPO");
    expect(config).not.toMatch(/option httplog|%HU|%r\b|%\{\+Q\}r|%HQ/);
  });
});
