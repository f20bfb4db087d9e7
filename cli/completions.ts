import tab from "@bomb.sh/tab/commander";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";

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
    .addHelpText("after", COMPLETIONS_HELP);
}

const COMPLETIONS_HELP = `
Examples:
  bash        collider completions bash > ~/.local/share/bash-completion/completions/collider
  zsh         collider completions zsh > "\${fpath[1]}/_collider"
  fish        collider completions fish > ~/.config/fish/completions/collider.fish
  PowerShell  collider completions powershell >> $PROFILE`;
