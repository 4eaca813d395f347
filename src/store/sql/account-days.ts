import { row, rows, run, type SqlDatabase } from "./work.js";

/** Days that an account's health is of. */
const HEALTH_DAYS = 14;
const DAY_MS = 86_400_000;

/** Amounts by which one tells whether an account is sent gifts. */
export interface AccountSeen {
  /** Gifts that it was sent, and their diamonds as far as prices are known. */
  readonly gifts: number;
  readonly diamonds: number;
  /** Diamonds that were given in its rooms for certain, and how much of that it was not sent. */
  readonly diamondsWitnessed: number;
  readonly diamondsMissing: number;
  /** Connections that the platform refused it. */
  readonly refusals: number;
}

/** Health of an account over the last {@link HEALTH_DAYS}. */
export interface AccountHealth extends AccountSeen {
  readonly account: string;
  /** Beginning of the first day that it is of, ms UTC. */
  readonly since: number;
}

/** Amounts of each account and day of a store. */
export type AccountDays = ReturnType<typeof sqlAccountDays>;

/** Returns the days of a database's accounts. A day is one of UTC; older ones than {@link HEALTH_DAYS} are removed when something is added. */
export function sqlAccountDays({ ask, lane, dialect }: SqlDatabase) {
  const write = lane();
  const today = (at: number) => Math.floor(at / DAY_MS);
  const firstDay = (at: number) => today(at) - HEALTH_DAYS + 1;
  return {
    /**
     * Adds what was seen of an account, unless it was forgotten since the login that saw it: a session goes on with that until it connects again.
     * @param login when the login was saved, ms UTC
     * @param at ms UTC
     */
    add: (account: string, login: number, at: number, seen: AccountSeen): Promise<void> =>
      write(function* () {
        yield* dialect.lock("account");
        const forgotten = yield* row<{ at: number }>("SELECT at FROM forgotten_accounts WHERE account = $1", account);
        if (forgotten !== undefined && Number(forgotten.at) >= login) return;
        yield* run(
          `INSERT INTO account_days(account, day, gifts, diamonds, witnessed, missing, refusals) VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (account, day) DO UPDATE SET gifts = account_days.gifts + excluded.gifts,
             diamonds = account_days.diamonds + excluded.diamonds, witnessed = account_days.witnessed + excluded.witnessed,
             missing = account_days.missing + excluded.missing, refusals = account_days.refusals + excluded.refusals`,
          ...[account, today(at), seen.gifts, seen.diamonds, seen.diamondsWitnessed, seen.diamondsMissing, seen.refusals],
        );
        // A process whose clock is a little ahead may be in tomorrow; what is later comes of a clock that was wrong, and no day would end it.
        yield* run("DELETE FROM account_days WHERE day < $1 OR day > $2", firstDay(at), today(at) + 1);
      }),
    /** Forgets what was seen of an account, and what logins of before will see: another one may be given its name. @param at ms UTC */
    remove: (account: string, at: number): Promise<void> =>
      write(function* () {
        yield* dialect.lock("account");
        yield* run("DELETE FROM account_days WHERE account = $1", account);
        yield* run(
          "INSERT INTO forgotten_accounts(account, at) VALUES ($1, $2) ON CONFLICT (account) DO UPDATE SET at = excluded.at",
          account,
          at,
        );
      }),
    /** Returns the health of each account of which something was seen, by name. @param at ms UTC */
    list: (at: number): Promise<readonly AccountHealth[]> =>
      ask(function* () {
        const found = yield* rows<
          Record<"day" | "gifts" | "diamonds" | "witnessed" | "missing" | "refusals", number> & { account: string }
        >(
          `SELECT account, min(day) AS day, sum(gifts) AS gifts, sum(diamonds) AS diamonds, sum(witnessed) AS witnessed,
             sum(missing) AS missing, sum(refusals) AS refusals
           FROM account_days WHERE day >= $1 AND day <= $2 GROUP BY account ORDER BY account`,
          ...[firstDay(at), today(at) + 1],
        );
        return found.map(({ account, day, gifts, diamonds, witnessed, missing, refusals }) => ({
          ...{ account, since: Number(day) * DAY_MS, gifts: Number(gifts), diamonds: Number(diamonds) },
          ...{ diamondsWitnessed: Number(witnessed), diamondsMissing: Number(missing), refusals: Number(refusals) },
        }));
      }),
  };
}
