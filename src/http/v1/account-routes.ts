import type { FastifyInstance, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { reasonIn } from "../../i18n/words.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import type { Accounts, ApiDeps } from "../api-deps.js";
import { isLimited, tokenOf } from "../authentication.js";
import { languageAsked } from "../failure.js";
import { AccountListSchema, AccountSchema } from "./admin-schemas.js";
import { TextOf } from "./fields.js";

import { addSchemas, exactly, routesOf } from "./route.js";

/** Most characters of cookies: a whole cookies.txt of a browser fits, of which only the platform's are kept. */
const COOKIES_MAX_CHARS = 500_000;
const BODY_MAX_BYTES = 1_048_576;
const Name = Type.String({ pattern: "^[A-Za-z0-9_-]{1,32}$", description: "1 to 32 letters, digits, _ or -" });
const AccountParams = exactly({ account: Name });
const Saved = exactly({
  name: Name,
  cookies: TextOf(
    COOKIES_MAX_CHARS,
    "of live.douyin.com: the line of a Cookie header, JSON, or a cookies.txt. They are kept and never shown",
  ),
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
