/** Names that somebody wrote into a field, with commas, Chinese ones too, or spaces between. */
export function namesIn(text: string): string[] {
  return text.split(/[\s,，、]+/).filter((name) => name !== "");
}
