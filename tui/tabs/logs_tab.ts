import type { LogLine, Metrics } from "../client/answers.ts";
import type { Command } from "../commands.ts";
import type { Canvas } from "../screen/canvas.ts";
import { clipTo } from "../screen/glyphs.ts";
import { List } from "../screen/widgets/list.ts";
import type { Movable } from "../screen/widgets/movable.ts";
import { drawPanel } from "../screen/widgets/panel.ts";
import type { StyledLine, Tone } from "../screen/widgets/styled_text.ts";
import { drawLine, TextView } from "../screen/widgets/text_view.ts";
import { TextInput } from "../screen/widgets/text_input.ts";
import { plural } from "../text/format.ts";
import type { Editor, Shell, Tab } from "./tab.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
const LEVEL_TONES: Readonly<Record<string, Tone>> = {
  debug: "muted",
  info: "good",
  warn: "warning",
  error: "bad",
};
/** The gateway keeps no more. */
const MAX_LINES = 2_000;
const DETAIL_ROWS = 8;

/** The gateway's log. */
export class LogsTab implements Tab {
  readonly title = "Logs";
  readonly commands: readonly Command[] = [
    { keys: ["right", "l"], name: "only more severe lines", run: () => this.#stepLevel(1) },
    { keys: ["left", "h"], name: "less severe lines, too", run: () => this.#stepLevel(-1) },
    { keys: ["/"], name: "filter lines", run: () => this.#isEditing = true },
    { keys: ["escape"], name: "clear filter", run: () => this.#setSearch("") },
    { keys: ["space", "f"], name: "stop or follow the log", run: () => this.#toggleFollow() },
    { keys: ["enter"], name: "show or hide the line's fields", run: () => this.#toggleDetail() },
  ];
  readonly #shell: Shell;
  readonly #list = new List();
  readonly #search = new TextInput();
  readonly #detail = new TextView();
  #isEditing = false;
  #isFollowing = true;
  #hasDetail = false;
  #level = 0;
  #lines: readonly LogLine[] = [];
  #found: readonly LogLine[] = [];
  #lastSeq = 0;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.#list.onMove = () => this.#isFollowing = this.#list.selected === this.#found.length - 1;
    this.#list.onOpen = () => this.#toggleDetail();
  }

  get focus(): Movable {
    return this.#list;
  }

  get editor(): Editor | null {
    if (!this.#isEditing) return null;
    return {
      input: this.#search,
      submit: () => this.#setSearch(this.#search.text),
      cancel: () => this.#setSearch(""),
    };
  }

  async refresh(_: Metrics): Promise<void> {
    const { lines, last_seq } = await this.#shell.client.logsAfter(this.#lastSeq, MAX_LINES);
    // A gateway that was started anew counts from 1 again.
    if (last_seq < this.#lastSeq) {
      [this.#lines, this.#lastSeq] = [[], 0];
      return await this.refresh(_);
    }
    this.#lastSeq = last_seq;
    if (lines.length === 0) return;
    this.#lines = [...this.#lines, ...lines].slice(-MAX_LINES);
    this.#find();
  }

  draw(canvas: Canvas): void {
    const [body, bottom] = canvas.rows({ share: 1 }, this.#hasDetail ? DETAIL_ROWS : 0);
    const inside = drawPanel(body, {
      title: `Logs · ${this.#isFollowing ? "following" : "stopped"}`,
      note: `${LEVELS[this.#level]} and above, ${plural(this.#found.length, "line")}`,
      isFocused: true,
    });
    const hasSearch = this.#isEditing || this.#search.text !== "";
    const [search, rows] = inside.rows(hasSearch ? 1 : 0, { share: 1 });
    if (hasSearch) this.#drawSearch(search);
    if (this.#isEditing) this.#find();
    this.#list.draw(rows, {
      end: this.#found.length,
      draw: (row, index) => drawLine(row.inset(1, 0), 0, 0, lineOf(this.#found[index]!)),
    });
    const selected = this.#found[this.#list.selected];
    if (!this.#hasDetail || selected === undefined) return;
    this.#detail.lines = detailOf(selected);
    this.#detail.draw(drawPanel(bottom, { title: selected.message }).inset(1, 0));
  }

  copyText(): string | null {
    const line = this.#found[this.#list.selected];
    return line === undefined ? null : JSON.stringify(line);
  }

  #drawSearch(canvas: Canvas): void {
    const x = canvas.text(1, 0, "/", canvas.theme.accent);
    this.#search.draw(canvas.part({ x, y: 0, width: canvas.width - x, height: 1 }), {
      isFocused: this.#isEditing,
    });
  }

  #find(): void {
    const search = this.#search.text.toLowerCase();
    this.#found = this.#lines.filter((line) =>
      LEVELS.findIndex((level) => level === line.level) >= this.#level &&
      (search === "" || JSON.stringify([line.message, line.fields]).toLowerCase().includes(search))
    );
    if (this.#isFollowing) this.#list.selected = this.#found.length - 1;
  }

  #setSearch(text: string): void {
    this.#isEditing = false;
    this.#search.text = text;
    this.#find();
  }

  #stepLevel(levels: number): void {
    this.#level = Math.max(0, Math.min(LEVELS.length - 1, this.#level + levels));
    this.#find();
  }

  #toggleFollow(): void {
    this.#isFollowing = !this.#isFollowing;
    this.#find();
  }

  #toggleDetail(): void {
    this.#hasDetail = !this.#hasDetail;
  }
}

function lineOf({ time, level, message, fields }: LogLine): StyledLine {
  return [
    { text: `${time.slice(11, 23)}  `, tone: "muted" },
    { text: `${level.toUpperCase().padEnd(5)}  `, tone: LEVEL_TONES[level] ?? "text" },
    { text: message },
    ...Object.entries(fields).flatMap(([name, value]): StyledLine => [
      { text: `  ${name}=`, tone: "muted" },
      { text: clipTo(valueText(value), 200), tone: "string" },
    ]),
  ];
}

function detailOf({ time, fields }: LogLine): StyledLine[] {
  return [
    [{ text: time, tone: "muted" }],
    ...Object.entries(fields).flatMap(([name, value]): StyledLine[] => {
      const [first = "", ...rest] = valueText(value).split("\n");
      return [
        [{ text: `${name}  `, tone: "memberName" }, { text: first }],
        ...rest.map((text): StyledLine => [{ text }]),
      ];
    }),
  ];
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
