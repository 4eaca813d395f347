import type { ListRunStatus, Work } from "../api/model.js";
import type { Lang } from "../format/number.js";
import { dayTime, duration } from "../format/time.js";
import { isolated, ours, type Part, seen } from "../i18n/strangers.js";
import { type Messages, reasonIn } from "../i18n/tables.js";
import { END_TONES, type RunWords } from "./comment-words.js";
import { expiryOf } from "./pictures.js";

const LONGEST_NAME = 60;

/** Returns what a work is called: its title, else the beginning of its text, else its id. */
export function workName({ title, text, id }: Pick<Work, "title" | "text" | "id">, m: Messages): string {
  const [line = ""] = (seen(title) || seen(text)).trim().split("\n", 1);
  const shown = [...line];
  if (shown.length === 0) return m.works.untitled(isolated(id));
  return shown.length > LONGEST_NAME ? `${shown.slice(0, LONGEST_NAME).join("")}…` : line;
}

/** Returns a size as 1080×1920; null where it is not known. */
export function sizeOf({ width, height }: { readonly width: number | null; readonly height: number | null }): string | null {
  return width === null || height === null ? null : `${width}×${height}`;
}

/** Returns the length of a film, which may be a second or two, with tenths where these say something. */
export function filmLength(ms: number, m: Messages, lang: Lang): Part {
  return ms < 60_000 ? m.works.seconds(ours((ms / 1_000).toFixed(1).replace(/\.0$/, ""))) : duration(ms, lang);
}

/** Returns when a work was published, with what is to be known of an estimate. */
export function publishedAt({ time, timeEstimated }: Pick<Work, "time" | "timeEstimated">, m: Messages, lang: Lang): string {
  return timeEstimated === true ? m.works.estimated(dayTime(time, lang)) : dayTime(time, lang);
}

/** A fact of a work, by its name in the sentences. */
export interface Fact {
  readonly name: keyof Messages["works"]["facts"];
  readonly text: string;
}

/** Returns what is known of a work beside its text, its author and its figures; what is unknown is left out. */
export function factsOf(work: Work, now: number, m: Messages, lang: Lang): readonly Fact[] {
  const words = m.works;
  const yesOrNo = (right: boolean | null) => (right === null ? null : right ? words.yes : words.no);
  const expiresAt = expiryOf(work);
  const all: Record<Fact["name"], string | null> = {
    id: work.id,
    time: publishedAt(work, m, lang),
    length: work.durationMs === null ? null : filmLength(work.durationMs, m, lang),
    size: sizeOf(work),
    place: work.place,
    mix: work.mix === null ? null : (work.mix.name ?? work.mix.id),
    tags: work.tags.length === 0 ? null : work.tags.map(({ name }) => `#${name}`).join(" "),
    music: musicOf(work, m, lang),
    download: yesOrNo(work.downloadAllowed),
    comments: yesOrNo(work.commentsAllowed),
    paid: yesOrNo(work.paid),
    source: words.sources[work.source],
    received: dayTime(work.receivedAt, lang),
    first: work.firstSeenAt === work.receivedAt ? null : dayTime(work.firstSeenAt, lang),
    revision: words.revision(work.revision),
    expires:
      expiresAt === null
        ? null
        : expiresAt > now
          ? words.expires(dayTime(expiresAt, lang), duration(expiresAt - now, lang))
          : words.expired(dayTime(expiresAt, lang)),
  };
  return (Object.keys(all) as Fact["name"][]).flatMap((name) => {
    const text = all[name];
    return text === null || text === "" ? [] : [{ name, text }];
  });
}

function musicOf({ music }: Work, m: Messages, lang: Lang): string | null {
  if (music === null) return null;
  const { title, author, durationMs, original } = music;
  const name = m.works.music(
    isolated(title ?? ""),
    isolated(author ?? ""),
    durationMs === null ? ours("") : filmLength(durationMs, m, lang),
  );
  return original === true ? `${name}${name === "" ? "" : " · "}${m.works.original}` : name;
}

/** Returns what is to be said of the last run through a list of works: what came, never that there are no more where that is not known. */
export function listWords({ run, running }: ListRunStatus, now: number, m: Messages, lang: Lang): RunWords {
  const words = m.works.lists;
  const { author, mix, endedBy, reason, shown, collected, hidden, limit, stopAfterKnown, startedAt, endedAt } = run;
  const name = seen(author?.nickname) || seen(mix?.name) || null;
  const figures = [
    ...(name === null ? [] : [words.of(isolated(name))]),
    words.collected(collected),
    ...(shown === null ? [] : [words.shown(shown)]),
    ...(hidden === 0 ? [] : [words.hidden(hidden)]),
  ];
  if (running)
    return {
      ...{ tone: "soft", state: words.running },
      lines: [
        ...(collected === 0 ? [m.comments.run.turn] : []),
        ...figures,
        words.bounds(limit, stopAfterKnown),
        m.comments.run.since(duration(now - startedAt, lang)),
      ],
    };
  const why = reason === null ? [] : [m.comments.run.reason(isolated(reasonIn(reason, m)))];
  const when = endedAt === null ? [] : [m.comments.run.ended(dayTime(endedAt, lang), duration(endedAt - startedAt, lang))];
  const lines = [...why, ...figures, ...when];
  if (endedBy === null) return { tone: "bad", state: m.comments.run.failed, lines };
  if (endedBy === "known") return { tone: "good", state: words.known, lines };
  if (endedBy === "withheld") return { tone: "warn", state: m.works.authors.outcomes.withheld, lines };
  return { tone: END_TONES[endedBy], state: m.comments.run.ends[endedBy], lines };
}
