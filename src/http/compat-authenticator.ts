import type { FastifyBaseLogger } from "fastify";
import type { AdmittedClient, ClientAuthenticator } from "../compat/admission.js";
import type { Clock } from "../runtime/clock.js";
import { DyliveError } from "../runtime/errors.js";
import type { Rooms } from "../store/rooms.js";
import type { TokenRow, Tokens } from "../store/sql/tokens.js";
import { assertMayAsk, maySee } from "./access.js";
import { Authenticator } from "./authentication.js";
import { HeldTokens } from "./held-tokens.js";

/** Client without a token, where none is needed. */
const ANYBODY: AdmittedClient = {
  hasToken: false,
  mayAsk: async () => {},
  maySee: async () => true,
  stay: () => () => {},
};

/** Dependencies of the authenticator of the compat outputs. */
interface CompatAuthenticatorDeps {
  readonly tokens: Tokens;
  readonly rooms: Rooms;
  readonly clock: Clock;
  readonly logger: Pick<FastifyBaseLogger, "error">;
  /** Whether nobody is let in without a token. A token that is sent is checked in any case. */
  readonly tokenNeeded: boolean;
}

/** Makes the authenticator of the compat outputs: it checks the tokens of the API, with their rooms and rates, in `?token=` or the header. */
export function compatAuthenticator({ tokens, rooms, clock, logger, tokenNeeded }: CompatAuthenticatorDeps): ClientAuthenticator {
  const authenticator = new Authenticator({ tokens, clock, logger });
  const held = new HeldTokens(tokens, clock, (error) => logger.error({ err: error }, "the tokens of compat clients could not be checked"));
  return {
    admit: async (secret) => {
      if (secret === null && !tokenNeeded) return ANYBODY;
      if (secret === null) throw new DyliveError("no_token", "add ?token=TOKEN to the address, or set DYLIVE_COMPAT_TOKEN=never");
      return clientWith(await authenticator.admit(secret, "read"));
    },
  };

  function clientWith(token: TokenRow): AdmittedClient {
    return {
      hasToken: true,
      mayAsk: (room) => assertMayAsk(rooms, token, room),
      maySee: async (room) => maySee(token, room, await rooms.aliases(room)),
      stay: (end) => held.hold(token, end),
    };
  }
}
