/** The file's name in a content-disposition; only what no file system minds. */
export function nameIn(disposition: string | null): string | null {
  const name = /filename="([A-Za-z0-9._-]{1,200})"/.exec(disposition ?? "")?.[1];
  return name === undefined || name.startsWith(".") ? null : name;
}
