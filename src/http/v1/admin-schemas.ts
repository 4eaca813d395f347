import { type Static, Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { Time } from "./fields.js";
import type { ReadonlyDeep } from "./route.js";

/** An account, without its cookies. */
export const AccountSchema = Type.Object(
  {
    name: Type.String(),
    login: Type.Enum(["logged_in", "guest", "unknown"], {
      description: "whom the platform took it for when it was asked last; unknown: not asked, or it did not say",
    }),
    nickname: Nullable(Type.String(), "as the platform names it"),
    savedAt: Nullable(Type.Integer(), "when its cookies were saved, ms UTC; null when its file is damaged"),
    expiresAt: Nullable(Type.Integer(), "when the platform will end the login; null where it is not known"),
    checkedAt: Nullable(Time),
    lapsed: Type.Boolean({ description: "the login has ended: rooms are seen as a guest sees them until there are new cookies" }),
    health: Nullable(
      Type.Object({
        since: Time,
        gifts: Type.Integer({ description: "gifts that it was sent" }),
        diamonds: Type.Integer({ description: "of those whose price is known" }),
        diamondsWitnessed: Type.Integer({
          description: "that were given for certain while it watched: by the platform's ranks, or as other sessions were sent them",
        }),
        diamondsMissing: Type.Integer({ description: "how much of that it was not sent within half a minute" }),
        refusals: Type.Integer({ description: "connections that the platform refused it" }),
      }),
      "what was seen of it in the last 14 days, over all rooms; null: nothing",
    ),
    problem: Nullable(Type.String(), "why nothing is known of it"),
  },
  { $id: "Account", description: "an account that rooms can be watched as, without its cookies" },
);
export const AccountListSchema = Type.Object(
  { accounts: Type.Array(Type.Ref("Account")) },
  { $id: "AccountList", description: "all accounts, by name" },
);

/** The server. */
export const AboutSchema = Type.Object(
  {
    version: Type.String(),
    node: Type.String({ description: "version of Node.js" }),
    startedAt: Time,
    storeBytes: Nullable(Type.Integer(), "bytes of the database on disk"),
    account: Type.String({ description: "the account that rooms are watched as unless they say otherwise" }),
    settings: Type.Array(
      Type.Object({
        name: Type.String({ description: "the environment variable" }),
        value: Type.Union([Type.String(), Type.Number(), Type.Null()]),
        about: Type.String(),
      }),
      { description: "every setting; secrets are shown as ***" },
    ),
    compat: Type.Array(
      Type.Object({ name: Type.String(), like: Type.String({ description: "whose clients it is for" }), url: Type.String() }),
      { description: "streams for clients of other programs that are on; docs/compat.md" },
    ),
  },
  { $id: "About", description: "what this server is" },
);

/** Settings of the server. */
export const SettingListSchema = Type.Object(
  {
    settings: Type.Array(
      Type.Object({
        name: Type.String({ description: "the environment variable" }),
        value: Type.Union([Type.String(), Type.Number(), Type.Null()], { description: "what counts now" }),
        about: Type.String(),
        from: Type.Enum(["start", "change", "default"], {
          description: "where it comes from: start, what the server was started with; change, a change while it ran",
        }),
        mayChange: Type.Boolean({
          description: "whether it may be changed while the server runs; not where the server was started with it, which wins",
        }),
        changed: Nullable(Type.Object({ by: Type.String({ description: "name of the token, or of the command" }), at: Time })),
      }),
    ),
  },
  { $id: "SettingList", description: "every setting; secrets are shown as ***" },
);
/** Findings of the doctor. */
export const FindingListSchema = Type.Object(
  {
    findings: Type.Array(
      Type.Object({
        layer: Type.String(),
        state: Type.Enum(["ok", "warn", "fail", "skipped"]),
        detail: Type.String({ description: "one sentence in plain words" }),
        todo: Nullable(Type.String()),
      }),
      { description: "in the order in which each layer needs those before it" },
    ),
  },
  { $id: "FindingList", description: "what is broken between here and the platform, and what to do" },
);

/** An account that rooms can be watched as. Its cookies are never in it. */
export type ShownAccount = ReadonlyDeep<Static<typeof AccountSchema>>;
/** Description of this server. Nothing in it is secret. */
export type AboutServer = ReadonlyDeep<Static<typeof AboutSchema>>;
/** Setting of the server. */
export type ServerSetting = ReadonlyDeep<Static<typeof SettingListSchema>>["settings"][number];
/** Finding of the doctor about one layer. */
export type DoctorFinding = ReadonlyDeep<Static<typeof FindingListSchema>>["findings"][number];
