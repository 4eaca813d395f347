// Guards: the Dockerfile, compose.yaml and the systemd unit are well-formed and set what there is to be set; the image never runs as root.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { validate } from "dockerfile-utils";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Config, loadConfig, variableOf } from "../../src/app/config.js";
import { ConfigSchema } from "../../src/app/setting-schema.js";
import { scratch } from "../e2e/command.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const text = (path: string) => readFileSync(`${ROOT}${path}`, "utf8");
const KNOWN = new Set((Object.keys(ConfigSchema.properties) as (keyof Config)[]).map(variableOf));
const unknownIn = (lines: string) => (lines.match(/DYLIVE_[A-Z_]+/g) ?? []).filter((name) => !KNOWN.has(name));

describe("the Dockerfile", () => {
  const file = text("Dockerfile");
  const steps = instructions(file);
  const stages = steps.flatMap(([name], at) => (name === "FROM" ? [at] : []));
  const image = steps.slice(stages[1]);
  const of = (name: string) => image.filter(([one]) => one === name).map(([, rest]) => rest);

  it("is well-formed: a stage that builds, the image without Chromium, and the one with it, which is made where none is named", () => {
    expect(validate(file)).toEqual([]);
    expect(steps.filter(([name]) => name === "FROM").map(([, rest]) => rest)).toEqual([
      "node:22-trixie-slim AS build",
      "node:22-trixie-slim AS slim",
      "slim AS full",
    ]);
    expect(validate("FROM a\nCOPPY b c\n")).not.toEqual([]);
  });

  it("copies what exists and is let into the build, and no more is let in", () => {
    const copied = steps
      .filter(([name, rest]) => name === "COPY" && !rest.startsWith("--from"))
      .flatMap(([, rest]) =>
        rest
          .replace(/^--\S+ /, "")
          .split(/\s+/)
          .slice(0, -1),
      );
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

  it("sets what there is to be set", () => {
    expect(unknownIn(file)).toEqual([]);
    const env = Object.fromEntries(of("ENV").flatMap((line) => line.split(" ").map((pair) => pair.split("="))));
    expect(loadConfig({}, env)).toMatchObject({ host: "0.0.0.0", port: 8787, data: "/data", browser: "/usr/bin/chromium" });
    expect(of("VOLUME").join()).toContain(env["DYLIVE_DATA"]);
    expect(of("EXPOSE")).toEqual([env["DYLIVE_PORT"]]);
  });
});

describe("the image's command", () => {
  const dir = scratch();
  afterAll(() => dir.remove());

  /** What it would run, with stand-ins for what it asks the system, and for what only root may do. */
  function started(
    user: number,
    owner: string,
    env: Readonly<Record<string, string>>,
  ): { readonly status: number | null; readonly lines: readonly string[] } {
    const stand = (name: string, script: string) => writeFileSync(`${dir.path}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    stand("id", `echo ${user}`);
    stand("stat", `echo ${owner}`);
    for (const name of ["chown", "setpriv", "tini"]) stand(name, `echo ${name} "$@"`);
    const asked = spawnSync("sh", [`${ROOT}deploy/entrypoint.sh`, "room", "list"], {
      env: { PATH: `${dir.path}:${process.env["PATH"]}`, DYLIVE_DATA: "/data", ...env },
      encoding: "utf8",
    });
    return { status: asked.status, lines: (asked.stdout + asked.stderr).trim().split("\n") };
  }
  const as = (uid: number, gid: number) =>
    `setpriv --reuid=${uid} --regid=${gid} --clear-groups --no-new-privs /app/dist/bin/dylive.js room list`;

  it("goes on as PUID and PGID, to whom it gives the data folder where it is somebody else's", () => {
    expect(started(0, "1000:1000", {})).toEqual({ status: 0, lines: [as(1000, 1000)] });
    expect(started(0, "1000:1000", { PUID: "1026", PGID: "100" })).toEqual({
      status: 0,
      lines: ["chown -R 1026:100 /data", as(1026, 100)],
    });
    expect(started(0, "1026:100", { PUID: "1026", PGID: "100" })).toEqual({ status: 0, lines: [as(1026, 100)] });
  });

  it("never goes on as root, nor as whom nobody meant", () => {
    const ids = ["0", "00", "01", "me", "1000 --reuid=0", "-1", "2:3", "4294967295", "18446744073709551617", "1\n"];
    for (const env of ids.flatMap((id) => [{ PUID: id }, { PGID: id }])) {
      const { status, lines } = started(0, "1000:1000", env);
      expect([env, status, lines]).toEqual([env, 2, [expect.stringMatching(/^dylive: PUID and PGID are numbers/)]]);
    }
    expect(started(0, "1:4294967294", { PUID: "1", PGID: "4294967294" })).toEqual({ status: 0, lines: [as(1, 4_294_967_294)] });
  });

  it("stays whom the container was started as", () => {
    const { status, lines } = started(1026, "1000:1000", { PUID: "1000" });
    expect(status).not.toBe(0); // there is no /app here
    expect(lines.join("\n")).toMatch(/\/app\/dist\/bin\/dylive\.js/);
    expect(lines.join("\n")).not.toMatch(/chown|setpriv/);
  });
});

describe("deploy/compose.yaml", () => {
  it("builds this folder, listens on loopback alone, keeps the data, and sets what there is to be set", () => {
    const { services, volumes } = parse(text("deploy/compose.yaml")) as {
      readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      readonly volumes: object;
    };
    const { dylive } = services;
    // The capabilities are those of what entrypoint.sh does as root.
    expect(dylive).toMatchObject({
      ...{ build: { context: ".." }, ports: ["127.0.0.1:8787:8787"], volumes: ["data:/data"] },
      ...{ cap_drop: ["ALL"], cap_add: ["CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"] },
    });
    expect(Object.keys(volumes)).toEqual(["data"]);
    const settings = Object.keys(dylive?.["environment"] ?? {}).filter((name) => name !== "PUID" && name !== "PGID");
    expect(settings.filter((name) => !KNOWN.has(name))).toEqual([]);
    // What is not set on the machine arrives as an empty text: as if it were not there.
    const empty = Object.fromEntries(settings.map((name) => [name, ""]));
    expect(loadConfig({}, empty)).toEqual(loadConfig({}, {}));
  });
});

describe("deploy/dylive.service", () => {
  const unit = text("deploy/dylive.service");

  it("has sections and keys as systemd reads them, runs as a user of its own, and sets what there is to be set", () => {
    const lines = unit.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines.filter((line) => line.startsWith("["))).toEqual(["[Unit]", "[Service]", "[Install]"]);
    expect(lines.filter((line) => !/^\[\w+\]$|^[A-Z]\w+=/.test(line))).toEqual([]);
    expect(lines).toEqual(expect.arrayContaining(["User=dylive", "NoNewPrivileges=yes", "ProtectSystem=strict"]));
    expect(unknownIn(unit)).toEqual([]);
  });
});

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
