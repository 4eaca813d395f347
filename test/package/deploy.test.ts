import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { validate } from "dockerfile-utils";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Config, loadConfig, variableOf } from "../../src/app/config.js";
import { ConfigSchema } from "../../src/app/setting-schema.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const text = (path: string) => readFileSync(`${ROOT}${path}`, "utf8");
const KNOWN = new Set((Object.keys(ConfigSchema.properties) as (keyof Config)[]).map(variableOf));
const unknownIn = (lines: string) => (lines.match(/DYLIVE_[A-Z_]+/g) ?? []).filter((name) => !KNOWN.has(name));

/** Instructions of a Dockerfile, continued lines joined. */
function instructions(file: string): readonly (readonly [name: string, rest: string])[] {
  const lines = file
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    return [name, rest];
  });
}

describe("the Dockerfile", () => {
  const file = text("Dockerfile");
  const steps = instructions(file);
  const last = steps.slice(steps.findLastIndex(([name]) => name === "FROM"));
  const of = (name: string) => last.filter(([one]) => one === name).map(([, rest]) => rest);

  it("is well-formed, in two stages", () => {
    expect(validate(file)).toEqual([]);
    expect(steps.filter(([name]) => name === "FROM")).toHaveLength(2);
    expect(validate("FROM a\nCOPPY b c\n")).not.toEqual([]);
  });

  it("copies what exists and is let into the build, and no more is let in", () => {
    const copied = steps
      .filter(([name, rest]) => name === "COPY" && !rest.startsWith("--from"))
      .flatMap(([, rest]) => rest.split(/\s+/).slice(0, -1));
    expect(copied.filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([]);
    const letIn = text(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    expect(text(".dockerignore")).toMatch(/^\*$/m);
    expect(letIn.toSorted()).toEqual([...new Set(copied)].toSorted());
  });

  it("copies all that is compiled", () => {
    const { include } = JSON.parse(text("tsconfig.build.json")) as { readonly include: readonly string[] };
    expect(include.length).toBeGreaterThan(0);
    for (const folder of [...include, "web"]) expect(steps).toContainEqual(["COPY", `${folder} ${folder}`]);
  });

  it("runs as nobody's root, with a health check of the server's own, and passes signals on", () => {
    expect(of("USER")).toEqual(["node"]);
    expect(last.findIndex(([name]) => name === "USER")).toBeGreaterThan(last.findLastIndex(([name]) => name === "RUN"));
    expect(of("HEALTHCHECK").join()).toContain("/healthz");
    expect(JSON.parse(of("ENTRYPOINT")[0] ?? "")).toEqual(["tini", "--", "dylive"]);
    expect(JSON.parse(of("CMD")[0] ?? "")).toEqual(["serve"]);
    for (const name of ["chromium", "fonts-noto-cjk", "tini"]) expect(of("RUN").join()).toContain(name);
  });

  it("sets what there is to be set", () => {
    expect(unknownIn(file)).toEqual([]);
    const env = Object.fromEntries((of("ENV")[0] ?? "").split(" ").map((pair) => pair.split("=")));
    expect(loadConfig({}, env)).toMatchObject({ host: "0.0.0.0", port: 8787, data: "/data", browser: "/usr/bin/chromium" });
    expect(of("VOLUME").join()).toContain(env["DYLIVE_DATA"]);
    expect(of("EXPOSE")).toEqual([env["DYLIVE_PORT"]]);
  });
});

describe("deploy/compose.yaml", () => {
  it("builds this folder, listens on loopback alone, keeps the data, and sets what there is to be set", () => {
    const { services, volumes } = parse(text("deploy/compose.yaml")) as {
      services: Record<string, { build: { context: string }; ports: string[]; volumes: string[]; environment: Record<string, string> }>;
      volumes: Record<string, null>;
    };
    const { dylive } = services;
    expect(existsSync(`${ROOT}deploy/${dylive?.build.context}/Dockerfile`)).toBe(true);
    expect(dylive?.ports).toEqual(["127.0.0.1:8787:8787"]);
    expect(dylive?.volumes).toEqual(["data:/data"]);
    expect(Object.keys(volumes)).toEqual(["data"]);
    expect(Object.keys(dylive?.environment ?? {}).filter((name) => !KNOWN.has(name))).toEqual([]);
    // What is not set on the machine arrives as an empty text: as if it were not there.
    const empty = Object.fromEntries(Object.keys(dylive?.environment ?? {}).map((name) => [name, ""]));
    expect(loadConfig({}, empty)).toEqual(loadConfig({}, {}));
  });
});

describe("deploy/dylive.service", () => {
  const unit = text("deploy/dylive.service");
  const values = (key: string) => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value]) => value);

  it("runs dylive serve as a user of its own, in a system that it cannot change", () => {
    expect(values("ExecStart")).toEqual(["/usr/bin/env dylive serve"]);
    expect(values("User")).toEqual(["dylive"]);
    for (const [key, value] of [
      ["NoNewPrivileges", "yes"],
      ["ProtectSystem", "strict"],
      ["ProtectHome", "yes"],
      ["PrivateTmp", "yes"],
      ["CapabilityBoundingSet", ""],
      ["StateDirectory", "dylive"],
      ["RestartPreventExitStatus", "2"],
    ] as const)
      expect(values(key), key).toEqual([value]);
    expect(unknownIn(unit)).toEqual([]);
    expect(values("Environment")).toContain("DYLIVE_DATA=/var/lib/dylive");
  });

  it("has sections and keys as systemd reads them", () => {
    const lines = unit.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines.filter((line) => line.startsWith("["))).toEqual(["[Unit]", "[Service]", "[Install]"]);
    expect(lines.filter((line) => !/^\[\w+\]$|^[A-Z]\w+=/.test(line))).toEqual([]);
  });
});
