import type { Database } from "better-sqlite3";
import { HIDDEN_RECEIVER } from "../statistics.js";
import { COUNT_MAX, DIAMONDS_MAX } from "../statistics-add.js";

const GIVEN = ["combos", "settled", "units", "diamonds", "unpriced"] as const;

function statementsOf(database: Database) {
  const sums = GIVEN.map(
    (column) => `${column} = min(${column} + excluded.${column}, ${column === "diamonds" ? DIAMONDS_MAX : COUNT_MAX})`,
  );
  const line = "n, user_id, receiver_id, gift_id, gift_name, gift_seq, receiver_name, receiver_seq";
  const merged = `ON CONFLICT(n, user_id, receiver_id, gift_id) DO UPDATE SET ${sums.join(", ")}`;
  return {
    renamePerson: database.prepare<[string, string, string]>(
      "UPDATE OR REPLACE statistics_people SET user_id = ?, name = ? WHERE user_id = ?",
    ),
    dropPerson: database.prepare<[string]>("DELETE FROM statistics_people WHERE user_id = ?"),
    // The condition is for the parser, which else takes ON for part of a join.
    moveGiver: database.prepare<[string, string]>(
      `INSERT INTO statistics_gifts(${line}, ${GIVEN.join(", ")})
       SELECT ${line.replace("user_id", "?")}, ${GIVEN.join(", ")} FROM statistics_gifts WHERE user_id = ? ${merged}`,
    ),
    dropGiver: database.prepare<[string]>("DELETE FROM statistics_gifts WHERE user_id = ?"),
    moveReceiver: database.prepare<[string, string | null, string]>(
      `INSERT INTO statistics_gifts(${line}, ${GIVEN.join(", ")})
       SELECT ${line.replace("receiver_id", "?").replace("receiver_name", "?")}, ${GIVEN.join(", ")} FROM statistics_gifts WHERE receiver_id = ? ${merged}`,
    ),
    dropReceiver: database.prepare<[string]>("DELETE FROM statistics_gifts WHERE receiver_id = ?"),
    renameCombos: database.prepare<{ id: string; as: string }>(
      `UPDATE OR REPLACE statistics_combos SET combo_id = trim(replace('.' || combo_id || '.', '.' || @id || '.', '.' || @as || '.'), '.')
       WHERE instr('.' || combo_id || '.', '.' || @id || '.') > 0`,
    ),
  };
}

/** Takes people out of statistics. Call it inside a write transaction. */
export class StatisticsForgetter {
  readonly #sql: ReturnType<typeof statementsOf>;

  constructor(database: Database) {
    this.#sql = statementsOf(database);
  }

  /** Implements `Statistics.forget`. */
  forget(userId: string, as: string | null): void {
    if (as === null) this.#sql.dropPerson.run(userId);
    else this.#sql.renamePerson.run(as, as, userId);
    this.#sql.moveGiver.run(as ?? "", userId);
    this.#sql.dropGiver.run(userId);
    this.#sql.moveReceiver.run(as ?? HIDDEN_RECEIVER, as, userId);
    this.#sql.dropReceiver.run(userId);
    this.#sql.renameCombos.run({ id: userId, as: as ?? "x" });
  }
}
