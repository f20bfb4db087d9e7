import type { Metrics } from "../client/answers.ts";
import type { EventRow } from "../client/event_page.ts";
import { EventWindow } from "../client/event_window.ts";
import type { EventFilter } from "../client/gateway_client.ts";
import type { Command } from "../commands.ts";
import type { Canvas } from "../screen/canvas.ts";
import { clipTo } from "../screen/glyphs.ts";
import type { Length } from "../screen/rect.ts";
import { categoryStyle } from "../screen/theme.ts";
import { List } from "../screen/widgets/list.ts";
import type { Movable } from "../screen/widgets/movable.ts";
import { drawPanel } from "../screen/widgets/panel.ts";
import { drawScrollbar } from "../screen/widgets/scrollbar.ts";
import { TextInput } from "../screen/widgets/text_input.ts";
import { count, timeOfDay } from "../text/format.ts";
import { summaryOf } from "../text/event_summary.ts";
import { EventDetail } from "./event_detail.ts";
import { parseSearch } from "./event_search.ts";
import type { Editor, Shell, Tab } from "./tab.ts";

/** From this width on, list and detail stand side by side. */
const SPLIT_COLUMNS = 120;
/** Narrower lists leave the frame out. */
const FRAME_COLUMNS = 90;

/** All events there are, newest first, live. */
export class EventsTab implements Tab {
  readonly title = "Events";
  readonly commands: readonly Command[] = [
    { keys: ["enter", "right", "l"], name: "open event", run: () => this.#open() },
    {
      keys: ["escape", "left", "h"],
      name: "close event, or clear filter",
      run: () => this.#back(),
    },
    { keys: ["n"], name: "next event", run: () => this.#openBeside(1) },
    { keys: ["p"], name: "previous event", run: () => this.#openBeside(-1) },
    { keys: ["/"], name: "filter events", run: () => this.#edit() },
    { keys: ["space"], name: "pause, or follow new events", run: () => this.#togglePause() },
  ];
  readonly #shell: Shell;
  readonly #window: EventWindow;
  readonly #list = new List();
  readonly #search = new TextInput();
  readonly #listFocus: Movable = {
    moveBy: (rows) => this.#list.moveBy(rows),
    pageBy: (pages) => this.#list.pageBy(pages),
    toStart: () => this.#follow(),
    toEnd: () => this.#toOldest(),
  };
  #isEditing = false;
  #filter: EventFilter = {};
  #isFollowing = true;
  #detail: EventDetail | null = null;
  /** Events there were when it was looked for new ones; -1 = it must be looked, anyway. */
  #seenEvents = -1;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.#window = new EventWindow((query) => shell.client.events(query));
    this.#list.onOpen = () => this.#open();
    this.#list.onMove = () => this.#moved();
  }

  get focus(): Movable {
    return this.#detail?.view ?? this.#listFocus;
  }

  get editor(): Editor | null {
    return this.#isEditing
      ? {
        input: this.#search,
        submit: () => this.#find(this.#search.text),
        cancel: () => this.#find(""),
      }
      : null;
  }

  async refresh({ events_stored }: Metrics): Promise<void> {
    await this.#detail?.refresh();
    const isNew = events_stored !== this.#seenEvents || this.#awaitsFrame();
    // Before anything is awaited: meanwhile, somebody may want to see something else.
    this.#seenEvents = events_stored;
    if (!isNew || !this.#isFollowing) {
      if (isNew) this.#window.noteNewEvents();
      return await this.#extend();
    }
    try {
      await this.#window.toNewest(this.#filter, this.#pageEvents(), events_stored);
    } catch (error) {
      this.#seenEvents = -1;
      throw error;
    }
    if (this.#isFollowing) this.#list.selected = this.#window.first;
    if (this.#window.end < this.#list.height) await this.#extend();
  }

  /** Whether the newest event will change once more: frames come in the order of events. */
  #awaitsFrame(): boolean {
    const { first, end } = this.#window;
    return this.#isFollowing && first < end && this.#window.row(first).frameId === null;
  }

  draw(canvas: Canvas): void {
    if (this.#detail === null) return this.#drawList(canvas);
    if (canvas.width < SPLIT_COLUMNS) return this.#detail.draw(canvas);
    const [list, detail] = canvas.columns({ share: 1 }, { share: 1 });
    this.#drawList(list);
    this.#detail.draw(detail);
  }

  copyText(): string | null {
    if (this.#detail !== null) return this.#detail.copyText();
    return this.#hasSelected() ? this.#window.payload(this.#list.selected) : null;
  }

  #drawList(canvas: Canvas): void {
    const inside = drawPanel(canvas, {
      title: this.#panelTitle(),
      note: this.#position(),
      isFocused: this.#detail === null,
    });
    const hasSearch = this.#isEditing || this.#search.text !== "";
    const [search, header, body] = inside.rows(hasSearch ? 1 : 0, 1, { share: 1 });
    if (hasSearch) this.#drawSearch(search);
    const [rows, bar] = body.columns({ share: 1 }, 1);
    drawColumns(header.part({ x: 0, y: 0, width: rows.width, height: 1 }), HEADINGS);
    header.tint(header.theme.header);
    const { first, end } = this.#window;
    if (first === end) {
      const none = this.#search.text === ""
        ? "no events yet: POST one to /ingest"
        : "nothing found";
      body.textCentred(body.height >> 1, none, body.theme.muted);
    }
    this.#list.draw(rows, {
      first,
      end,
      draw: (row, index) => drawColumns(row, columnsOf(this.#window.row(index), row)),
    });
    this.#drawScrollbar(bar);
  }

  #drawSearch(canvas: Canvas): void {
    const x = canvas.text(1, 0, "/", canvas.theme.accent);
    this.#search.draw(
      canvas.part({ x, y: 0, width: canvas.width - x, height: 1 }),
      { isFocused: this.#isEditing, hint: "type:UserMessage conversation:… text" },
    );
  }

  #drawScrollbar(bar: Canvas): void {
    const total = this.#total();
    const number = this.#window.numberOf(this.#list.top);
    if (number !== null && total > 0) drawScrollbar(bar, 1 - number / total, bar.height / total);
  }

  #panelTitle(): string {
    if (this.#isFollowing) return "Events · live";
    const uppermost = this.#window.numberOf(this.#list.top);
    const newer = uppermost === null ? 0 : this.#total() - uppermost;
    return newer > 0 ? `Events · paused, ${count(newer)} newer` : "Events · paused";
  }

  #position(): string {
    const { first, end } = this.#window;
    const number = this.#window.numberOf(this.#list.selected);
    if (number === null) return `${count(end - first)}${this.#window.hasOldest ? "" : "+"} found`;
    return first === end ? "" : `${count(number)} of ${count(this.#total())}`;
  }

  #total(): number {
    return this.#shell.history.latest?.events_stored ?? 0;
  }

  #hasSelected(): boolean {
    const { selected } = this.#list;
    return selected >= this.#window.first && selected < this.#window.end;
  }

