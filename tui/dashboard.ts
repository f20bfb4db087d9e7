import { GatewayClient } from "./client/gateway_client.ts";
import { MetricsHistory } from "./client/metrics_history.ts";
import type { Command } from "./commands.ts";
import { FrameLoop } from "./frame_loop.ts";
import { Help } from "./help.ts";
import { Palette } from "./palette.ts";
import type { Canvas } from "./screen/canvas.ts";
import { Screen } from "./screen/screen.ts";
import { type ThemeName, THEMES } from "./screen/theme.ts";
import type { Movable } from "./screen/widgets/movable.ts";
import { drawTabBar } from "./screen/widgets/tab_bar.ts";
import { type SharedActions, sharedCommands } from "./shared_commands.ts";
import type { DashboardSource } from "./source.ts";
import { drawStatusLine } from "./status_line.ts";
import { ChatTab } from "./tabs/chat_tab.ts";
import { EventsTab } from "./tabs/events_tab.ts";
import { LogsTab } from "./tabs/logs_tab.ts";
import { MetricsTab } from "./tabs/metrics_tab.ts";
import { RingTab } from "./tabs/ring_tab.ts";
import { SchemasTab } from "./tabs/schemas_tab.ts";
import type { Editor, Shell, Tab } from "./tabs/tab.ts";
import type { KeyPress, MouseInput } from "./terminal/input_event.ts";
import { type DashboardTerminal, Terminal, type TerminalEvent } from "./terminal/terminal.ts";
import { drawWaiting } from "./waiting.ts";
import { type Connection, Watch } from "./watch.ts";

/** How a dashboard is run. */
export interface DashboardOptions {
  readonly source: DashboardSource;
  /** @default "dark"; "none" where the environment has NO_COLOR */
  readonly theme?: ThemeName | undefined;
  /** From one look at the gateway to the next. @default 250 */
  readonly refreshMs?: number | undefined;
  /** @default the one that the process runs in */
  readonly terminal?: DashboardTerminal | undefined;
  /** Told how long a frame has kept the thread, ms. */
  readonly onFrame?: ((durationMs: number) => void) | undefined;
  /** Ends the dashboard. */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_REFRESH_MS = 250;
const NOTICE_MS = 4_000;

/**
 * Shows the dashboard until its user quits, the terminal goes away, or a signal asks the process to
 * end; then the terminal is as it was.
 *
 * @throws {NotATerminalError} where there is none
 */
export async function runDashboard(options: DashboardOptions): Promise<void> {
  if (options.terminal !== undefined) return await new Dashboard(options, options.terminal).run();
  await using terminal = new Terminal();
  await new Dashboard(options, terminal).run();
}

class Dashboard implements Shell, SharedActions {
  readonly client: GatewayClient;
  readonly history = new MetricsHistory();
  readonly #terminal: DashboardTerminal;
  readonly #label: string;
  readonly #screen: Screen;
  readonly #frames: FrameLoop;
  readonly #watch: Watch;
  readonly #tabs: readonly Tab[];
  readonly #commands: readonly Command[];
  readonly #ending = Promise.withResolvers<void>();
  #theme: ThemeName;
  #active = 0;
  /** A popup, which takes the keys. */
  #popup: Help | Palette | null = null;
  #connection: Connection = { kind: "connecting" };
  #notice = "";
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  #hasMouse = true;

