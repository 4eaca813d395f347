import { LOCKS } from "../locks.js";

/**
 * Appends events of any number of rooms in one statement: each gets the next seq of its room, unless its room was claimed by somebody else
 * (another epoch), its id is stored already, or its day was dropped.
 * - The heads are locked first, in order of room, so that two calls never wait for each other in a circle; what follows are statements of
 *   their own, which see everything that was committed before the locks were got.
 * - Known ids are looked up in the table of their day by name: the plan then has one table, however many days are kept.
 *
 * It answers with rows (n, room, seq, epoch): with n = 0 what `heads` said before, otherwise the seq of the n-th event, or -1 when its day
 * was dropped. Events without a row are known, or fenced by the epoch.
 */
export const APPEND = `
CREATE FUNCTION append_events(
  all_rooms bigint[], p_room bigint[], p_epoch bigint[], p_day integer[], p_id text[], p_type text[], p_session text[], p_user text[],
  p_combo text[], p_total bigint[], p_settled boolean[], p_diamonds bigint[], p_revision integer[], p_body text[]
) RETURNS TABLE(o_n bigint, o_room bigint, o_seq bigint, o_epoch bigint)
LANGUAGE plpgsql AS $append$
DECLARE
  held_room bigint[];
  held_head bigint[];
  held_epoch bigint[];
  first_day integer;
  one_day integer;
  known bigint[] := '{}';
  more bigint[];
BEGIN
  PERFORM pg_advisory_xact_lock_shared(${LOCKS.days});
  SELECT array_agg(h.room), array_agg(h.head), array_agg(h.epoch) INTO held_room, held_head, held_epoch
    FROM (SELECT room, head, epoch FROM heads WHERE room = ANY(all_rooms) ORDER BY room FOR UPDATE) h;
  SELECT value::integer INTO first_day FROM meta WHERE key = 'horizon';
  FOR one_day IN SELECT DISTINCT d FROM unnest(p_day) AS d WHERE d = 0 OR d >= first_day LOOP
    EXECUTE format(
      'SELECT array_agg(g.n) FROM unnest($1, $2, $3) WITH ORDINALITY AS g(day, room, id, n)
       WHERE g.day = $4 AND EXISTS (SELECT FROM %I e WHERE e.day = $4 AND e.room = g.room AND e.id = g.id)',
      CASE one_day WHEN 0 THEN 'events_undated' ELSE to_char(date '1970-01-01' + one_day, '"events_"YYYYMMDD') END)
      INTO more USING p_day, p_room, p_id, one_day;
    known := known || coalesce(more, '{}');
  END LOOP;
  RETURN QUERY
    WITH given AS (
      SELECT g.*, h.head AS base
      FROM unnest(p_room, p_epoch, p_day, p_id, p_type, p_session, p_user, p_combo, p_total, p_settled, p_diamonds, p_revision, p_body)
        WITH ORDINALITY AS g(room, epoch, day, id, type, session_id, user_id, combo_id, combo_total, settled, diamonds, revision, body, n)
      JOIN unnest(held_room, held_head, held_epoch) AS h(room, head, epoch) ON h.room = g.room AND h.epoch = g.epoch
      WHERE (g.day = 0 OR g.day >= first_day) AND g.n <> ALL (known)
    ), once AS (
      SELECT DISTINCT ON (room, id COLLATE "C") * FROM given ORDER BY room, id COLLATE "C", n
    ), numbered AS (
      SELECT *, base + row_number() OVER (PARTITION BY room ORDER BY n) AS seq FROM once
    ), inserted AS (
      INSERT INTO events(day, room, seq, id, type, session_id, user_id, combo_id, combo_total, settled, diamonds, revision, body)
      SELECT day, room, seq, id, type, session_id, user_id, combo_id, combo_total, settled, diamonds, revision, body FROM numbered
    ), moved AS (
      UPDATE heads SET head = last.seq FROM (SELECT room, max(seq) AS seq FROM numbered GROUP BY room) AS last
      WHERE heads.room = last.room
    ), spans AS (
      INSERT INTO room_days AS d (room, day, min_seq, max_seq, bytes)
      SELECT room, day, min(seq), max(seq), sum(octet_length(body)) FROM numbered GROUP BY room, day
      ON CONFLICT (room, day) DO UPDATE SET
        min_seq = least(d.min_seq, excluded.min_seq), max_seq = greatest(d.max_seq, excluded.max_seq), bytes = d.bytes + excluded.bytes
    )
    SELECT 0::bigint, h.room, h.head, h.epoch FROM unnest(held_room, held_head, held_epoch) AS h(room, head, epoch)
    UNION ALL SELECT n, room, seq, epoch FROM numbered
    UNION ALL SELECT g.n, g.room, -1::bigint, g.epoch FROM unnest(p_room, p_epoch, p_day) WITH ORDINALITY AS g(room, epoch, day, n)
      WHERE g.day <> 0 AND g.day < first_day;
END
$append$;
`;
