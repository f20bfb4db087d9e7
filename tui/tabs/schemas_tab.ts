import type { Field, Metrics, Schema, Volume } from "../client/answers.ts";
import type { Command } from "../commands.ts";
import type { Canvas } from "../screen/canvas.ts";
import { clipTo } from "../screen/glyphs.ts";
import { categoryStyle } from "../screen/theme.ts";
import { drawGauge } from "../screen/widgets/gauge.ts";
import { drawGraph } from "../screen/widgets/graph.ts";
import type { Movable } from "../screen/widgets/movable.ts";
import { drawPanel } from "../screen/widgets/panel.ts";
import { TextInput } from "../screen/widgets/text_input.ts";
import { TextView } from "../screen/widgets/text_view.ts";
import { Tree, type TreeNode } from "../screen/widgets/tree.ts";
import { dateTime, percent, plural, short } from "../text/format.ts";
import { jsonLines } from "../text/json_lines.ts";
import type { Editor, Shell, Tab } from "./tab.ts";

const VOLUME_MINUTES = 120;
/** Counting the events of a type takes the gateway longer than anything else here. */
const VOLUME_MAX_AGE_MS = 5_000;
const GRAPH_ROWS = 6;

/** What was learned of every event type. */
export class SchemasTab implements Tab {
  readonly title = "Schemas";
  readonly commands: readonly Command[] = [
    { keys: ["right", "l"], name: "open type", run: () => this.#tree.open() },
    { keys: ["left", "h"], name: "close type", run: () => this.#tree.close() },
    { keys: ["enter", "space"], name: "open or close type", run: () => this.#tree.toggle() },
    { keys: ["/"], name: "find type", run: () => this.#isEditing = true },
    { keys: ["escape"], name: "show all types", run: () => this.#search.text = "" },
    { keys: ["J"], name: "scroll sample down", run: () => this.#sample.moveBy(1) },
    { keys: ["K"], name: "scroll sample up", run: () => this.#sample.moveBy(-1) },
  ];
  readonly #shell: Shell;
  readonly #tree = new Tree();
  readonly #sample = new TextView();
  readonly #search = new TextInput();
  #isEditing = false;
  #schemas: readonly Schema[] = [];
  #seenEvents = -1;
  #shown: Schema | null = null;
  #volume: Volume | null = null;
  #volumeOf = "";
  #volumeMs = -Infinity;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.#tree.list.onMove = () => shell.refresh();
  }

  get focus(): Movable {
    return this.#tree.list;
  }

  get editor(): Editor | null {
    if (!this.#isEditing) return null;
    const end = () => this.#isEditing = false;
    return {
      input: this.#search,
      submit: end,
      cancel: () => {
        end();
        this.#search.text = "";
      },
    };
  }

  async refresh({ events_ingested }: Metrics): Promise<void> {
    if (events_ingested !== this.#seenEvents) {
      const schemas = await this.#shell.client.schemas();
      this.#schemas = schemas.toSorted((a, b) => b.events - a.events);
      this.#seenEvents = events_ingested;
    }
    await this.#refreshVolume();
  }

  draw(canvas: Canvas): void {
    const [types, right] = canvas.columns({ share: 2 }, { share: 3 });
    this.#drawTypes(types);
    const schema = this.#selected;
    if (schema === null) {
      drawPanel(right);
      return;
    }
    const [volume, sample] = right.rows(GRAPH_ROWS + 4, { share: 1 });
    this.#drawVolume(volume, schema);
    if (schema.sample !== this.#shown?.sample) this.#sample.lines = jsonLines(schema.sample);
    this.#shown = schema;
    this.#sample.draw(drawPanel(sample, { title: "First sample", note: "J K scroll" }).inset(1, 0));
  }

  copyText(): string | null {
    return this.#selected?.sample ?? null;
  }

  get #selected(): Schema | null {
    const name = this.#tree.selectedRoot?.key;
    return this.#schemas.find((schema) => schema.name === name) ?? null;
  }

  async #refreshVolume(): Promise<void> {
    const name = this.#selected?.name ?? this.#schemas[0]?.name;
    if (name === undefined) return;
    const isFresh = performance.now() - this.#volumeMs < VOLUME_MAX_AGE_MS;
    if (name === this.#volumeOf && isFresh) return;
    this.#volume = await this.#shell.client.volume(name, VOLUME_MINUTES);
    this.#volumeOf = name;
    this.#volumeMs = performance.now();
  }

  #drawTypes(canvas: Canvas): void {
    const search = this.#search.text.toLowerCase();
    const found = this.#schemas.filter(({ name }) => name.toLowerCase().includes(search));
    const note = plural(found.length, "type");
    const inside = drawPanel(canvas, { title: "Types", note, isFocused: true });
    const hasSearch = this.#isEditing || search !== "";
    const [prompt, body] = inside.rows(hasSearch ? 1 : 0, { share: 1 });
    if (hasSearch) {
      const x = prompt.text(1, 0, "/", prompt.theme.accent);
      this.#search.draw(prompt.part({ x, y: 0, width: prompt.width - x, height: 1 }), {
        isFocused: this.#isEditing,
      });
    }
    if (found.length === 0) {
      body.textCentred(body.height >> 1, "no types yet", body.theme.muted);
    }
    this.#tree.draw(body.inset(1, 0), found.map(typeNode));
  }

  #drawVolume(canvas: Canvas, schema: Schema): void {
    const inside = drawPanel(canvas, { title: schema.name, note: `${VOLUME_MINUTES} minutes` });
    const [facts, graph] = inside.inset(1, 0).rows(2, { share: 1 });
    const { muted, strong } = facts.theme;
    facts.text(0, 0, plural(schema.events, "event"), strong);
    const seen = `${dateTime(schema.first_seen)} – ${dateTime(schema.last_seen)}`;
    facts.text(0, 1, clipTo(seen, facts.width), muted);
    if (this.#volume === null || this.#volumeOf !== schema.name) return;
    const { counts } = this.#volume;
    facts.textBefore(facts.width, 0, `at most ${short(Math.max(...counts))} a minute`, muted);
    drawGraph(graph, counts);
  }
}

function typeNode(schema: Schema): TreeNode {
  return {
    key: schema.name,
    children: Object.entries(schema.field_details).map(([name, field]) =>
      fieldNode(schema.name, name, field)
    ),
    draw(row) {
      const events = short(schema.events);
      const name = clipTo(schema.name, row.width - events.length - 1);
      row.text(0, 0, name, categoryStyle(row.theme, schema.name));
      row.textBefore(row.width, 0, events, row.theme.muted);
    },
  };
}

function fieldNode(type: string, name: string, { types, presence }: Field): TreeNode {
  return {
    key: `${type}\n${name}`,
    children: [],
    draw(row) {
      const [left, kinds, gauge, share] = row.columns(
        { share: 3 },
        { share: 2 },
        row.width < 40 ? 0 : 6,
        6,
      );
      left.text(0, 0, clipTo(name, left.width - 1), row.theme.memberName);
      kinds.text(0, 0, clipTo(Object.keys(types).join(" "), kinds.width - 1), row.theme.muted);
      drawGauge(gauge, presence, row.theme.accent);
      share.textBefore(share.width, 0, percent(presence));
    },
  };
}
