import type { NewEventOf } from "../events/event.js";
import { GIFTS_STATES, type GiftsEvidence, type GiftsNews, type GiftsState, type GiftsWatch } from "../health/gifts-watch.js";
import type { SessionHealth } from "../health/sessions.js";
import type { RoomStatus } from "../health/state.js";
import { alarmEvent } from "../ingest/intake.js";
import { type Log, newestReal, type RoomKey, SYSTEM_ROOM, type SystemNews, tellSystem } from "../store/log.js";
import type { ClaimedRoom, RoomContext } from "./context.js";

/** An alarm about a room, or about one of its sessions (null: the room as a whole). */
interface Alarm {
  readonly news: Omit<SystemNews, "about"> & { readonly session: string | null };
  /** Time of the change, ms UTC: it names the event, so that what is sent again is known. */
  readonly at: number;
  readonly sent: () => void;
}

/** Number of the newest news of the system's log among which rooms' last words are looked for, and of rooms whose last words are kept. */
const LAST_NEWS = 2000;
/** Age up to which an alarm of an earlier process is stored in the room's log if it is not there, ms: it may have been killed in between. */
const HALF_SENT_MS = 86_400_000;
const ID = /^system:(?<kind>(?<about>gifts|session)\.[a-z]+):(?<room>\d+):(?<at>\d+)(?::(?<session>.+))?$/;

/** An alarm as the system's log has it. */
interface SentAlarm extends Pick<NewEventOf<"system">, "kind" | "text" | "evidence"> {
  /** Subject of the alarm, `gifts` or `session`. */
  readonly about: string;
  /** Session of the room; null: the room as a whole. */
  readonly session: string | null;
  /** ms UTC */
  readonly at: number;
}

/**
 * The last word of the system's log on gifts and sessions of each room. The log is read once for all rooms of a process, and then what was
 * added: a restart asks for thousands.
 */
export class SentAlarms {
  readonly #log: Pick<Log, "heads" | "readRoom" | "readRoomBefore">;
  /** Last words by room, then by what they are about; rooms in the order of their last alarms. */
  readonly #byRoom = new Map<string, Map<string, SentAlarm>>();
  /** Seq up to which the log was read; null before. */
  #read: number | null = null;
  #reading: Promise<void> = Promise.resolve();

  constructor(log: Pick<Log, "heads" | "readRoom" | "readRoomBefore">) {
    this.#log = log;
  }

