import type { Node, Values } from "./node.js";

/** The completion for zsh: `eval "$(dylive completion zsh)"` after compinit, or a file `_dylive` in a folder of fpath. */
export function zshScript(nodes: readonly Node[]): string {
  const paths = nodes.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  return `#compdef dylive
_dylive() {
  local at="" next="" i cur="\${words[CURRENT]}" prev="\${words[CURRENT-1]}"
  local -a commands flags
  for ((i = 2; i < CURRENT; i++)); do
    next="\${at:+$at }\${words[i]}"
    case "$next" in
      ${paths.join("|")}) at="$next" ;;
    esac
  done
  case "$at:$prev" in
${nodes.flatMap(valueCases).join("\n")}
  esac
  case "$at" in
${nodes.map(nodeCase).join("\n")}
  esac
}
if [[ "\${funcstack[1]}" == "_dylive" ]]; then _dylive "$@"; else compdef _dylive dylive; fi`;
}

function valueCases({ path, flags }: Node): readonly string[] {
  return flags.flatMap(({ names, values }) => {
    if (values === null) return [];
    return `    ${names.map((name) => `"${path}:${name}"`).join("|")}) ${offer(values)}; return ;;`;
  });
}

function nodeCase({ path, commands, flags, values }: Node): string {
  const described = flags.flatMap(({ names, about }) => names.map((name) => quoted(name, about)));
  const otherwise =
    commands.length > 0
      ? `commands=(${commands.map(({ name, about }) => quoted(name, about)).join(" ")}); _describe command commands`
      : offer(values);
  return `    "${path}")
      if [[ "$cur" == -* ]]; then flags=(${described.join(" ")}); _describe -o option flags
      else ${otherwise}; fi ;;`;
}

function offer(values: Values): string {
  if (values === "unknown") return "_message 'a value'";
  if (values === "files") return "_files";
  if (values === "folders") return "_files -/";
  return "listOf" in values ? `_values -s , value ${values.listOf.join(" ")}` : `compadd -- ${values.join(" ")}`;
}

/** \`name:about\` as zsh's _describe takes it, in single quotes. */
function quoted(name: string, about: string): string {
  return `'${name.replaceAll(":", "\\:")}:${about.replaceAll("'", "'\\''")}'`;
}
