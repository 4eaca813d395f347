import type { Command } from "commander";
import { DyliveError } from "../../runtime/errors.js";
import { msg, msgOf } from "../../runtime/msg.js";
import type { KnownGift } from "../../store/sql/gifts.js";
import { type LocalApi, path } from "../api.js";
import { asksApi, type Json } from "../options.js";
import { moment, printColumns, printJson, say } from "../terminal.js";
import { count } from "../values.js";

/** Adds `dylive gifts`. */
export function addGiftsCommand(program: Command): void {
  const gifts = program
    .command("gifts")
    .description("the platform's gifts and their prices, as far as they were seen")
    .argument("[gift]", "a gift's id, or a part of its name")
    .option("--limit <n>", "show at most so many", count, 10_000)
    .option("--json", "one JSON object a line, with all prices that were seen", false);
  asksApi(gifts, async (api, gift: string | undefined, { limit, json }: Json & { readonly limit: number }) => {
    const byId = gift === undefined || !/^\d{1,20}$/.test(gift) ? null : await known(api, gift);
    const found = byId === null ? (await api.some<KnownGift>("/gifts", "gifts", { name: gift }, limit)).items : [byId];
    if (found.length === 0) {
      const none = gift === undefined ? msg`no gift was seen yet` : msg`no gift has the id or a name with ${JSON.stringify(gift)}`;
      const { listedAt } = await api.get<{ readonly listedAt: number | null }>("/gifts", { limit: 1 });
      return say(
        msg`${none}; the platform's list ${listedAt === null ? msg`is read when a room is live` : msg`was read ${moment(listedAt)}`}`,
      );
    }
    return json ? printJson(found) : show(found);
  });
}

/** Returns the gift of an id; null where it was not seen. */
async function known(api: LocalApi, id: string): Promise<KnownGift | null> {
  try {
    return await api.get<KnownGift>(path`/gifts/${id}`);
  } catch (error) {
    if (error instanceof DyliveError && error.code === "not_found") return null;
    throw error;
  }
}

async function show(gifts: readonly KnownGift[]): Promise<void> {
  await printColumns(
    ["id", msg`name`, msg`diamonds`, msg`before`, msg`seen`, msg`by`],
    gifts.map(({ id, name, diamonds, prices, seenAt, source }) => [
      ...[id, name, diamonds],
      prices
        .slice(0, -1)
        .map((price) => price.diamonds)
        .join(", "),
      moment(seenAt),
      msgOf(source === "list" ? "the list" : "a message"),
    ]),
  );
}
