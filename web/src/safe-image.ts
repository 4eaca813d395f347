/** Where the platform keeps its images. src/http/page.ts has the same list: what it does not name, the browser would refuse anyway. */
export const IMAGE_HOSTS = ["douyinpic.com", "byteimg.com", "douyinstatic.com", "douyincdn.com", "pstatp.com", "ecombdimg.com"];

/**
 * An address that strangers gave, if it is an image of the platform; else null.
 * @param standIn where the server gives the pictures of a stand-in for the platform; null at the real one
 */
export function safeImage(address: string | null | undefined, standIn: string | null = null): string | null {
  const url = urlOf(address ?? "");
  if (url === null) return null;
  const { protocol, hostname, username, port, pathname, search, href } = url;
  const known = IMAGE_HOSTS.some((host) => hostname.endsWith(`.${host}`));
  if (protocol !== "https:" || !known || username !== "" || port !== "") return null;
  return standIn === null ? href : `${standIn}${hostname}${pathname}${search}`;
}

/** Reads an address; null where it is none. `URL.canParse` is missing in the browser of OBS before 31. */
function urlOf(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
