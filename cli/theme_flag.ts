import { Option } from "@commander-js/extra-typings";
import { THEME_NAMES } from "../tui/screen/theme.ts";

/** `--theme`, which every command takes that draws the dashboard. */
export function themeOption() {
  return new Option(
    "--theme <theme>",
    "how it looks (default: dark, or none where NO_COLOR is set)",
  )
    .choices(THEME_NAMES);
}
