import type { Command } from "commander";
import { type GivenSettings, loadConfig, readMachine } from "../../app/config.js";
import { reachOf, workReaderOf } from "../../app/platform.js";
import { readPaste, worksDoor } from "../../platform/links/paste.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { joinMsgs, type Msg, msg, recorded } from "../../runtime/msg.js";
import type { AuthorWatch, LookOutcome } from "../../works/model/author-watch.js";
import { type LocalApi, path, textOf, withApi } from "../api.js";
import { asksApi, data, type Json, upstream } from "../options.js";
import { interruptSignal } from "../stop.js";
import { moment, print, printJson, say } from "../terminal.js";

/** Adds `dylive author add`, `list`, `look` and `remove`. */
export function addAuthorCommands(program: Command): void {
  const author = program.command("author").description("authors who are watched: each work that they publish is an event");
  const about = (command: string, description: string) =>
    author
      .command(command)
      .description(description)
      .argument("<text>", "a link of the author, share text, or a sec_uid; quote it")
      .addOption(upstream());
  asksApi(
    about("add", "watch an author from now on; the first look tells nothing"),
    async (api, text: string) => {
      const answer = await api.open("POST", "/authors", { body: { link: text }, signal: interruptSignal() });
      const name = nameOf(JSON.parse(await textOf(answer)) as AuthorWatch);
      say(
        answer.statusCode === 201
          ? msg`${name} is watched: by the server that runs on this data folder, or by the next \`dylive serve\``
          : msg`${name} is watched already`,
      );
    },
    { makes: true, check: (text) => readPaste(text, worksDoor(["author", "mix"], systemClock.now())) },
  );
  const list = author
    .command("list")
    .description("who is watched, and how the last look at them ended")
    .option("--json", "one JSON object a line", false);
  asksApi(list, async (api, { json }: Json) => {
    const { authors } = await api.get<{ readonly authors: readonly AuthorWatch[] }>("/authors");
    if (json) return printJson(authors);
    if (authors.length === 0) say(msg`none yet: ${"dylive author add LINK"}`);
    for (const watch of authors) await print(lineOf(watch));
  });
  const act = (command: string, description: string, work: (api: LocalApi, secUid: string) => Promise<void>) =>
    about(command, description)
      .addOption(data())
      .action((text: string, settings: GivenSettings) => onAuthor(settings, text, work));
  act("look", "look at an author as soon as their turn comes", async (api, secUid) => {
    await api.post(path`/authors/${secUid}/look`);
    say(msg`${secUid} is looked at as soon as their turn comes`);
  });
  act("remove", "stop watching an author; its events stay", async (api, secUid) => {
    await api.ask("DELETE", path`/authors/${secUid}`);
    say(msg`${secUid} is no longer watched; its events stay`);
  });
}

/** Does something with the author that a text means. Only a short link asks the platform. */
async function onAuthor(settings: GivenSettings, text: string, work: (api: LocalApi, secUid: string) => Promise<void>): Promise<void> {
  const config = loadConfig(settings);
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
  return joinMsgs([secUid, msg`${seen}${why}`, last, msg`${published} published`, nameOf(watch)], "  ");
}
