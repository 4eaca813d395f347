import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { Nullable } from "../../events/field.js";
import { reasonIn } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { Accounts, ApiDeps } from "../api-deps.js";
import { isLimited, tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { Time } from "./fields.js";
import { addSchemas, exactly, routesOf } from "./route.js";

/** An account, without its cookies. */
const AccountSchema = Type.Object(
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
    health: Type.Union(
      [
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
        Type.Null(),
      ],
      { description: "what was seen of it in the last 14 days, over all rooms; null: nothing" },
    ),
    problem: Type.Union([Type.String(), Type.Null()], { description: "why nothing is known of it" }),
  },
  { $id: "Account", description: "an account that rooms can be watched as, without its cookies" },
);
const AccountListSchema = Type.Object(
  { accounts: Type.Array(Type.Ref("Account")) },
  { $id: "AccountList", description: "all accounts, by name" },
);

/** Most characters of cookies: a whole cookies.txt of a browser fits, of which only the platform's are kept. */
const COOKIES_MAX_CHARS = 500_000;
const BODY_MAX_BYTES = 1_048_576;
const Name = Type.String({ pattern: "^[A-Za-z0-9_-]{1,32}$", description: "1 to 32 letters, digits, _ or -" });
const AccountParams = exactly({ account: Name });
const Saved = exactly({
  name: Name,
  cookies: Type.String({
    minLength: 1,
    maxLength: COOKIES_MAX_CHARS,
    description: "of live.douyin.com: the line of a Cookie header, JSON, or a cookies.txt. They are kept and never shown",
  }),
});

/** Registers the routes of the operator's own accounts, as which rooms can be watched. */
export function accountRoutes(app: FastifyInstance, { admin, calls, logger }: ApiDeps): void {
  addSchemas(app, AccountSchema, AccountListSchema);
  const routes = routesOf(app, { tags: ["accounts"], scope: "admin" });

  routes.get("/accounts", { summary: "List accounts", answer: "AccountList", scope: "manage" }, async (request) => {
    if (isLimited(tokenOf(request))) throw new DyliveError("forbidden", "accounts serve all rooms; the token is limited to some");
    return { accounts: (await accountsOf().list()).map((one) => accountAnswer(request, one)) };
  });

  routes.post(
    "/accounts",
    {
      bodyLimit: BODY_MAX_BYTES,
      summary: "Keep pasted cookies as an account, in place of those before",
      body: Saved,
      answer: { 201: "Account" },
    },
    async (request) => {
      const { name, cookies } = request.body;
      const saved = await accountsOf().save(name, cookies);
      logger.info({ account: name, by: tokenOf(request).id }, "an account was saved");
      return accountAnswer(request, saved);
    },
  );

  routes.post(
    "/accounts/:account/check",
    { summary: "Ask the platform whether an account is still logged in", params: AccountParams, answer: "Account" },
    async (request, reply) => {
      const call = calls.open(request, reply);
      return accountAnswer(request, await accountsOf().check(request.params.account, call.signal));
    },
  );

  routes.delete(
    "/accounts/:account",
    {
      summary: "Forget an account here; the platform has the session until you log out there",
      params: AccountParams,
      answer: { 200: Type.Object({ name: Type.String() }, { description: "what was forgotten" }) },
    },
    async (request) => {
      const { account: name } = request.params;
      if (!(await accountsOf().remove(name))) throw new DyliveError("not_found", msg`there is no account ${JSON.stringify(name)}`);
      logger.info({ account: name, by: tokenOf(request).id }, "an account was forgotten");
      return { name };
    },
  );

  function accountsOf(): Accounts {
    if (admin === null) throw new DyliveError("not_offered", "this server keeps no accounts");
    return admin.accounts;
  }
}

/** Returns an account as v1 shows it, what is wrong with it in the language asked for. */
function accountAnswer<T extends { readonly problem: string | null }>(request: FastifyRequest, account: T): T {
  return { ...account, problem: reasonIn(languageAsked(request), account.problem) };
}