  constructor(options: DashboardOptions, terminal: DashboardTerminal) {
    this.client = new GatewayClient(options.source);
    this.#label = options.source.label;
    this.#terminal = terminal;
    this.#theme = options.theme ?? (Deno.noColor ? "none" : "dark");
    this.#screen = new Screen(terminal.size);
    this.#frames = new FrameLoop({
      draw: () => this.#screen.draw(THEMES[this.#theme], (canvas) => this.#draw(canvas)),
      write: (output) => terminal.write(output),
      onError: (error) => this.#ending.reject(error),
      onFrame: options.onFrame,
    });
    this.#watch = new Watch({
      read: () => this.client.metrics(),
      onReading: async (metrics) => {
        this.history.add(metrics);
        this.invalidate();
        await this.#tab.refresh(metrics);
        this.invalidate();
      },
      onConnection: (connection) => {
        if (connection.kind !== this.#connection.kind) this.invalidate();
        this.#connection = connection;
      },
      intervalMs: options.refreshMs ?? DEFAULT_REFRESH_MS,
    });
    this.#tabs = [
      new EventsTab(this),
      new SchemasTab(this),
      new ChatTab(this),
      new MetricsTab(this),
      new RingTab(this),
      new LogsTab(this),
    ];
    this.#commands = sharedCommands(this);
    if (options.signal?.aborted) this.quit();
    options.signal?.addEventListener("abort", () => this.quit());
  }

  /** Resolves when it ends. */
  async run(): Promise<void> {
    this.#terminal.listen((event) => {
      try {
        this.#handle(event);
      } catch (error) {
        // A mistake of ours ends the dashboard, not the gateway that it may run in.
        this.#ending.reject(error);
      }
    });
    this.invalidate();
    try {
      await Promise.race([this.#watch.run(), this.#ending.promise]);
    } finally {
      this.#watch.stop();
      this.#frames.stop();
      clearTimeout(this.#noticeTimer);
    }
  }

  invalidate(): void {
    this.#frames.invalidate();
  }

  refresh(): void {
    this.#watch.now();
  }

  notify(message: string): void {
    this.#notice = message;
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => {
      this.#notice = "";
      this.invalidate();
    }, NOTICE_MS);
    this.invalidate();
  }

  attempt(task: () => Promise<unknown>): void {
    task().then(() => this.invalidate(), (error: Error) => this.notify(error.message));
  }

  get tabTitles(): readonly string[] {
    return this.#tabs.map(({ title }) => title);
  }

  selectTab(index: number): void {
    this.#active = index;
    this.#popup = null;
    this.refresh();
  }

  stepTab(tabs: number): void {
    this.selectTab((this.#active + tabs + this.#tabs.length) % this.#tabs.length);
  }

  focus(): Movable {
    if (this.#popup === null) return this.#tab.focus;
    return this.#popup instanceof Palette ? this.#popup.list : this.#popup.view;
  }

  copy(): void {
    const text = this.#tab.copyText();
    if (text === null) return this.notify("nothing to copy");
    this.#terminal.copy(text);
    this.notify(`copied ${text.length} characters`);
  }

  openHelp(): void {
    this.#popup = new Help([
      [this.#tab.title, this.#tab.commands],
      ["Everywhere", this.#commands],
    ]);
  }

  openPalette(): void {
    const commands = [...this.#tab.commands, ...this.#commands];
    this.#popup = new Palette(commands, () => this.#popup = null);
  }

  toggleMouse(): void {
    this.#hasMouse = !this.#hasMouse;
    this.#terminal.setMouse(this.#hasMouse);
    this.notify(this.#hasMouse ? "the mouse works here" : "the mouse selects text; m for it back");
  }

  setTheme(theme: ThemeName): void {
    this.#theme = theme;
  }

  redraw(): void {
    this.#screen.invalidate();
  }

  suspend(): void {
    this.attempt(() => this.#terminal.suspend());
  }

  quit(): void {
    this.#ending.resolve();
  }

  get #tab(): Tab {
    return this.#tabs[this.#active]!;
  }

  get #editor(): Editor | null {
    return this.#popup instanceof Palette ? this.#popup : this.#tab.editor;
  }

  #handle(event: TerminalEvent): void {
    switch (event.kind) {
      case "stop":
        return this.quit();
      case "resize":
        this.#screen.resize(this.#terminal.size);
        break;
      case "resume":
        this.#screen.resize(this.#terminal.size);
        this.refresh();
        break;
      case "mouse":
        this.#handleMouse(event);
        break;
      case "paste":
        this.#editor?.input.handle(event);
        break;
      case "key":
        this.#handleKey(event);
    }
    this.invalidate();
  }

  #handleKey(key: KeyPress): void {
    const editor = this.#popup instanceof Help ? null : this.#editor;
    if (editor !== null) {
      if (key.chord === "enter") return editor.submit();
      if (key.chord === "escape") return editor.cancel();
      if (editor.input.handle(key)) return;
    }
    const isOf = ({ keys }: Command) => keys.includes(key.chord);
    if (this.#popup instanceof Help) {
      const command = this.#commands.find(isOf);
      if (command === undefined || ["q", "?"].includes(key.chord)) this.#popup = null;
      else command.run();
      return;
    }
    const tabCommand = this.#popup === null ? this.#tab.commands.find(isOf) : undefined;
    const command = tabCommand ?? this.#commands.find(isOf);
    if (command !== undefined) command.run();
    else if (key.chord.startsWith("alt-")) this.#handleEscapeAnd(key.chord.slice("alt-".length));
  }

  /** Terminals send the same for alt with a key as for escape and, at once, the key. */
  #handleEscapeAnd(chord: string): void {
    this.#handleKey({ kind: "key", chord: "escape", text: "" });
    this.#handleKey({ kind: "key", chord, text: chord.length === 1 ? chord : "" });
  }

  #handleMouse({ action, x, y }: MouseInput): void {
    const area = this.#screen.mouseAreaAt(x, y);
    if (action === "click") area?.onClick?.(x - area.rect.x, y - area.rect.y);
    else area?.onWheel?.(action === "wheel-up" ? -1 : 1);
  }

  #draw(canvas: Canvas): void {
    const [bar, body, status] = canvas.rows(1, { share: 1 }, 1);
    const name = bar.text(1, 0, "⬢ collider ", bar.theme.title);
    const tabs = bar.part({ x: name, y: 0, width: bar.width - name, height: 1 });
    drawTabBar(tabs, this.tabTitles, this.#active, (index) => this.selectTab(index));
    this.#drawTab(body);
    drawStatusLine(status, {
      label: this.#label,
      connection: this.#connection,
      history: this.history,
      notice: this.#notice,
    });
    this.#popup?.draw(canvas);
  }

  #drawTab(body: Canvas): void {
    if (this.history.latest === null) return drawWaiting(body, this.#connection, this.#label);
    try {
      this.#tab.draw(body);
    } catch (error) {
      // A view that can't show what came must not end the gateway that it may run in.
      body.erase();
      body.textCentred(body.height >> 1, `this can't be shown: ${error}`, body.theme.bad);
    }
  }
}
