import { Type } from "typebox";
import { Nullable, Time } from "./fields.js";

const Text = Nullable(Type.String());

/** An account, without its cookies. */
export const AccountSchema = Type.Object(
  {
    name: Type.String(),
    login: Type.Enum(["logged_in", "guest", "unknown"], {
      description: "whom the platform took it for when it was asked last; unknown: not asked, or it did not say",
    }),
    nickname: Type.Union([Type.String(), Type.Null()], { description: "as the platform names it" }),
    savedAt: Type.Union([Type.Integer(), Type.Null()], {
      description: "when its cookies were saved, ms UTC; null when its file is damaged",
    }),
    expiresAt: Type.Union([Type.Integer(), Type.Null()], {
      description: "when the platform will end the login; null where it is not known",
    }),
    checkedAt: Nullable(Time),
    lapsed: Type.Boolean({ description: "the login has ended: rooms are seen as a guest sees them until there are new cookies" }),
    problem: Type.Union([Type.String(), Type.Null()], { description: "why nothing is known of it" }),
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
    storeBytes: Type.Union([Type.Integer(), Type.Null()], { description: "bytes of the database on disk" }),
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

/** Findings of the doctor. */
export const FindingListSchema = Type.Object(
  {
    findings: Type.Array(
      Type.Object({
        layer: Type.String(),
        state: Type.Enum(["ok", "warn", "fail", "skipped"]),
        detail: Type.String({ description: "one sentence in plain words" }),
        todo: Text,
      }),
      { description: "in the order in which each layer needs those before it" },
    ),
  },
  { $id: "FindingList", description: "what is broken between here and the platform, and what to do" },
);
