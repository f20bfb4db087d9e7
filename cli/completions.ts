import { script } from "@bomb.sh/tab";
import tab from "@bomb.sh/tab/commander";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { print } from "./terminal.ts";

const NAME = "completions";

/**
 * Adds `collider completions <shell>`, which prints the script that a shell reads, and the hidden
 * `collider complete`, which that script asks. All other commands must have been added.
 */
export function addCompletions(program: CommandUnknownOpts): void {
  tab(program as unknown as Parameters<typeof tab>[0], { completionCommandName: NAME });
  program.commands.find((command) => command.name() === NAME)!
    .helpGroup("Set up:")
    .description("print the script that completes commands in a shell")
    .action((...[shell]) => print(scriptFor(String(shell), program.name())))
    .addHelpText("after", COMPLETIONS_HELP);
}

/** The script for a shell. */
function scriptFor(shell: string, name: string): string {
  const printed: string[] = [];
  const { console } = globalThis; // The library prints it.
  const { log } = console;
  console.log = (text: string) => printed.push(text);
  try {
    script(shell, name, name);
  } finally {
    console.log = log;
  }
  const text = printed.join("\n");
  return shell === "bash" ? quoteWords(text) : text;
}

/**
 * The script for bash evaluates what stands on the line, redirections and substitutions too: here its
 * words are quoted, as in the other shells' scripts. And it can be read twice.
 */
function quoteWords(bashScript: string): string {
  return bashScript
    .replace(/ -- \$\{words\[@\]:1\}"/, ` --$(printf ' %q' "\${words[@]:1}")"`)
    .replace(/ *# Add an empty parameter.*\n.*\n.*\n *fi\n/, "")
    .replaceAll(/^readonly /gm, "");
}

const COMPLETIONS_HELP = `
Examples:
  bash        collider completions bash > ~/.local/share/bash-completion/completions/collider
  zsh         collider completions zsh > "\${fpath[1]}/_collider"
  fish        collider completions fish > ~/.config/fish/completions/collider.fish
  PowerShell  collider completions powershell >> $PROFILE`;
