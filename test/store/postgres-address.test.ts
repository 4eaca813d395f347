// Guards: the address of a database may name several hosts, and a refused address is never repeated.
import { describe, expect, it } from "vitest";
import { addressOf } from "../../src/store/postgres/connection.js";

describe("the address of a database", () => {
  it("of several hosts is one for each, with the same user, database and settings", () => {
    expect(addressOf("postgres://me:p%40ss@a:5432,b,[::1]:6/db?sslmode=require&target_session_attrs=read-write")).toEqual({
      name: "a:5432,b,[::1]:6/db",
      urls: ["a:5432", "b", "[::1]:6"].map((host) => `postgres://me:p%40ss@${host}/db?sslmode=require&uselibpqcompat=true`),
      options: "",
    });
  });

  it("keeps the operator's options for the server apart", () => {
    expect(addressOf("postgresql://h/db?options=-c%20statement_timeout%3D9")).toEqual({
      name: "h/db",
      urls: ["postgresql://h/db"],
      options: "-c statement_timeout=9",
    });
    expect(addressOf("postgres://h")).toMatchObject({ name: "h", urls: ["postgres://h"] });
  });

  it.each([
    "mysql://me:TOPSECRET@h/db",
    "postgres:///db?password=TOPSECRET",
    "postgres://me:TOP@SECRET@h/db",
    "postgres://me:TOPSECRET@h:port/db",
    "postgres://me:TOPSECRET@h,,/db",
    "postgres://me:TOPSECRET@h/db?target_session_attrs=standby",
  ])("%s is refused without being told", (url) => {
    expect(() => addressOf(url)).toThrow(expect.objectContaining({ code: "bad_config", message: expect.not.stringContaining("SECRET") }));
  });
});
