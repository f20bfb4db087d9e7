import { type Command, keysText, searchCommands } from "./commands.ts";
import type { Canvas } from "./screen/canvas.ts";
import { List } from "./screen/widgets/list.ts";
import { drawPopup } from "./screen/widgets/popup.ts";
import { TextInput } from "./screen/widgets/text_input.ts";
import type { Editor } from "./tabs/tab.ts";

const WIDTH = 56;
const ROWS = 16;

/** Every command, found by typing parts of its name. */
export class Palette implements Editor {
  readonly input = new TextInput();
  readonly list = new List();
  readonly #commands: readonly Command[];
  readonly #close: () => void;

  /** @param close called when it has done its work */
  constructor(commands: readonly Command[], close: () => void) {
    this.#commands = commands;
    this.#close = close;
    this.list.onOpen = () => this.submit();
  }

  submit(): void {
    const command = this.#found[this.list.selected];
    this.#close();
    command?.run();
  }

  cancel(): void {
    this.#close();
  }

  draw(canvas: Canvas): void {
    const found = this.#found;
    const height = Math.min(ROWS, found.length) + 2;
    const popup = drawPopup(canvas, { title: "Commands", width: WIDTH, height });
    const [prompt, , rows] = popup.rows(1, 1, { share: 1 });
    const x = prompt.text(0, 0, ": ", prompt.theme.accent);
    this.input.draw(prompt.part({ x, y: 0, width: prompt.width - x, height: 1 }), {
      isFocused: true,
      hint: "type to search",
    });
    this.list.draw(rows, {
      end: found.length,
      draw(row, index) {
        row.text(1, 0, found[index]!.name);
        row.textBefore(row.width - 1, 0, keysText(found[index]!), row.theme.muted);
      },
    });
  }

  get #found(): readonly Command[] {
    return searchCommands(this.#commands, this.input.text);
  }
}
