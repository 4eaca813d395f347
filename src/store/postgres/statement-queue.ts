import type pg from "pg";

/**
 * Statements of many callers on one client, one after the other: `pg` itself will not keep a queue for much longer, and its limit for an answer
 * would include the wait for the others.
 */
export class StatementQueue {
  readonly client: pg.Client;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: pg.Client) {
    this.client = client;
  }

  /** Runs a statement after those that were asked for before. */
  query(text: string, values: readonly string[] = []): Promise<pg.QueryResult> {
    const answer = this.#last.then(() => this.client.query(text, [...values]));
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** Ends the connection at once; what waits is refused. */
  end(): Promise<void> {
    return this.client.end();
  }
}
