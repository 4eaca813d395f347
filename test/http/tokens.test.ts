// Guards: tokens are stored as hashes, do what their scope includes, and are taken out of requests.
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { SecretCipher } from "../../src/http/authentication.js";
import { authenticate, createToken, hashToken } from "../../src/http/tokens.js";
import type { Scope } from "../../src/store/sql/tokens.js";
import { openSqliteStore } from "../../src/store/sqlite/store.js";
import { useStore } from "../contracts/harness.js";

const store = useStore(async () => openSqliteStore({ path: ":memory:" }));

describe("tokens", () => {
  it("are 32 random bytes, stored as a hash only", async () => {
    const { tokens } = store();
    const { token, row } = await createToken(tokens, { name: "收集", scope: "read", now: 5 });
    expect(token).toMatch(/^dyl_[A-Za-z0-9_-]{43}$/);
    expect(row).toMatchObject({ name: "收集", scope: "read", createdAt: 5, revokedAt: null, hash: hashToken(token) });
    expect(JSON.stringify(await tokens.list())).not.toContain(token);
    expect((await createToken(tokens, { name: "b", scope: "read", now: 5 })).row.id).not.toBe(row.id);
  });

  it("are found by their hash until revoked, and do what their scope includes", async () => {
    const { tokens } = store();
    const { token, row } = await createToken(tokens, { name: "a", scope: "manage", now: 0 });
    expect(await authenticate(tokens, token, "read", 0)).toEqual(row);
    expect(await authenticate(tokens, token, "manage", 0)).toEqual(row);
    await expect(authenticate(tokens, token, "admin", 0)).rejects.toMatchObject({ code: "forbidden" });
    await expect(authenticate(tokens, null, "read", 0)).rejects.toMatchObject({ code: "no_token" });
    await expect(authenticate(tokens, `${token}x`, "read", 0)).rejects.toMatchObject({ code: "bad_token" });
    await tokens.revoke(row.id, 1);
    await expect(authenticate(tokens, token, "read", 0)).rejects.toMatchObject({ code: "bad_token" });
  });

  it("of a scope that this version does not know may do nothing", async () => {
    const { tokens } = store();
    const { token, row } = await createToken(tokens, { name: "a", scope: "read", now: 0 });
    vi.spyOn(tokens, "find").mockResolvedValue({ ...row, scope: "later" as Scope });
    await expect(authenticate(tokens, token, "read", 0)).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("taking the token out of a request", () => {
  const taken = (url: string, authorization?: string) => {
    const request = new IncomingMessage(new Socket());
    request.url = url;
    if (authorization !== undefined) request.headers.authorization = authorization;
    const secrets = new SecretCipher();
    secrets.take(request);
    return { url: request.url, secret: secrets.of(request), header: request.headers.authorization };
  };

  it("leaves no trace of it, however it is spelled", () => {
    expect(taken("/a?x=1&token=S&y=%20")).toEqual({ url: "/a?x=1&y=%20", secret: "S", header: undefined });
    expect(taken("/a?%74oken=S")).toMatchObject({ url: "/a", secret: "S" });
    expect(taken("/a?token=S&token=T")).toMatchObject({ url: "/a", secret: "S" });
    expect(taken("/a?token")).toMatchObject({ url: "/a", secret: null });
    expect(taken("/a?token=%ZZ")).toMatchObject({ url: "/a", secret: "%ZZ" });
    expect(taken("http://h/a?token=S")).toMatchObject({ url: "http://h/a", secret: "S" });
    expect(taken("/a?tokens=S")).toMatchObject({ url: "/a?tokens=S", secret: null });
  });

  it("takes a bearer as well, the query first", () => {
    expect(taken("/a", "Bearer S")).toEqual({ url: "/a", secret: "S", header: undefined });
    expect(taken("/a?token=Q", "bearer  S")).toMatchObject({ secret: "Q", header: undefined });
    expect(taken("/a", "Basic c2VjcmV0")).toMatchObject({ secret: null, header: undefined });
  });
});
