import type { Command, Option } from "commander";
import { type Config, loadConfig, readMachine } from "../../app/config.js";
import { reachOf, workReaderOf } from "../../app/platform.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { recorded, type Told, told, toldAll } from "../../runtime/told.js";
import type { Store } from "../../store/store.js";
import { unwatched } from "../../works/author-watcher.js";
import type { AuthorWatch, LookOutcome } from "../../works/model/author-watch.js";
import { interruptSignal } from "../stop.js";
import { moment, plain, print, say } from "../terminal.js";
import { withNewStore, withStore } from "../with-store.js";

/** Adds `dylive author add`, `list`, `look` and `remove`. They work beside a running server, which follows within seconds. */
export function addAuthorCommands(program: Command, options: { data: () => Option; upstream: () => Option }): void {
  const author = program.command("author").description("authors who are watched: each work that they publish is an event");
  const about = (command: string, description: string) =>
    author
      .command(command)
      .description(description)
      .argument("<text>", "a link of the author, share text, or a sec_uid; quote it")
      .addOption(options.data())
      .addOption(options.upstream());
  about("add", "watch an author from now on; the first look tells nothing").action((text: string, settings: Partial<Config>) =>
    onAuthor(loadConfig(settings), text, withNewStore, async ({ authorWatches }, secUid) => {
      const { kept, isNew } = await authorWatches.add(secUid, systemClock.now());
      const who = nameOf(kept.watch);
      say(
        plain(
          isNew
            ? `${who} is watched: by the server that runs on this data folder, or by the next \`dylive serve\``
            : `${who} is watched already`,
        ),
      );
    }),
  );
  author
    .command("list")
    .description("who is watched, and how the last look at them ended")
    .option("--json", "one JSON object a line", false)
    .addOption(options.data())
    .action(({ json, ...settings }: Partial<Config> & { json: boolean }) =>
      withStore(loadConfig(settings), async ({ authorWatches }) => {
        const watches = await authorWatches.list();
        if (watches.length === 0 && !json) say(told`no author is watched; dylive author add LINK`);
        for (const watch of watches) await print(json ? JSON.stringify(watch) : lineOf(watch));
      }),
    );
  about("look", "look at an author as soon as their turn comes").action((text: string, settings: Partial<Config>) =>
    onAuthor(loadConfig(settings), text, withStore, async ({ authorWatches }, secUid) => {
      if (!(await authorWatches.lookAt(secUid, systemClock.now()))) throw unwatched(secUid);
      say(told`${secUid} is looked at as soon as their turn comes`);
    }),
  );
  about("remove", "stop watching an author; what was told stays").action((text: string, settings: Partial<Config>) =>
    onAuthor(loadConfig(settings), text, withStore, async ({ authorWatches }, secUid) => {
      if (!(await authorWatches.remove(secUid))) throw unwatched(secUid);
      say(told`${secUid} is no longer watched; what was told stays`);
    }),
  );
}

/** Does something in the store with the author that a text means. Only a short link asks anybody. */
async function onAuthor(
  config: Config,
  text: string,
  open: typeof withStore,
  work: (store: Store, secUid: string) => Promise<void>,
): Promise<void> {
  const reach = reachOf(config, readMachine(), systemClock);
  const reader = workReaderOf(config, reach, systemClock);
  try {
    const found = await reader.findList(text, interruptSignal());
    if (!("secUid" in found)) throw new DyliveError("bad_work", "that is a mix; authors alone are watched");
    await open(config, (store) => work(store, found.secUid));
  } finally {
    await reader.close();
    await reach.identities.close();
  }
}

/** Outcomes of a look at an author, in the dashboard's words. */
const OUTCOMES: Readonly<Record<LookOutcome, Told>> = {
  ok: told`OK`,
  wall: told`the first ones alone`,
  withheld: told`no works shown`,
  captcha: told`captcha`,
  blocked: told`refused`,
  stuck: told`stuck`,
  gone: told`no such account`,
  erased: told`erased here`,
  failed: told`failed`,
};

function nameOf({ secUid, author }: AuthorWatch): string {
  return author?.nickname ?? secUid;
}

/** Returns a watch on one line; the name, which may hold spaces, comes last. */
function lineOf(watch: AuthorWatch): Told {
  const { secUid, look, newest, published, learnedAt } = watch;
  const seen = look === null ? told`not looked at yet` : told`${OUTCOMES[look.outcome]} at ${moment(look.at)}`;
  const why = look === null || look.outcome === "ok" || look.reason === null ? "" : told` (${recorded(look.reason)})`;
  const last = newest === null ? (learnedAt === null ? told`nothing known yet` : told`no works`) : told`newest of ${moment(newest.time)}`;
  return toldAll([secUid, told`${seen}${why}`, last, told`${published} told`, nameOf(watch)], "  ");
}
