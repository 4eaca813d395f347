/** A Markdown table. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return `${line(titles)}|${titles.map(() => "---").join("|")}|\n${rows.map(line).join("")}`;
}

/** Text in a cell. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
