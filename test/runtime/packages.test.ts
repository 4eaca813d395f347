// Guards: A package that npm left out is named with the command that installs it.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadPackage, missingPackage, packageFile } from "../../src/runtime/packages.js";

const loaderError = (code: string, message: string) => Object.assign(new Error(message), { code });

describe("a package that npm may leave out", () => {
  it("is named with the command that installs it, of the version that dylive was made with", () => {
    const { optionalDependencies } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      readonly optionalDependencies: Readonly<Record<string, string>>;
    };
    expect(Object.keys(optionalDependencies).length).toBeGreaterThan(1);
    for (const [name, version] of Object.entries(optionalDependencies))
      for (const error of [
        loaderError("ERR_MODULE_NOT_FOUND", `Cannot find package '${name}' imported from /a/dylive/dist/src/store/lock.js`),
        loaderError("MODULE_NOT_FOUND", `Cannot find module '${name}/index.js'\nRequire stack:\n- /a/dylive/dist/bin/dylive.js`),
      ])
        expect(missingPackage(error)).toMatchObject({
          code: "no_package",
          detail: `${name} is missing: npm install ${name}@${version}, with --global if dylive was`,
        });
  });

  it("is not what any other error is about", () => {
    for (const error of [
      loaderError("ERR_MODULE_NOT_FOUND", "Cannot find package 'better-sqlite3-other' imported from /a/b.js"),
      loaderError("MODULE_NOT_FOUND", "Cannot find module '/a/node_modules/better-sqlite3/build/x.node'"),
      loaderError("ERR_DLOPEN_FAILED", "'better-sqlite3' was compiled against a different Node.js version"),
      new Error("Cannot find package 'better-sqlite3'"),
      "better-sqlite3",
    ])
      expect(missingPackage(error)).toBeNull();
  });
});

describe("a file of a package", () => {
  it("is found where it is installed, and loaded", () => {
    expect(packageFile("playwright-core/index.js")).toMatch(/node_modules[\\/]playwright-core[\\/]index\.js$/);
    expect(loadPackage("playwright-core/package.json")).toMatchObject({ name: "playwright-core" });
    expect(() => packageFile("no-such-package/index.js")).toThrow("Cannot find module 'no-such-package/index.js'");
  });
});
