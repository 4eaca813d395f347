/**
 * Pattern of what XML 1.0 has no way to write, not even as a reference: control characters but tab and line ends, U+FFFE, U+FFFF, and
 * surrogates that stand alone (without the u flag each half is looked at by itself).
 */
const UNWRITABLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SPECIAL = /[&<>"'\t\n\r]/g;
const WRITTEN: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/**
 * Writes text as it stands in XML, between tags or between quotes: well-formed whatever it is, and read back as it was but for what XML
 * cannot hold.
 */
export function xmlText(text: string): string {
  return text.replace(UNWRITABLE, "\ufffd").replace(SPECIAL, (sign) => WRITTEN[sign] ?? sign);
}
