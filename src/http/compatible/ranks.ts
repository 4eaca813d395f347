import type { RankEntry } from "../../events/event.js";
import type { Call } from "../calls.js";
import type { ApiParts } from "../parts.js";
import { newest, requestedRoom, sessionOf } from "./facts.js";
import { laterUser } from "./later.js";

/** Answers `GET /douyin/liveroom/audience`: the viewers that the newest statistics of the room name, and how many there are. */
export async function seedAudience(parts: ApiParts, call: Call, text: string): Promise<string> {
  const asked = await requestedRoom(parts, call, text);
  const stats = await newest(parts.store.log, asked.room, "stats", sessionOf(asked), ({ ranks }) => (ranks?.length ?? 0) > 0);
  return ranksText(stats?.ranks ?? [], stats?.online ?? null, stats?.time ?? null);
}

/** Answers `GET /douyin/liveroom/ranklist`: the newest rank of contributors; the statistics name the first few where there is none. */
export async function seedRankList(parts: ApiParts, call: Call, text: string): Promise<string> {
  const asked = await requestedRoom(parts, call, text);
  const session = sessionOf(asked);
  const rank = await newest(parts.store.log, asked.room, "rank", session, ({ entries }) => entries.length > 0);
  if (rank !== null) return ranksText(rank.entries, null, rank.time);
  const stats = await newest(parts.store.log, asked.room, "stats", session, ({ ranks }) => (ranks?.length ?? 0) > 0);
  return ranksText(stats?.ranks ?? [], null, stats?.time ?? null);
}

function ranksText(entries: readonly RankEntry[], total: number | null, time: number | null): string {
  const ranks = entries.map(({ rank, score, scoreText, user }) => ({ rank, score, score_text: scoreText, user: laterUser(user) }));
  return JSON.stringify({ code: 200, data: { data: { ranks, total, time } }, msg: "success" });
}
