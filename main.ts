import { endingOf, EXIT } from "./cli/exit_codes.ts";
import { runProgram } from "./cli/program.ts";
import { note } from "./cli/terminal.ts";

try {
  await runProgram(Deno.args);
  // Ends threads that hang, too.
  Deno.exit(EXIT.ok);
} catch (error) {
  const { code, text } = endingOf(error);
  if (text !== null) note(text);
  Deno.exit(code);
}