  #open(): void {
    if (this.#detail !== null || !this.#hasSelected()) return;
    this.#isFollowing = false;
    this.#detail = new EventDetail(this.#shell, this.#window.row(this.#list.selected).id);
  }

  #openBeside(rows: number): void {
    this.#detail = null;
    this.#list.moveBy(rows);
    this.#open();
  }

  #back(): void {
    if (this.#detail !== null) this.#detail = null;
    else if (this.#search.text !== "") this.#find("");
  }

  #edit(): void {
    this.#detail = null;
    this.#isEditing = true;
  }

  /** Shows what a search is for; all events if it is empty. */
  #find(search: string): void {
    this.#isEditing = false;
    this.#search.text = search;
    this.#filter = parseSearch(search);
    this.#follow();
  }

  #togglePause(): void {
    if (this.#isFollowing) this.#isFollowing = false;
    else this.#follow();
  }

  /** Goes to the newest events and stays there. */
  #follow(): void {
    this.#isFollowing = true;
    this.#seenEvents = -1;
    this.#shell.refresh();
  }

  #toOldest(): void {
    this.#isFollowing = false;
    this.#shell.attempt(async () => {
      await this.#window.toOldest();
      this.#list.selected = this.#window.end - 1;
    });
  }

  #moved(): void {
    this.#isFollowing = this.#window.hasNewest && this.#list.selected === this.#window.first;
    this.#shell.attempt(() => this.#extend());
  }

  /** Fetches what will soon be looked at. */
  async #extend(): Promise<void> {
    const { top, height } = this.#list;
    await this.#window.extendAround(top, top + height);
  }

  /** Enough to fill the screen, and for the first steps down. */
  #pageEvents(): number {
    return Math.max(64, 2 * this.#list.height);
  }
}

interface Column {
  readonly text: string;
  readonly style?: number;
}

const HEADINGS: readonly Column[] = ["time UTC", "type", "conversation", "frame", "message"]
  .map((text) => ({ text }));

function columnsOf(row: EventRow, { theme, width }: Canvas): Column[] {
  return [
    { text: timeOfDay(row.receivedMs), style: theme.muted },
    { text: row.type, style: categoryStyle(theme, row.type) },
    { text: row.conversationId ?? "", style: theme.muted },
    { text: row.frameId === null ? "" : `#${row.frameId}`, style: theme.muted },
    { text: clipTo(summaryOf(row.payloadStart), width) },
  ];
}

function drawColumns(row: Canvas, columns: readonly Column[]): void {
  const isWide = row.width >= FRAME_COLUMNS;
  const widths: Length[] = [13, isWide ? 22 : 16, isWide ? 18 : 14, isWide ? 11 : 0, { share: 1 }];
  row.inset(1, 0).columns(...widths).forEach((cell, i) => {
    const { text, style } = columns[i]!;
    const isLast = i === columns.length - 1;
    cell.text(0, 0, clipTo(text, isLast ? cell.width : cell.width - 1), style);
  });
}
