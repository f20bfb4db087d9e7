import type { Command } from "./commands.ts";
import { THEME_NAMES, type ThemeName } from "./screen/theme.ts";
import type { Movable } from "./screen/widgets/movable.ts";

/** What the commands that all tabs share do. */
export interface SharedActions {
  readonly tabTitles: readonly string[];
  selectTab(index: number): void;
  /** Negative = to the left. */
  stepTab(tabs: number): void;
  /** What is moved now. */
  focus(): Movable;
  copy(): void;
  openHelp(): void;
  openPalette(): void;
  toggleMouse(): void;
  setTheme(theme: ThemeName): void;
  redraw(): void;
  suspend(): void;
  quit(): void;
}

/** The commands that all tabs share. */
export function sharedCommands(actions: SharedActions): readonly Command[] {
  const focus = () => actions.focus();
  return [
    ...actions.tabTitles.map((title, i): Command => ({
      keys: [String(i + 1)],
      name: `show ${title}`,
      run: () => actions.selectTab(i),
    })),
    { keys: ["tab"], name: "next tab", run: () => actions.stepTab(1) },
    { keys: ["shift-tab"], name: "previous tab", run: () => actions.stepTab(-1) },
    { keys: ["up", "k"], name: "up", run: () => focus().moveBy(-1) },
    { keys: ["down", "j"], name: "down", run: () => focus().moveBy(1) },
    { keys: ["pageup", "ctrl-b"], name: "page up", run: () => focus().pageBy(-1) },
    { keys: ["pagedown", "ctrl-f"], name: "page down", run: () => focus().pageBy(1) },
    { keys: ["g", "home"], name: "to the start", run: () => focus().toStart() },
    { keys: ["G", "end"], name: "to the end", run: () => focus().toEnd() },
    { keys: ["y"], name: "copy what is selected", run: () => actions.copy() },
    { keys: ["?"], name: "show the keys", run: () => actions.openHelp() },
    { keys: [":"], name: "find a command", run: () => actions.openPalette() },
    { keys: ["m"], name: "mouse on or off, off to select text", run: () => actions.toggleMouse() },
    ...THEME_NAMES.map((theme): Command => ({
      keys: [],
      name: `theme ${theme}`,
      run: () => actions.setTheme(theme),
    })),
    { keys: ["ctrl-l"], name: "draw the screen anew", run: () => actions.redraw() },
    { keys: ["ctrl-z"], name: "suspend", run: () => actions.suspend() },
    { keys: ["q", "ctrl-c"], name: "quit", run: () => actions.quit() },
  ];
}
