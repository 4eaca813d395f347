import { HIDDEN_RECEIVER } from "../statistics.js";
import { COUNT_MAX, DIAMONDS_MAX } from "../statistics-add.js";
import type { PostgresSession } from "./session.js";

const GIVEN = ["combos", "settled", "units", "diamonds", "unpriced"] as const;
const MAX = (column: string) => (column === "diamonds" ? DIAMONDS_MAX : COUNT_MAX);

/** Returns SQL that moves rows of `statistics_gifts` to another person, added up where that person has some already. */
const moved = (user: string, receiver: string, receiverName: string, who: string) => `
  WITH moved AS (DELETE FROM statistics_gifts WHERE ${who} = $1 RETURNING *)
  INSERT INTO statistics_gifts AS t
    (n, user_id, receiver_id, gift_id, gift_name, gift_seq, receiver_name, receiver_seq, ${GIVEN.join(", ")})
  SELECT n, ${user}, ${receiver}, gift_id, gift_name, gift_seq, ${receiverName}, receiver_seq, ${GIVEN.join(", ")} FROM moved
  ON CONFLICT (n, user_id, receiver_id, gift_id) DO UPDATE SET
    ${GIVEN.map((column) => `${column} = least(t.${column}::numeric + excluded.${column}, ${MAX(column)})::bigint`).join(", ")}`;
const MOVE_GIVER = moved("$2::text", "receiver_id", "receiver_name", "user_id");
const MOVE_RECEIVER = moved("user_id", "$2::text", "$3::text", "receiver_id");

/** Implements `Statistics.forget`. Call it inside a write transaction. */
export async function forgetPerson(session: PostgresSession, userId: string, as: string | null): Promise<void> {
  if (as === null) await session.run("DELETE FROM statistics_people WHERE user_id = $1", userId);
  else {
    await session.run(
      "DELETE FROM statistics_people WHERE user_id = $2 AND n IN (SELECT n FROM statistics_people WHERE user_id = $1)",
      userId,
      as,
    );
    await session.run("UPDATE statistics_people SET user_id = $2, name = $2 WHERE user_id = $1", userId, as);
  }
  await session.run(MOVE_GIVER, userId, as ?? "");
  await session.run(MOVE_RECEIVER, userId, as ?? HIDDEN_RECEIVER, as);
  // A combo's id is made of ids between dots.
  await session.run(
    `WITH renamed AS (DELETE FROM statistics_combos WHERE position('.' || $1 || '.' IN '.' || combo_id || '.') > 0 RETURNING *)
     INSERT INTO statistics_combos(n, combo_id, settled)
     SELECT n, trim(both '.' FROM replace('.' || combo_id || '.', '.' || $1 || '.', '.' || $2 || '.')) AS id, bool_or(settled)
     FROM renamed GROUP BY n, id ON CONFLICT (n, combo_id) DO UPDATE SET settled = excluded.settled`,
    userId,
    as ?? "x",
  );
}
