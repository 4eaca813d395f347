import type { GiftsNews, GiftsWatch } from "../health/gifts-watch.js";
import type { SessionHealth } from "../health/sessions.js";
import type { Evidence, RoomStatus } from "../health/state.js";
import { alarmEvent } from "../ingest/intake.js";
import { type RoomKey, type SystemNews, tellSystem } from "../store/log.js";
import type { ClaimedRoom, RoomContext } from "./context.js";

/** An alarm about a room, or about one of its sessions (null: the room as a whole). */
interface Alarm {
  readonly news: Omit<SystemNews, "about"> & { readonly session: string | null };
  /** Time of the change, ms UTC: it names the event, so that what is sent again is known. */
  readonly at: number;
  readonly sent: () => void;
}

/** Stores in a room's log, and in the system's, when gifts or messages are kept from it or from one of its sessions, each time once. */
export class RoomAlarm {
  readonly #context: RoomContext;
  #sending: Promise<void> | null = null;

  constructor(context: RoomContext) {
    this.#context = context;
  }

  /**
   * Goes on from the status that an earlier process kept of the room: what it found is so until something shows that it is over. An alarm about
   * gifts is sent again with its old time, so that the logs have it once, also where a kill came between.
   */
  async recall(room: RoomKey): Promise<void> {
    const { store, health, clock } = this.#context;
    const kept = await store.rooms.loadStatus(room);
    if (kept === null) return;
    const { sessionId, evidence }: RoomStatus = JSON.parse(kept.status);
    const goOn = (watch: GiftsWatch, { gifts, giftsSeen }: Pick<Evidence, "gifts" | "giftsSeen">) => {
      watch.recall(gifts, giftsSeen, sessionId, clock.now());
      if (health.sessionId !== null) watch.begin(health.sessionId, clock.now());
    };
    goOn(health.gifts, evidence);
    const [only, ...others] = health.sessions;
    for (const before of evidence.sessions) {
      const isOnly = others.length === 0 && evidence.sessions.length === 1;
      const session = isOnly ? only : health.sessions.find(({ name }) => name === before.session);
      if (session === undefined) continue;
      if (others.length > 0) goOn(session.gifts, before);
      // What one account is not sent says nothing of another: as another it starts over.
      session.as(before.account);
      if (before.lost !== null) session.announced("session.lost");
      else if (before.state === "silent") session.announced("session.silent");
    }
  }

  /** Whether there may be an alarm to send. */
  get isDue(): boolean {
    const { gifts, sessions } = this.#context.health;
    if (gifts.news !== null) return true;
    return sessions.length > 1 && sessions.some((session) => session.news !== null || session.gifts.news !== null);
  }

  /** Sends new alarms, unless that is under way; what cannot be sent is sent the next time. */
  look(claimed: ClaimedRoom): Promise<void> {
    this.#sending ??= this.#look(claimed).finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #look(claimed: ClaimedRoom): Promise<void> {
    const { health } = this.#context;
    const alarms = [this.#gifts(health.gifts, null)];
    if (health.sessions.length > 1)
      for (const session of health.sessions) alarms.push(this.#gifts(session.gifts, session), this.#session(session));
    for (const alarm of alarms) if (alarm !== null) await this.#send(claimed, alarm);
  }

  #gifts(watch: GiftsWatch, session: SessionHealth | null): Alarm | null {
    const { health } = this.#context;
    const { news } = watch;
    if (news === null) return null;
    const one = session ?? (health.sessions.length === 1 ? health.sessions[0] : undefined);
    const account = one?.account ?? null;
    const { kind, state, since, witnessed, missing } = news;
    const evidence = {
      ...{ state, since, diamondsWitnessed: witnessed, diamondsMissing: missing },
      ...(one !== undefined && { account }),
    };
    const who = one === undefined ? whoOf(health.sessions) : this.#watcher(account);
    return {
      news: { kind, text: giftsText(news, session?.name ?? null, who), session: session?.name ?? null, evidence },
      at: since,
      sent: () => watch.announced(kind),
    };
  }

  #session(session: SessionHealth): Alarm | null {
    const { news } = session;
    if (news === null) return null;
    const { kind, since, reason } = news;
    // Where none watches, the room's state says so.
    if (kind === "session.lost" && !this.#context.health.sessions.some((other) => other !== session && other.stands)) return null;
    const since8601 = new Date(since).toISOString();
    const text = {
      "session.lost": `session ${session.name} is lost since ${since8601}: ${reason}. ${GOES_ON}`,
      "session.silent": `session ${session.name} (as ${this.#watcher(session.account)}) is sent nothing since ${since8601}: ${reason}. ${REMEDY}`,
      "session.receives": `session ${session.name} is sent messages again since ${since8601}`,
    }[kind];
    return {
      news: { kind, text, session: session.name, evidence: { since, account: session.account, ...(reason !== null && { reason }) } },
      at: since,
      sent: () => session.announced(kind),
    };
  }

  /** Names who watches by an account, or without one: then the user's own browser may be logged in. */
  #watcher(account: string | null): string {
    if (account !== null) return `account ${account}`;
    const { login } = this.#context.health;
    return login.account === null && login.login === "logged_in" ? "who is logged in in your own browser" : "a guest";
  }

  async #send({ room, intake }: ClaimedRoom, { news, at, sent }: Alarm): Promise<void> {
    const { store, health, signal } = this.#context;
    const webRid = (await store.rooms.get(room))?.webRid ?? null;
    const { sessionId } = health;
    const evidence = { ...news.evidence, broadcast: sessionId, webRid };
    const named = { ...news, text: `room ${webRid ?? room}: ${news.text}`, evidence };
    await tellSystem(store, { ...named, about: `${room}:${at}${news.session === null ? "" : `:${news.session}`}` }, at);
    await intake.own(alarmEvent(room, { sessionId, webRid }, named, at), signal);
    sent();
  }
}

/** Names the sessions by which a room is watched now: of those that are not connected nothing can be said. */
function whoOf(sessions: readonly SessionHealth[]): string {
  const standing = sessions.flatMap(({ stands, name }) => (stands ? [name] : []));
  if (standing.length === sessions.length) return "all of its sessions";
  return `${standing.length} of its ${sessions.length} sessions: ${standing.join(", ") || "none is connected"}`;
}

/** Consequence for a room that has lost one of its sessions, and what to do. */
const GOES_ON =
  "The room goes on by its others, and this one is tried again; log in again, look after its proxy, or choose another with `dylive room set`";
/** The first thing to do where the platform keeps something from us. */
const REMEDY = "Use your own everyday browser first (DYLIVE_CDP); see docs/login-and-gifts.md";

/** Returns what happened to gifts, on what evidence, and what can be done. */
function giftsText({ kind, since, witnessed, missing }: GiftsNews, session: string | null, who: string): string {
  const at = new Date(since).toISOString();
  const to = session === null ? "us" : `session ${session}`;
  if (kind === "gifts.flowing") return `gifts reach ${to} again since ${at} (as ${who}): they explain what the platform's ranks rise by`;
  const ranks = session === null ? "its ranks" : "its ranks, or the gifts of other sessions,";
  return `the platform keeps gifts from ${to} since ${at} (as ${who}): ${ranks} rose by ${missing} diamonds for which no gift came (by ${witnessed} in all). ${REMEDY}`;
}
