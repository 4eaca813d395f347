import type { Node, Values } from "./node.js";

/** The completion for fish: `dylive completion fish > ~/.config/fish/completions/dylive.fish`. */
export function fishScript(nodes: readonly Node[]): string {
  const paths = nodes.filter(({ path }) => path !== "").map(({ path }) => quoted(path));
  return `# dylive: completion for fish
function __dylive_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim "$at $word")
        if contains -- "$next" ${paths.join(" ")}
            set at $next
        end
    end
    test "$at" = "$argv[1]"
end
function __dylive_list
    set -l before (commandline -ct | string replace -r '^--[^=]*=' '' | string replace -rf '(.*,)[^,]*$' '$1')
    for word in $argv
        echo "$before$word"
    end
end
complete -c dylive -f
${nodes.flatMap(linesOf).join("\n")}`;
}

function linesOf({ path, commands, flags, values }: Node): readonly string[] {
  const start = `complete -c dylive -n ${quoted(`__dylive_at ${quoted(path)}`)}`;
  return [
    ...commands.map(({ name, about }) => `${start} -a ${quoted(name)} -d ${quoted(about)}`),
    ...flags.map((flag) => `${start}${namesOf(flag)}${flag.values === null ? "" : ` -x${offer(flag.values)}`} -d ${quoted(flag.about)}`),
    ...(values === "unknown" ? [] : [`${start}${offer(values)}`]),
  ];
}

function namesOf({ names }: Node["flags"][number]): string {
  return names.map((name) => (name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`)).join("");
}

function offer(values: Values): string {
  if (values === "unknown") return "";
  if (values === "files") return " -a '(__fish_complete_path)'";
  if (values === "folders") return " -a '(__fish_complete_directories)'";
  return ` -a ${quoted("listOf" in values ? `(__dylive_list ${values.listOf.join(" ")})` : values.join(" "))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
