import type { Metrics } from "../client/answers.ts";
import type { GatewayClient } from "../client/gateway_client.ts";
import type { MetricsHistory } from "../client/metrics_history.ts";
import type { Command } from "../commands.ts";
import type { Canvas } from "../screen/canvas.ts";
import type { Movable } from "../screen/widgets/movable.ts";
import type { TextInput } from "../screen/widgets/text_input.ts";

/** A text that is being written: it gets the keys before any command does. */
export interface Editor {
  readonly input: TextInput;
  /** Enter. */
  submit(): void;
  /** Escape. */
  cancel(): void;
}

/** One of the dashboard's views. */
export interface Tab {
  readonly title: string;
  /** Looked through before the commands that all tabs share. */
  readonly commands: readonly Command[];
  /** What the keys that move move. */
  readonly focus: Movable;
  /** Null as long as no text is being written. */
  readonly editor: Editor | null;
  /** Asks for what has changed. Called after each reading of the metrics, while the tab is seen. */
  refresh(metrics: Metrics): Promise<void>;
  draw(canvas: Canvas): void;
  /** What is selected, for the clipboard; null = nothing. */
  copyText(): string | null;
}

/** What tabs have of the dashboard. */
export interface Shell {
  readonly client: GatewayClient;
  readonly history: MetricsHistory;
  /** Has the screen drawn anew. */
  invalidate(): void;
  /** Reads the metrics and refreshes the tab now. */
  refresh(): void;
  /** Tells something at the bottom of the screen for a few seconds. */
  notify(message: string): void;
  /** Does something that takes a while; then the screen is drawn anew. What goes wrong is told. */
  attempt(task: () => Promise<unknown>): void;
}
