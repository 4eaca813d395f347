import { afterAll, beforeAll, expect, it } from "vitest";
import { openPostgresStore } from "../../src/store/postgres/store.js";
import { holdNames } from "../cluster/names-property.js";
import { dropDatabase, emptyDatabase, newDatabase } from "./database.js";

let url: string;

beforeAll(async () => {
  url = await newDatabase();
});
afterAll(() => dropDatabase(url));

it("whatever rooms are called and whatever is done with them, every log is what was sent, by one connection a room", async () => {
  const open = async () => {
    await emptyDatabase(url);
    return openPostgresStore({ url });
  };
  expect(await holdNames(3, open)).toBeGreaterThan(30);
});
