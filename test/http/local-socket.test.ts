// Guards: A request over the local socket is the operator's, and only this user's programs can make one.
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { errorOf, LocalApi, path } from "../../src/cli/api.js";
import { listenLocally } from "../../src/runtime/local-socket.js";
import { useDirectory } from "../store/directory.js";
import { serveApi } from "./api-server.js";

const directory = useDirectory();

it("a request over the socket is the operator's unless it brings a token; over TCP one without a token is refused", async () => {
  const folder = directory("data");
  mkdirSync(folder);
  const server = await serveApi({ socketFolder: folder });
  const api = new LocalApi(server.api.socket ?? "");
  expect(await api.get("/token")).toMatchObject({ id: "operator", scope: "admin" });
  expect(await api.ask("GET", "/token", { headers: { "dylive-scope": "read" } })).toMatchObject({ scope: "read" });
  const bearer = { authorization: `Bearer ${server.tokens.read}` };
  expect(await api.ask("GET", "/token", { headers: bearer })).toMatchObject({ name: "test", scope: "read" });
  await expect(api.ask("GET", "/tokens", { headers: bearer })).rejects.toMatchObject({ code: "forbidden" });
  expect((await server.call("/v1/token", { token: null, headers: { "dylive-scope": "admin" } })).status).toBe(401);
  await expect(api.get(path`/rooms/${"no room/?"}`)).rejects.toMatchObject({ code: "not_found" });
  await expect(api.post("/tokens", { name: "\u0007" })).rejects.toMatchObject({ code: "bad_request", field: "name" });
});

it("the socket is its owner's alone, takes the place of one that a killed process left, and goes with the server", async () => {
  const folder = directory("data");
  mkdirSync(folder);
  writeFileSync(join(folder, "server.sock"), "");
  const server = await serveApi({ socketFolder: folder });
  expect(server.api.socket).toBe(join(folder, "server.sock"));
  expect(statSync(join(folder, "server.sock")).mode & 0o777).toBe(0o600);
  await server.api.close();
  expect(existsSync(join(folder, "server.sock"))).toBe(false);
});

it("a folder whose path is too long has its socket in a directory that is this user's alone", async () => {
  const folder = directory("a".repeat(120));
  mkdirSync(folder);
  const server = createServer();
  const address = await listenLocally(server, folder);
  expect([address.length < 104, statSync(join(address, "..")).mode & 0o777]).toEqual([true, 0o700]);
  server.close();
});

it("a refusal is the error that the server has, in any language", () => {
  expect(errorOf({ code: "not_found", message: "There is no such thing here: no hook 3" })).toMatchObject({ detail: "no hook 3" });
  expect(errorOf({ code: "bad_request", message: "The request is not valid: name: too long", field: "name" }).detail).toBe(
    "name: too long",
  );
  expect(errorOf({ code: "of a newer server", message: "what it says" })).toMatchObject({ code: "internal", detail: "what it says" });
});
