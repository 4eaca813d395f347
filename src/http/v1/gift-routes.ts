import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { decodePlace } from "../../feed/cursor.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { ApiDeps } from "../api-deps.js";
import { keysetPage, Next, PageFields, TextOf, Time } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";

const Diamonds = Type.Integer({ minimum: 0, description: "price of one unit in diamonds (10 are 1 CNY); 0 is free" });
const Source = Type.Enum(["list", "message"], {
  description: "list: the platform's list of gifts; message: a message of a gift",
});
const GiftSchema = Type.Object(
  {
    id: Type.String(),
    name: Nullable(Type.String()),
    diamonds: Nullable(Diamonds, "its price, as far as known now; null if unknown"),
    icon: Nullable(Type.String({ description: "https URL of its picture" })),
    kind: Nullable(Type.Integer({ description: "the platform's number of a kind" })),
    combo: Nullable(Type.Boolean({ description: "it can be given in combos" })),
    source: Source,
    firstSeenAt: Time,
    seenAt: Type.Integer({ description: "when it was last seen, to a day, ms UTC" }),
    listedAt: Nullable(Type.Integer({ description: "when the platform's list had it last, ms UTC; null: it was never in it" })),
    prices: Type.Array(
      Type.Object({
        diamonds: Diamonds,
        from: Type.Integer({ description: "when it was first seen, ms UTC: it may be older" }),
        until: Nullable(Type.Integer({ description: "when another price was first seen, ms UTC; null for the newest" })),
        seenAt: Type.Integer({ description: "when it was last seen, to a day, ms UTC" }),
        source: Source,
      }),
      { description: "every price that was seen, oldest first" },
    ),
  },
  { $id: "Gift", description: "a gift of the catalogue" },
);
const GiftCatalogueSchema = Type.Object(
  {
    gifts: Type.Array(Type.Ref("Gift"), { description: "in the order of their ids" }),
    listedAt: Nullable(Type.Integer({ description: "when the platform's list was read last, ms UTC; null: it was not yet" })),
    next: Next,
  },
  { $id: "GiftCatalogue", description: "a page of the catalogue of gifts" },
);

const KIND = "gifts";
const ListQuery = exactly({
  name: Type.Optional(TextOf(100, "a part of their names")),
  ...PageFields,
});
const GiftParams = exactly({ gift: Type.String({ pattern: "^\\d{1,20}$", description: "the platform's id of the gift" }) });

/** Registers the routes of the catalogue of gifts. It tells of no room and no person, so every token that reads may see it. */
export function giftRoutes(app: FastifyInstance, { store: { gifts } }: ApiDeps): void {
  addSchemas(app, GiftSchema, GiftCatalogueSchema);
  const routes = routesOf(app, { tags: ["gifts"], scope: "read" });

  routes.get(
    "/gifts",
    {
      summary: "Gifts of the platform, with their prices now and before",
      description: "What the platform's list of gifts and the messages of gifts say. See docs/login-and-gifts.md.",
      query: ListQuery,
      answer: "GiftCatalogue",
    },
    async ({ query: { name, limit, cursor } }) => {
      const [after = ""] = decodePlace(KIND, cursor, [""] as const) ?? [];
      const listed = await gifts.list({ after, limit: limit + 1, ...(name !== undefined && { name }) });
      const { items, next } = keysetPage(listed, limit, KIND, ({ id }) => [id]);
      return { gifts: [...items], listedAt: await gifts.listedAt(), next };
    },
  );

  routes.get(
    "/gifts/:gift",
    { summary: "A gift, with its prices now and before", params: GiftParams, answer: "Gift" },
    async ({ params: { gift } }) => {
      const known = (await gifts.known([gift])).get(gift);
      if (known === undefined) throw new DyliveError("not_found", msg`no gift ${gift} was seen yet`);
      return known;
    },
  );
}
