import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { benchCommand } from "./bench.ts";
import { addCompletions } from "./completions.ts";
import { configCommand } from "./config.ts";
import { consumerCommand } from "./consumer.ts";
import { doctorCommand } from "./doctor.ts";
import { modelsCommand } from "./models.ts";
import { queryCommand } from "./query.ts";
import { searchCommand } from "./search.ts";
import { serveFlags } from "./serve_flags.ts";
import { readSources } from "./settings/read_sources.ts";
import { applySettings } from "./settings/resolve.ts";
import { allSettings, settingsOf } from "./settings/setting.ts";
import { tailCommand } from "./tail.ts";
import { writeNote, writeOut } from "./terminal.ts";
import { topCommand } from "./top.ts";
import { upgradeCommand } from "./upgrade.ts";
import { versionText } from "./version.ts";

const DEFAULT_COMMAND = "serve";
/** What is not a flag of the default command. */
const OWN_FLAGS: ReadonlySet<string> = new Set(["-h", "--help", "-V", "--version"]);

/**
 * Runs the command line.
 *
 * @param args as in `Deno.args`
 * @throws {CommanderError} after help or version, and if the command line is wrong
 * @throws what the command throws
 */
export async function runProgram(args: readonly string[]): Promise<void> {
  await createProgram().parseAsync([...withDefaultCommand(args)], { from: "user" });
}

/**
 * Every command. What takes long to load is loaded by the command that needs it, so that `--version`
 * and completions are there at once.
 */
export function createProgram(): CommandUnknownOpts {
  const program: CommandUnknownOpts = new Command("collider")
    .description("AI event gateway with a physics engine")
    .configureOutput({ writeOut, writeErr: writeNote })
    .version(versionText(), "-V, --version", "show the version and what it was built with")
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", PROGRAM_HELP) as unknown as CommandUnknownOpts;
  program
    .commandsGroup("Gateway:")
    .addCommand(serveCommand())
    .addCommand(modelsCommand())
    .commandsGroup("Set up:")
    .addCommand(doctorCommand(program))
    .addCommand(configCommand(program))
    .addCommand(benchCommand())
    .addCommand(upgradeCommand())
    .commandsGroup("Python:")
    .addCommand(consumerCommand())
    .commandsGroup("Clients of a running gateway:")
    .addCommand(topCommand())
    .addCommand(tailCommand())
    .addCommand(queryCommand())
    .addCommand(searchCommand())
    .hook("preAction", async (_, command) => {
      if (settingsOf(command).length > 0) {
        applySettings(command, await readSources(command, allSettings(program)));
      }
    });
  addCompletions(program);
  inheritBehaviour(program);
  return program;
}

function serveCommand(): CommandUnknownOpts {
  return serveFlags(DEFAULT_COMMAND)
    .description("run the gateway (what `collider` does if no command is named)")
    .addHelpText("after", SERVE_HELP)
    .action(async (flags) => {
      const { runGateway } = await import("./serve.ts");
      await runGateway(flags);
    }) as unknown as CommandUnknownOpts;
}

/** `collider --port 9400` is `collider serve --port 9400`. Commander would so swallow typos. */
function withDefaultCommand(args: readonly string[]): readonly string[] {
  const [first] = args;
  if (first !== undefined && (!first.startsWith("-") || OWN_FLAGS.has(first))) return args;
  return [DEFAULT_COMMAND, ...args];
}

/** Commands of other files know nothing of the program before they are added. */
function inheritBehaviour(program: CommandUnknownOpts): void {
  program.exitOverride();
  const visit = (command: CommandUnknownOpts) => {
    for (const child of command.commands) {
      child.copyInheritedSettings(command);
      visit(child);
    }
  };
  visit(program);
}

const PROGRAM_HELP = `
Examples:
  collider                                     run the gateway on 127.0.0.1:9382
  collider models pull bge-m3                  install the model that embeds
  collider doctor                              check what it needs
  collider tail --type UserMessage             show events as they come
  collider query "FROM events LIMIT 10"        ask the store by SQL
  collider consumer > consumer.py              write the Python reader of the ring

Settings come from flags, else variables, else .env, else collider.toml; see collider config show.
Exit codes: 0 done, 1 failed, 2 wrong command line or configuration, 130 ended by ctrl-c.`;

const SERVE_HELP = `
Each flag may be a variable (--ring-path is COLLIDER_RING_PATH; --no-llm is COLLIDER_LLM=false) or a
key of collider.toml (ring-path = "…", llm = false). Variables that others read, too: GATEWAY_TOKEN,
LLM_BASE_URL, LLM_MODEL, LLM_API_KEY.

Examples:
  collider serve --port 9400 --db-path events.db
  collider serve --host 0.0.0.0 --token "$(openssl rand -hex 32)"
  collider serve --ring-capacity 10000 --ring-path /dev/shm/mine
  collider serve --llm-base-url http://127.0.0.1:11434/v1 --llm-model qwen3`;
