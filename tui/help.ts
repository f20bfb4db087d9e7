import { type Command, keysText } from "./commands.ts";
import type { Canvas } from "./screen/canvas.ts";
import { drawPopup } from "./screen/widgets/popup.ts";
import type { StyledLine } from "./screen/widgets/styled_text.ts";
import { TextView } from "./screen/widgets/text_view.ts";

const WIDTH = 56;
const KEYS_WIDTH = 20;

/** The keys of a tab and those that work everywhere. */
export class Help {
  readonly view = new TextView();
  readonly #height: number;

  /** @param groups commands under their titles */
  constructor(groups: readonly (readonly [title: string, commands: readonly Command[]])[]) {
    const lines = groups.flatMap(([title, commands]) => groupLines(title, commands)).slice(1);
    this.view.lines = lines;
    this.#height = lines.length;
  }

  draw(canvas: Canvas): void {
    this.view.draw(drawPopup(canvas, { title: "Keys", width: WIDTH, height: this.#height }));
  }
}

function groupLines(title: string, commands: readonly Command[]): StyledLine[] {
  const withKeys = commands.filter(({ keys }) => keys.length > 0);
  return [[], [{ text: title, tone: "header" }], ...withKeys.map(commandLine)];
}

function commandLine(command: Command): StyledLine {
  return [
    { text: keysText(command).padEnd(KEYS_WIDTH), tone: "accent" },
    { text: command.name },
  ];
}