  /** Returns the last words on a room: one for each of its sessions, and for itself, and each of what they are about. @throws what the store throws */
  async of(room: RoomKey): Promise<readonly SentAlarm[]> {
    const turn = this.#reading.then(() => this.#readOn());
    this.#reading = turn.catch(() => {});
    await turn;
    return [...(this.#byRoom.get(String(room))?.values() ?? [])];
  }

  async #readOn(): Promise<void> {
    const head = (await this.#log.heads([SYSTEM_ROOM])).get(SYSTEM_ROOM)?.head ?? 0;
    while (this.#read === null || this.#read < head) {
      const where = { types: ["system"] } as const;
      const { rows, scanned } =
        this.#read === null
          ? { ...(await newestReal(this.#log, SYSTEM_ROOM, LAST_NEWS, where)), scanned: head }
          : await this.#log.readRoom(SYSTEM_ROOM, this.#read, LAST_NEWS, { ...where, tests: false });
      for (const { event } of rows) {
        const found = ID.exec(event.id)?.groups;
        if (event.type !== "system" || found === undefined) continue;
        const { room = "", about = "", at, session = null } = found;
        const { kind, text, evidence } = event;
        const words = this.#byRoom.get(room) ?? new Map<string, SentAlarm>();
        words.set(`${about}/${session ?? ""}`, { kind, text, about, session, at: Number(at), ...(evidence && { evidence }) });
        this.#byRoom.delete(room);
        this.#byRoom.set(room, words);
      }
      for (const oldest of this.#byRoom.keys()) {
        if (this.#byRoom.size <= LAST_NEWS) break;
        this.#byRoom.delete(oldest);
      }
      this.#read = Math.max(scanned, (this.#read ?? 0) + 1);
    }
  }
}

/** Stores in a room's log, and in the system's, when gifts or messages are kept from it or from one of its sessions, each time once. */
export class RoomAlarm {
  readonly #context: RoomContext;
  readonly #sent: SentAlarms;
  /** Whether the alarms of an earlier process are known. */
  #recalled = false;
  #sending: Promise<void> | null = null;

  constructor(context: RoomContext, sent: SentAlarms) {
    this.#context = context;
    this.#sent = sent;
  }

  /**
   * Takes the last word of the log: what an earlier process found is so, until something shows that it is over. The system's log has an alarm
   * first, so that it is asked; what a kill left out of the room's is stored there now.
   */
  async recall({ room, intake }: ClaimedRoom): Promise<void> {
    const { store, health, clock, signal } = this.#context;
    /** Times of the last alarms about gifts of a session, or of the room (null). */
    const giftAlarms = new Map<string | null, number>();
    for (const { kind, text, evidence = {}, session: name, at } of await this.#sent.of(room)) {
      const broadcast = textIn(evidence["broadcast"]);
      const session = health.sessions.find((one) => one.name === name);
      if (kind === "gifts.suppressed" || kind === "gifts.flowing") {
        giftAlarms.set(name, at);
        const watch = name === null ? health.gifts : session?.gifts;
        const lone = name === null && health.sessions.length === 1 ? health.sessions[0] : session;
        if ("account" in evidence) lone?.as(textIn(evidence["account"]));
        watch?.recall(newsIn(kind, at, evidence), broadcast, clock.now());
      } else if (kind === "session.lost" || kind === "session.silent" || kind === "session.receives") session?.announced(kind);
      if (clock.now() - at > HALF_SENT_MS) continue;
      const news = { kind, text, session: name, evidence };
      const own = alarmEvent(room, { sessionId: broadcast, webRid: textIn(evidence["webRid"]) }, news, at);
      if (!(await store.log.known(room, [own.id])).has(own.id)) await intake.own(own, signal);
    }
    await this.#goOn(room, giftAlarms);
    this.#recalled = true;
  }

  /** Goes on from what is known to be missing of the broadcast, by the status that is kept of the room: an alarm has only what was missing then. */
  async #goOn(room: RoomKey, giftAlarms: ReadonlyMap<string | null, number>): Promise<void> {
    const { store, health } = this.#context;
    const kept = await store.rooms.loadStatus(room);
    if (kept === null) return;
    const { sessionId, evidence }: RoomStatus = JSON.parse(kept.status);
    if (sessionId === null || (health.sessionId !== null && health.sessionId !== sessionId)) return;
    const goOn = (name: string | null, watch: GiftsWatch, seen: GiftsEvidence) => {
      if (seen.diamondsWitnessed > 0 && kept.at >= (giftAlarms.get(name) ?? 0)) watch.goOn(seen, sessionId);
    };
    const [one, ...others] = health.sessions;
    const [before, ...more] = evidence.sessions;
    // What one account is not sent says nothing of another.
    if (one !== undefined && before !== undefined && others.length + more.length === 0 && evidence.giftsSeen.diamondsWitnessed > 0)
      one.as(before.account);
    goOn(null, health.gifts, evidence.giftsSeen);
    if (others.length === 0) return;
    for (const { session, account, giftsSeen } of evidence.sessions) {
      const own = health.sessions.find((one) => one.name === session);
      if (own === undefined || giftsSeen.diamondsWitnessed === 0) continue;
      own.as(account);
      goOn(session, own.gifts, giftsSeen);
    }
  }

  /** Whether there may be an alarm to send. */
  get isDue(): boolean {
    const { gifts, sessions } = this.#context.health;
    if (!this.#recalled || gifts.news !== null) return true;
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
    if (!this.#recalled) await this.recall(claimed);
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

/** Reads a change of gifts from an alarm. */
function newsIn(kind: GiftsNews["kind"], since: number, evidence: Readonly<Record<string, unknown>>): GiftsNews {
  const usual: GiftsState = kind === "gifts.flowing" ? "flowing" : "suppressed";
  const number = (value: unknown) => (typeof value === "number" ? value : 0);
  return {
    kind,
    state: GIFTS_STATES.find((one) => one === evidence["state"]) ?? usual,
    since,
    witnessed: number(evidence["diamondsWitnessed"]),
    missing: number(evidence["diamondsMissing"]),
  };
}

function textIn(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
