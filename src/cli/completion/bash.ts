import type { Node, Values } from "./node.js";

/** The completion for bash 3.2 and newer: `eval "$(dylive completion bash)"`. It starts no dylive while somebody types. */
export function bashScript(nodes: readonly Node[]): string {
  const paths = nodes.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  return `# dylive: completion for bash
_dylive() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at="" next="" i=1
  if [[ "$cur" == "=" ]]; then cur=""
  elif [[ "$prev" == "=" ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  while (( i < COMP_CWORD )); do
    next="\${at:+$at }\${COMP_WORDS[i]}"
    case "$next" in
      ${paths.join("|")}) at="$next" ;;
    esac
    (( i++ ))
  done
  COMPREPLY=()
  case "$at:$prev" in
${nodes.flatMap(valueCases).join("\n")}
  esac
  case "$at" in
${nodes.map(nodeCase).join("\n")}
  esac
}
_dylive_words() { COMPREPLY=($(compgen -W "$1" -- "$2")); }
_dylive_list() {
  local before=""
  if [[ "$2" == *,* ]]; then before="\${2%,*},"; fi
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "\${2##*,}"))
  compopt -o nospace 2>/dev/null
}
_dylive_paths() {
  local one
  while IFS= read -r one; do COMPREPLY+=("$one"); done < <(compgen "$1" -- "$2")
  compopt -o filenames 2>/dev/null
}
complete -F _dylive dylive`;
}

function valueCases({ path, flags }: Node): readonly string[] {
  return flags.flatMap(({ names, values }) => {
    if (values === null) return [];
    return `    ${names.map((name) => `"${path}:${name}"`).join("|")}) ${offer(values) ?? ":"}; return ;;`;
  });
}

function nodeCase({ path, commands, flags, values }: Node): string {
  const names = flags.flatMap((flag) => flag.names).join(" ");
  const words = commands.map(({ name }) => name).join(" ");
  const otherwise = words !== "" ? `_dylive_words "${words}" "$cur"` : (offer(values) ?? ":");
  return `    "${path}") if [[ "$cur" == -* ]]; then _dylive_words "${names}" "$cur"; else ${otherwise}; fi ;;`;
}

function offer(values: Values): string | null {
  if (values === "unknown") return null;
  if (values === "files") return '_dylive_paths -f "$cur"';
  if (values === "folders") return '_dylive_paths -d "$cur"';
  return "listOf" in values ? `_dylive_list "${values.listOf.join(" ")}" "$cur"` : `_dylive_words "${values.join(" ")}" "$cur"`;
}
