/** Where the platform keeps its images. src/http/page.ts has the same list: what it does not name, the browser would refuse anyway. */
export const IMAGE_HOSTS = ["douyinpic.com", "byteimg.com", "douyinstatic.com", "douyincdn.com", "pstatp.com", "ecombdimg.com"];

/** An address that strangers gave, if it is an image of the platform; else null. */
export function safeImage(address: string | null | undefined): string | null {
  if (!address || !URL.canParse(address)) return null;
  const { protocol, hostname, username, port, href } = new URL(address);
  const known = IMAGE_HOSTS.some((host) => hostname.endsWith(`.${host}`));
  return protocol === "https:" && known && username === "" && port === "" ? href : null;
}
