import type { Transporter } from "nodemailer";
import { connectionFailure } from "../runtime/allowed-hosts.js";
import { DyliveError } from "../runtime/errors.js";
import type { Send } from "./send.js";

/** Longest time for each step with the server, in ms. */
const STEP_MS = 20_000;

/** Sends alarms as e-mail, by the operator's own server. */
export class MailSender {
  readonly #server: URL | null;
  /** Made for the first mail: most never send one. */
  #transport: Promise<Transporter> | null = null;

  /** @param server `smtps://USER:PASSWORD@HOST:PORT`, `smtp://` for STARTTLS where the server has it; `?from=` where the user is no address */
  constructor(server: string | null) {
    // The value has a password in it, which no error of Node's may quote.
    if (server !== null && !URL.canParse(server))
      throw new DyliveError("bad_config", "DYLIVE_SMTP is no address such as smtps://USER:PASSWORD@smtp.example.com:465");
    this.#server = server === null ? null : new URL(server);
  }

  /** Sends a text to `mailto:` and addresses. Never rejects: a failure is an answer too. */
  readonly send: Send = async ({ url, headers, body }, signal) => {
    const failed = (error: string) => ({ delivered: false, status: null, error, answer: null, putOffMs: null });
    if (this.#server === null) return failed("no server for e-mail is set: DYLIVE_SMTP");
    const { username, hostname, searchParams } = this.#server;
    const user = decodeURIComponent(username);
    const from = searchParams.get("from") ?? (user.includes("@") ? user : `dylive@${hostname}`);
    const to = decodeURIComponent(url.slice("mailto:".length)).split(",");
    try {
      this.#transport ??= transportOf(this.#server);
      await (await this.#transport).sendMail({ from, to, subject: headers["subject"], text: body, signal });
      return { delivered: true, status: null, error: null, answer: null, putOffMs: null };
    } catch (error) {
      const { response } = error as { response?: unknown };
      return failed(typeof response === "string" ? `the mail server refused it: ${response.slice(0, 160)}` : connectionFailure(error));
    }
  };

  async close(): Promise<void> {
    (await this.#transport)?.close();
  }
}

async function transportOf({ protocol, hostname, port, username, password }: URL): Promise<Transporter> {
  const { createTransport } = await import("nodemailer");
  return createTransport({
    host: hostname.replace(/^\[|\]$/g, ""),
    secure: protocol === "smtps:",
    ...(port !== "" && { port: Number(port) }),
    ...(username !== "" && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...{ connectionTimeout: STEP_MS, greetingTimeout: STEP_MS, socketTimeout: STEP_MS },
    // Nothing of what people wrote is read as a file or an address to fetch.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
}
