import type { Command, Option } from "commander";
import { type Config, loadConfig, readMachine } from "../../app/config.js";
import { reachOf, workReaderOf } from "../../app/platform.js";
import { readPaste, worksDoor } from "../../platform/links/paste.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { joinMsgs, type Msg, msg, recorded } from "../../runtime/msg.js";
import type { AuthorWatch, LookOutcome } from "../../works/model/author-watch.js";
import { type LocalApi, path, textOf, withApi } from "../api.js";
import { interruptSignal } from "../stop.js";
import { moment, plain, print, say } from "../terminal.js";

/** Status of an answer that something was made for. */
const CREATED = 201;

/** Adds `dylive author add`, `list`, `look` and `remove`. */
export function addAuthorCommands(program: Command, options: { data: () => Option; upstream: () => Option }): void {
  const author = program.command("author").description("authors who are watched: each work that they publish is an event");
  const about = (command: string, description: string) =>
    author
      .command(command)
      .description(description)
      .argument("<text>", "a link of the author, share text, or a sec_uid; quote it")
      .addOption(options.data())
      .addOption(options.upstream());
  about("add", "watch an author from now on; the first look tells nothing").action((text: string, settings: Partial<Config>) => {
    // What names no author makes no store.
    readPaste(text, worksDoor(["author", "mix"], systemClock.now()));
    return withApi(
      loadConfig(settings),
      async (api) => {
        const { watch, isNew } = await addAuthor(api, text);
        const who = nameOf(watch);
        say(
          plain(
            isNew
              ? `${who} is watched: by the server that runs on this data folder, or by the next \`dylive serve\``
              : `${who} is watched already`,
          ),
        );
      },
      { makes: true },
    );
  });
  author
    .command("list")
    .description("who is watched, and how the last look at them ended")
    .option("--json", "one JSON object a line", false)
    .addOption(options.data())
    .action(({ json, ...settings }: Partial<Config> & { json: boolean }) =>
      withApi(loadConfig(settings), async (api) => {
        const { authors } = await api.get<{ readonly authors: readonly AuthorWatch[] }>("/authors");
        if (authors.length === 0 && !json) say(msg`no author is watched; dylive author add LINK`);
        for (const watch of authors) await print(json ? JSON.stringify(watch) : lineOf(watch));
      }),
    );
  about("look", "look at an author as soon as their turn comes").action((text: string, settings: Partial<Config>) =>
    onAuthor(loadConfig(settings), text, async (api, secUid) => {
      await api.post(path`/authors/${secUid}/look`);
      say(msg`${secUid} is looked at as soon as their turn comes`);
    }),
  );
  about("remove", "stop watching an author; its events stay").action((text: string, settings: Partial<Config>) =>
    onAuthor(loadConfig(settings), text, async (api, secUid) => {
      await api.ask("DELETE", path`/authors/${secUid}`);
      say(msg`${secUid} is no longer watched; its events stay`);
    }),
  );
}

async function addAuthor(api: LocalApi, link: string): Promise<{ readonly watch: AuthorWatch; readonly isNew: boolean }> {
  const answer = await api.open("POST", "/authors", { body: { link }, signal: interruptSignal() });
  return { watch: JSON.parse(await textOf(answer)) as AuthorWatch, isNew: answer.statusCode === CREATED };
}

/** Does something with the author that a text means. Only a short link asks anybody. */
async function onAuthor(config: Config, text: string, work: (api: LocalApi, secUid: string) => Promise<void>): Promise<void> {
  const reach = reachOf(config, readMachine(), systemClock);
  const reader = workReaderOf(config, reach, systemClock);
  try {
    const found = await reader.findList(text, interruptSignal());
    if (!("secUid" in found)) throw new DyliveError("bad_work", "that is a mix; authors alone are watched");
    await withApi(config, (api) => work(api, found.secUid));
  } finally {
    await reader.close();
    await reach.identities.close();
  }
}

/** Outcomes of a look at an author, in the dashboard's words. */
const OUTCOMES: Readonly<Record<LookOutcome, Msg>> = {
  ok: msg`OK`,
  wall: msg`the first ones alone`,
  withheld: msg`no works shown`,
  captcha: msg`captcha`,
  blocked: msg`refused`,
  stuck: msg`stuck`,
  gone: msg`no such account`,
  erased: msg`erased here`,
  failed: msg`failed`,
};

function nameOf({ secUid, author }: AuthorWatch): string {
  return author?.nickname ?? secUid;
}

/** Returns a watch on one line; the name, which may hold spaces, comes last. */
function lineOf(watch: AuthorWatch): Msg {
  const { secUid, look, newest, published, learnedAt } = watch;
  const seen = look === null ? msg`not looked at yet` : msg`${OUTCOMES[look.outcome]} at ${moment(look.at)}`;
  const why = look === null || look.outcome === "ok" || look.reason === null ? "" : msg` (${recorded(look.reason)})`;
  const last = newest === null ? (learnedAt === null ? msg`nothing known yet` : msg`no works`) : msg`newest of ${moment(newest.time)}`;
  return joinMsgs([secUid, msg`${seen}${why}`, last, msg`${published} told`, nameOf(watch)], "  ");
}
