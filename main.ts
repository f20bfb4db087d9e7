import { Command } from "@commander-js/extra-typings";
import { modelsCommand } from "./cli/models.ts";
import { serveCommand } from "./cli/serve.ts";

const program = new Command("collider")
  .description("AI event gateway with a physics engine")
  .version("0.1.0")
  .addCommand(serveCommand(), { isDefault: true })
  .addCommand(modelsCommand());

try {
  await program.parseAsync();
  // Ends threads that hang, too.
  Deno.exit(0);
} catch (error) {
  const { message, hint } = error as Error & { hint?: string };
  const text = hint === undefined
    ? `error: ${error instanceof Error ? error.stack : message}\n`
    : `error: ${message}\n       ${hint}\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(text));
  Deno.exit(1);
}
