// Guards: An e-mail alarm reaches everybody who is named, or says in the server's words why not.
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { tryLine } from "../../src/cli/commands/hook.js";
import { english } from "../../src/runtime/msg.js";
import { channelOf } from "../../src/webhooks/channels.js";
import { MailSender } from "../../src/webhooks/send.js";
import { chat } from "../contracts/events.js";
import { until } from "../until.js";
import { delivering } from "./delivering.js";

/** A mail as the server has it. */
interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and text, as they were sent. */
  readonly data: string;
}

/**
 * A mail server on loopback that lets in one user, takes mail for example.com alone, and refuses one word.
 * @param broken number of mails that it takes and does not confirm, since the connection breaks
 */
async function mailServer(broken = 0): Promise<{ url: (password?: string) => string; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = createServer((socket) => {
    let [text, from, isData] = ["", "", false];
    let to: string[] = [];
    let isIn = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    const take = (line: string) => {
      const [, address = ""] = /<(.*?)>/.exec(line) ?? [];
      if (/^EHLO/i.test(line)) return say("250-mail\r\n250 AUTH PLAIN");
      if (/^AUTH PLAIN /i.test(line)) {
        isIn = Buffer.from(line.slice(11), "base64").toString() === "\0me@example.com\0p@ss";
        return say(isIn ? "235 in" : "535 5.7.8 wrong password");
      }
      if (!isIn) return say("530 5.7.0 who are you");
      if (/^MAIL/i.test(line)) {
        [from, to] = [address, []];
        return say("250 ok");
      }
      if (/^RCPT/i.test(line)) {
        if (!address.endsWith("@example.com")) return say("550 5.1.1 no such user");
        to.push(address);
        return say("250 ok");
      }
      if (/^DATA/i.test(line)) {
        [isData, text] = [true, ""];
        return say("354 go on");
      }
      return say(/^QUIT/i.test(line) ? "221 bye" : "250 ok");
    };
    let rest = "";
    socket.on("error", () => {});
    socket.setEncoding("utf8").on("data", (part: string) => {
      rest += part;
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (!isData) take(line);
        else if (line === ".") {
          isData = false;
          if (textOf({ from, to, data: text }).includes("违禁")) {
            say("554 5.7.1 looks like spam");
            continue;
          }
          mails.push({ from, to, data: text });
          if (mails.length <= broken) return void socket.destroy();
          say("250 taken");
        } else text += `${line}\r\n`;
      }
    });
    say("220 mail");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: (password = "p%40ss") => `smtp://me%40example.com:${password}@127.0.0.1:${port}`, mails };
}

/** Text of a mail, whose encoding is the library's affair. */
function textOf({ data }: Mail): string {
  const [head = "", ...body] = data.split("\r\n\r\n");
  const text = body.join("\r\n\r\n");
  return /base64/i.test(head.split(/content-transfer-encoding/i)[1] ?? "")
    ? Buffer.from(text, "base64").toString()
    : Buffer.from(
        text.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        "latin1",
      ).toString();
}

/** A mail server, and a hook that sends mails over it. */
async function mailing(to = "mailto:a@example.com", { broken = 0, password = undefined as string | undefined } = {}) {
  const { url, mails } = await mailServer(broken);
  const mail = new MailSender(url(password));
  onTestFinished(() => mail.close());
  const all = await delivering({ send: mail.send });
  const { id } = await all.hook({ url: to, channel: channelOf({}, to), types: ["chat"] });
  const goOn = (isOver: () => boolean | Promise<boolean>) =>
    until(async () => {
      await all.clock.advance(5_000);
      return isOver();
    });
  return { ...all, mails, id, goOn };
}

describe("e-mail", () => {
  it("reaches everybody who is named, once, with what was said in the text and nothing of it in the headers", async () => {
    const { append, mails, goOn } = await mailing("mailto:a@example.com,b@example.com");
    await append("a", chat("1", { text: "你好\r\nBcc: c@example.com\r\n.\r\nDATA" }), chat("2", { text: "第二句" }));
    await goOn(() => mails.length === 1);
    const [one] = mails as [Mail];
    expect([one.from, one.to]).toEqual(["me@example.com", ["a@example.com", "b@example.com"]]);
    expect(one.data.split("\r\n\r\n", 1)[0]).not.toMatch(/[\s,:<]c@example/);
    expect(textOf(one)).toMatch(/你好[\s\S]*第二句/);
  });

  it("is the same message, by its id, when it is sent again since nobody knows that it was taken", async () => {
    const { append, mails, goOn } = await mailing("mailto:a@example.com", { broken: 1 });
    await append("a", chat("1", { text: "第一句" }));
    await goOn(() => mails.length === 2);
    await append("a", chat("2", { text: "第二句" }));
    await goOn(() => mails.length === 3);
    const ids = mails.map(({ data }) => /^Message-ID: (<.+@example\.com>)\r$/im.exec(data)?.[1]);
    expect([ids[0], mails.map(textOf)]).toEqual([
      expect.any(String),
      [expect.stringContaining("第一句"), expect.stringContaining("第一句"), expect.stringContaining("第二句")],
    ]);
    expect([ids[1], ids[2]]).toEqual([ids[0], expect.not.stringMatching(ids[0] ?? "")]);
  });

  it.each([
    ["wrong", "mailto:a@example.com", /535 5\.7\.8 wrong password/],
    [undefined, "mailto:a@elsewhere.example", /550 5\.1\.1 no such user/],
  ])("that is refused says why in the server's own words", async (password, to, why) => {
    const { webhooks, mails, id } = await mailing(to, { password });
    const { delivered, error } = await webhooks.test(id, new AbortController().signal);
    expect([delivered, error, mails]).toEqual([false, expect.stringMatching(why), []]);
  });

  it("whose text the server refuses comes without it", async () => {
    const { append, webhooks, mails, id, goOn } = await mailing();
    await append("a", chat("1", { text: "违禁" }));
    await goOn(async () => (await webhooks.tries(id, 1))[0]?.delivered === true);
    expect(mails.map(textOf)).toEqual([expect.stringContaining("对方拒收")]);
    expect((await webhooks.tries(id, 1))[0]?.error).toMatch(/^sent without its text: the mail server refused it: 554 5\.7\.1/);
  });

  it("that reaches some of those who are named says whom it does not reach, and is sent to nobody again", async () => {
    const { append, webhooks, clock, mails, id, goOn } = await mailing("mailto:a@example.com,b@elsewhere.example");
    await append("a", chat("1"));
    await goOn(async () => (await webhooks.tries(id, 9)).length === 1);
    const [tried] = await webhooks.tries(id, 9);
    expect(tried).toMatchObject({ delivered: true, error: "it did not reach b@elsewhere.example: 550 5.1.1 no such user" });
    expect(tried && english(tryLine({ ...tried, room: String(tried.room) }))).toContain(`: delivered: ${tried?.error}, `);
    await clock.advance(3_600_000);
    expect(mails.map((one) => one.to)).toEqual([["a@example.com"]]);
  });

  it("needs a server, and addresses", async () => {
    const mail = new MailSender(null);
    const { webhooks, hook } = await delivering({ send: mail.send });
    const { id } = await hook({ url: "mailto:a@example.com", channel: channelOf({}, "mailto:a@example.com") });
    expect((await webhooks.test(id, new AbortController().signal)).error).toMatch(/DYLIVE_SMTP/);
    for (const url of ["mailto:a", "mailto:a@b?bcc=c@d", "mailto:", "https://a.example/"])
      await expect(webhooks.add({ url, channel: channelOf({ kind: "email" }, url) })).rejects.toMatchObject({ field: "url" });
  });
});
