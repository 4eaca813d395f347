import { DyliveError } from "../../runtime/errors.js";
import type { Leases, MemberRow, Membership, Role } from "../leases.js";
import type { PostgresConnection } from "./connection.js";
import { MemberSession } from "./member-session.js";
import { LEASE_TIMES, type LeaseTimes, PostgresMembership } from "./membership.js";

/** Time after which members that are gone are forgotten. */
const FORGET = "1 hour";

/** Leases of a cluster on PostgreSQL. */
export class PostgresLeases implements Leases {
  readonly #connection: PostgresConnection;
  readonly #times: LeaseTimes;

  constructor(connection: PostgresConnection, times: Partial<LeaseTimes> = {}) {
    this.#connection = connection;
    this.#times = { ...LEASE_TIMES, ...times };
  }

  async join(about: { readonly name: string; readonly role: Role; readonly capacity: number }): Promise<Membership> {
    const row = await this.#connection.write(async (session) => {
      await session.run(`DELETE FROM members WHERE expires_at < clock_timestamp() - interval '${FORGET}'`);
      // Nobody takes it for alive before it has its lock.
      return session.row<{ id: number }>(
        "INSERT INTO members(name, role, capacity, expires_at) VALUES ($1, $2, 0, clock_timestamp()) RETURNING id",
        about.name,
        about.role,
      );
    });
    if (row === undefined) throw new DyliveError("internal", "the database made no member");
    const session = new MemberSession(this.#connection, row.id);
    this.#connection.onClose(() => void session.close());
    const membership = new PostgresMembership(row.id, { connection: this.#connection, session, times: this.#times }, about);
    await membership.enter();
    return membership;
  }

  members(): Promise<readonly MemberRow[]> {
    return this.#connection.ask((session) =>
      session.rows<MemberRow>(
        `SELECT m.id, m.name, m.role, m.capacity, (extract(epoch FROM m.joined_at) * 1000)::bigint AS "joinedAt",
           (extract(epoch FROM m.expires_at) * 1000)::bigint AS "expiresAt",
           (SELECT count(*) FROM wanted w WHERE w.owner = m.id AND w.twin_of IS NULL) AS rooms,
           ARRAY(SELECT j.name FROM jobs j WHERE j.owner = m.id ORDER BY j.name) AS jobs,
           EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 77 AND l.objid = m.id::oid AND l.objsubid = 2
             AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS connected
         FROM members m ORDER BY m.id`,
      ),
    );
  }
}
