import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { Device } from "../../onnx/device.ts";
import { ModelFileError } from "../../onnx/errors.ts";
import { openSession } from "../../onnx/session.ts";
import { IMAGENET_BGR, writePlanes } from "../image_tensor.ts";
import type { Box, Raster } from "../page.ts";
import { resize } from "../resize.ts";
import { CELL_START, END, PLAIN_CELL, TABLE_TOKENS } from "./table_tokens.ts";

/** How a table is built. */
export interface TableStructure {
  /** Of {@linkcode TABLE_TOKENS}, from the first row on. */
  readonly tokens: readonly string[];
  /** The place of each cell, in the order of the tokens that begin one; pixels of the picture. */
  readonly cells: readonly Box[];
}

/** Side of the picture that the network takes, pixels. */
const SIDE = 488;
const CORNER_VALUES = 8;

/**
 * Finds rows, cells and spans of tables: a network of the SLANet kind. It gives [1, steps, 8]
 * corners of cells, as shares of its square picture, and [1, steps, 50] probabilities of tokens.
 *
 * @see Li et al., "PP-StructureV2: A Stronger Document Analysis System", 2022
 */
export class TableModel {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** @throws what {@linkcode openSession} throws */
  static async open(
    modelPath: string,
    options: { device: Device; threads: number },
  ): Promise<TableModel> {
    const { session } = await openSession(modelPath, options);
    return new TableModel(session);
  }

  /**
   * @param table a picture of nothing but the table
   * @throws {ModelFileError} if the model gives something else
   */
  async recognise(table: Raster): Promise<TableStructure> {
    const scale = SIDE / Math.max(table.width, table.height);
    const width = Math.max(1, Math.round(table.width * scale));
    const height = Math.max(1, Math.round(table.height * scale));
    const values = new Float32Array(3 * SIDE * SIDE);
    writePlanes(await resize(table, width, height), values, SIDE, SIDE, IMAGENET_BGR);
    const input = new Tensor("float32", values, [1, 3, SIDE, SIDE]);
    const outputs = Object.values(
      await this.#session.run({ [this.#session.inputNames[0]!]: input }),
    );
    const corners = outputs.find(({ dims }) => dims.at(-1) === CORNER_VALUES);
    const probabilities = outputs.find(({ dims }) => dims.at(-1) === TABLE_TOKENS.length);
    if (corners === undefined || probabilities === undefined) {
      throw new ModelFileError("the table model gives neither cells nor tokens", {
        hint: "install it again with `collider models pull slanet-plus`",
      });
    }
    return readStructure(
      probabilities.data as Float32Array,
      corners.data as Float32Array,
      SIDE / scale,
    );
  }
}

/** @param side of the network's square, in pixels of the picture */
function readStructure(
  probabilities: Float32Array,
  corners: Float32Array,
  side: number,
): TableStructure {
  const classes = TABLE_TOKENS.length;
  const tokens: string[] = [];
  const cells: Box[] = [];
  for (let step = 0; step * classes < probabilities.length; step++) {
    let best = 0;
    for (let i = 1; i < classes; i++) {
      if (probabilities[step * classes + i]! > probabilities[step * classes + best]!) best = i;
    }
    const token = TABLE_TOKENS[best]!;
    if (token === END) break;
    if (best === 0) continue;
    tokens.push(token);
    if (token !== CELL_START && token !== PLAIN_CELL) continue;
    const places = corners.subarray(step * CORNER_VALUES, (step + 1) * CORNER_VALUES)
      .map((share) => share * side);
    const xs = places.filter((_, i) => i % 2 === 0);
    const ys = places.filter((_, i) => i % 2 === 1);
    cells.push({
      left: Math.min(...xs),
      top: Math.min(...ys),
      right: Math.max(...xs),
      bottom: Math.max(...ys),
    });
  }
  return { tokens, cells };
}
