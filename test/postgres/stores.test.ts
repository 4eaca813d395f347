import { afterAll } from "vitest";
import { openPostgresStore } from "../../src/log/postgres/store.js";
import { describeStore } from "../contracts/store.js";
import { dropDatabase, newDatabase } from "./database.js";

const made: string[] = [];

afterAll(async () => {
  for (const url of made) await dropDatabase(url);
});

describeStore("postgres", async () => {
  const url = await newDatabase();
  made.push(url);
  return openPostgresStore({ url });
});
