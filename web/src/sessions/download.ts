import { type ApiClient, ask } from "../api/client.js";
import type { ExportFormat } from "../api/model.js";
import { nameIn } from "./file-name.js";

export interface DownloadRequest {
  readonly room: string;
  readonly session: string;
  readonly format: ExportFormat;
  /** Key of the pseudonyms that people are replaced by, `own` for the server's; empty leaves them as they are. */
  readonly pseudonyms: string;
  /** Titles of the columns, in formats that have them. */
  readonly headers: "names" | "zh";
}

/** A file that has arrived whole. */
export interface Downloaded {
  readonly name: string;
  readonly file: Blob;
}

/**
 * Fetches an export and tells how far it is. What breaks off is no file: the server ends a whole one, and cuts one that is not.
 * @param onBytes called with all bytes so far
 * @throws ApiFailure; TypeError when the connection breaks off
 */
export async function download(
  { v1 }: ApiClient,
  { room, session, format, pseudonyms, headers }: DownloadRequest,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Downloaded> {
  const query = { format, session, headers, ...(pseudonyms !== "" && { pseudonyms }) };
  const call = v1.GET("/v1/rooms/{room}/export", { params: { path: { room }, query }, parseAs: "stream", signal });
  const body: ReadableStream<Uint8Array<ArrayBuffer>> | null = await ask(
    call as Parameters<typeof ask<ReadableStream<Uint8Array<ArrayBuffer>> | null>>[0],
  );
  const { response } = await call;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = body?.getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    parts.push(part.value);
    bytes += part.value.length;
    onBytes(bytes);
  }
  const type = response.headers.get("content-type") ?? "application/octet-stream";
  return { name: nameIn(response.headers.get("content-disposition")) ?? `dylive.${format}`, file: new Blob(parts, { type }) };
}

/** Gives a file to the browser to keep. */
export function keepFile({ name, file }: Downloaded): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
